"""Small pieces that charts are made of: a frame with axes, lines, whiskers."""

from collections.abc import Iterable, Sequence

import msgspec

from surtitle.evaluate.report.markup import Html, element, join

__all__ = ["Frame", "chart", "strip"]

_WIDTH = 360.0  # close to a phone's, so that letters are drawn about as large as they are read


class Frame(msgspec.Struct, frozen=True):
    """A rectangle that maps data to places, with room for axes at its left and below."""

    x_range: tuple[float, float]
    y_range: tuple[float, float]
    height: float = 320.0
    left: float = 40.0
    right: float = 12.0
    top: float = 30.0
    bottom: float = 40.0

    def x(self, value: float) -> float:
        """Return the place of a value, kept inside of the frame."""
        return round(self.left + _part(value, self.x_range) * (_WIDTH - self.left - self.right), 1)

    def y(self, value: float) -> float:
        """Return the height of a value, kept inside of the frame."""
        return round(self.height - self.bottom - _part(value, self.y_range) * (self.height - self.top - self.bottom), 1)

    def line(self, xs: Sequence[float], ys: Sequence[float], css: str) -> Html:
        """Draw a line through points."""
        return element("polyline", points=self._points(xs, ys), class_=css)

    def area(self, xs: Sequence[float], lows: Sequence[float], highs: Sequence[float]) -> Html:
        """Fill the band between two lines."""
        both = f"{self._points(xs, highs)} {self._points(xs[::-1], lows[::-1])}"
        return element("polygon", points=both, class_="area")

    def segment(self, start: tuple[float, float], end: tuple[float, float], css: str) -> Html:
        """Draw a straight line between two points."""
        (x1, y1), (x2, y2) = start, end
        return element("line", x1=self.x(x1), y1=self.y(y1), x2=self.x(x2), y2=self.y(y2), class_=css)

    def dot(self, x: float, y: float, *, radius: float = 4.5, css: str = "dot") -> Html:
        """Draw a point."""
        return element("circle", cx=self.x(x), cy=self.y(y), r=round(radius, 1), class_=css)

    def label(
        self,
        text: str,
        at: tuple[float, float],
        *,
        shift: tuple[float, float] = (0.0, 0.0),
        anchor: str = "start",
        css: str = "strong halo",
    ) -> Html:
        """Write beside a point."""
        x, y = self.x(at[0]) + shift[0], self.y(at[1]) + shift[1]
        return element("text", text, x=round(x, 1), y=round(y, 1), text_anchor=anchor, class_=css)

    def axes(
        self,
        x_ticks: Iterable[tuple[float, str]],
        y_ticks: Iterable[tuple[float, str]],
        *,
        x_name: str,
        y_name: str,
    ) -> Html:
        """Draw a light grid with its numbers; the y axis is named above it, the x axis below."""
        (x0, x1), y0 = self.x_range, self.y_range[0]
        parts = [element("text", y_name, x=0, y=12)] if y_name else []
        for value, name in y_ticks:
            parts.append(self.segment((x0, value), (x1, value), "axis"))
            parts.append(self.label(name, (x0, value), shift=(-6, 4), anchor="end", css=""))
        for value, name in x_ticks:
            parts.append(self.label(name, (value, y0), shift=(0, 17), anchor="middle", css=""))
        middle = (self.left + _WIDTH - self.right) / 2
        parts.append(element("text", x_name, x=middle, y=round(self.height - 5, 1), text_anchor="middle"))
        return join(parts)

    def _points(self, xs: Sequence[float], ys: Sequence[float]) -> str:
        return " ".join(f"{self.x(x)},{self.y(y)}" for x, y in zip(xs, ys, strict=True))


def _part(value: float, span: tuple[float, float]) -> float:
    low, high = span
    return min(1.0, max(0.0, (value - low) / (high - low or 1.0)))


def chart(frame: Frame, *parts: Html, title: str, description: str) -> Html:
    """Wrap parts as a picture that a screen reader can tell."""
    return element(
        "svg",
        element("title", title),
        element("desc", description),
        *parts,
        viewBox=f"0 0 {_WIDTH:g} {frame.height:g}",
        class_="chart",
        role="img",
        aria_label=f"{title}. {description}",
    )


def strip(
    value: float, low: float, high: float, *, span: tuple[float, float], mark: float | None = None, weak: bool = False
) -> Html:
    """Draw a figure and its interval on a line as wide as its place; its numbers must stand beside it."""
    at = {name: f"{100 * _part(v, span):.2f}%" for name, v in (("value", value), ("low", low), ("high", high))}
    parts = [element("line", x1="0%", x2="100%", y1=8, y2=8, class_="track")]
    if mark is not None:
        place = f"{100 * _part(mark, span):.2f}%"
        parts.append(element("line", x1=place, x2=place, y1=0, y2=16, class_="guide"))
    parts.append(element("line", x1=at["low"], x2=at["high"], y1=8, y2=8, class_="whisker"))
    parts.append(element("circle", cx=at["value"], cy=8, r=5, class_="dot"))
    return element("svg", *parts, class_="strip weak" if weak else "strip", aria_hidden="true", height=16)
