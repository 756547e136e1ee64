"""A load test as a picture: how the latencies are spread, and how rate and latency went over time. PURE."""

import math
from collections.abc import Callable, Iterator, Sequence
from html import escape

from surtitle.serve.bench.statistics import LoadReport

__all__ = ["draw_svg", "draw_text"]

_WIDTH, _LEFT, _RIGHT, _PANEL, _GAP, _TOP = 760, 64, 24, 150, 66, 92
_STYLE = """
svg { --paper: #fbfaf7; --ink: #1c2328; --muted: #56616a; --line: #dcdcd5; --bar: #0b5c7d; --soft: #cfe3ec;
  --bad: #b3261e; --late: #b3540a; background: var(--paper);
  font: 13px system-ui, "Segoe UI", Roboto, "Noto Sans", Arial, sans-serif; }
@media (prefers-color-scheme: dark) {
  svg { --paper: #12171b; --ink: #e8eaec; --muted: #a3aeb6; --line: #333c43; --bar: #6cc0dd; --soft: #1d3d4b;
    --bad: #f2b8b5; --late: #f0a058; }
}
text { fill: var(--muted); }
.title { fill: var(--ink); font-size: 19px; font-weight: 600; }
.name { fill: var(--ink); font-weight: 600; }
.grid { stroke: var(--line); }
.bar { fill: var(--bar); }
.bad { fill: var(--bad); }
.area { fill: var(--soft); stroke: var(--bar); stroke-width: 1.5; }
.line { fill: none; stroke: var(--bar); stroke-width: 2; }
.late { fill: none; stroke: var(--late); stroke-width: 2; }
.mark { stroke: var(--late); stroke-dasharray: 4 3; }
.late-text { fill: var(--late); }
.line-text { fill: var(--bar); }
.bad-text { fill: var(--bad); }
"""
_BLOCKS = " ▁▂▃▄▅▆▇█"
_ROWS, _BAR_WIDTH = 12, 40

Scale = Callable[[float], float]


def draw_svg(report: LoadReport) -> str:
    """Return the picture as a self-contained SVG file, light or dark as the viewer is.

    Raises
    ------
    ValueError
        If there was no good answer, so that there is nothing to draw.
    """
    if not report.answered:
        raise ValueError("no request was answered, so there is nothing to draw")
    height = _TOP + 3 * (_PANEL + _GAP)
    failed = sum(report.failed.values())
    facts = (
        f"{report.answered:,} answers in {report.seconds:.1f} s, {report.connections} connections, "
        f"{report.texts_per_request} texts each · p50 {_ms(report.p50_ms)}, p95 {_ms(report.p95_ms)}, "
        f"p99 {_ms(report.p99_ms)}, max {_ms(report.max_ms)} ms"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" role="img">',
        f"<title>Load test of {escape(report.url)}</title><desc>{escape(facts)}</desc><style>{_STYLE}</style>",
        f'<text x="24" y="34" class="title">{report.per_s:,.0f} answers a second</text>',
        f'<text x="24" y="54">{escape(report.url)}</text><text x="24" y="72">{escape(facts)}</text>',
    ]
    if failed:
        parts.append(f'<text x="{_WIDTH - _RIGHT}" y="34" text-anchor="end" class="bad-text">{failed:,} failed</text>')
    tops = [_TOP + place * (_PANEL + _GAP) + 24 for place in range(3)]
    parts += [*_histogram(report, tops[0]), *_rates(report, tops[1]), *_latencies(report, tops[2]), "</svg>\n"]
    return "\n".join(parts)


def _histogram(report: LoadReport, top: float) -> Iterator[str]:
    ends = [end for end, _ in report.bars]
    step = 10**0.05
    low, high = math.log10(ends[0] / step), math.log10(ends[-1])
    across = _across(low, high)
    most = max(count for _, count in report.bars)
    yield _name("How long an answer took, ms (logarithmic)", top)
    yield from _y_axis(top, most, "{:,.0f}")
    for end, count in report.bars:
        left, right = across(math.log10(end / step)), across(math.log10(end))
        tall = _PANEL * count / most
        yield (
            f'<rect class="bar" x="{left:.1f}" y="{top + _PANEL - tall:.1f}" width="{max(1.0, right - left - 1):.1f}" '
            f'height="{tall:.1f}"/>'
        )
    for value in _decades(low, high):
        yield _x_label(across(math.log10(value)), top, f"{value:g}")
    for name, found, y in (("p50", report.p50_ms, top + 12), ("p99", report.p99_ms, top + 28)):
        x = across(math.log10(found or ends[0]))
        yield f'<line class="mark" x1="{x:.1f}" x2="{x:.1f}" y1="{top}" y2="{top + _PANEL}"/>'
        yield f'<text class="late-text" x="{x + 4:.1f}" y="{y}">{name} {_ms(found)}</text>'


def _rates(report: LoadReport, top: float) -> Iterator[str]:
    line = report.timeline
    across = _across(0.0, report.seconds)
    most = max([1.0, *(each.per_s for each in line)])
    yield _name("Answers a second over time", top)
    yield from _y_axis(top, most, "{:,.0f}")
    points: list[tuple[float, float]] = [(_LEFT, top + _PANEL)]
    for each, end in zip(line, _slice_ends(report), strict=True):
        y = top + _PANEL * (1 - each.per_s / most)
        points += [(across(each.at_s), y), (across(end), y)]
        if each.failed:
            tall = min(_PANEL, _PANEL * each.failed / (end - each.at_s) / most)
            yield (
                f'<rect class="bad" x="{across(each.at_s):.1f}" y="{top + _PANEL - max(3.0, tall):.1f}" '
                f'width="{max(2.0, across(end) - across(each.at_s)):.1f}" height="{max(3.0, tall):.1f}"/>'
            )
    points.append((_WIDTH - _RIGHT, top + _PANEL))
    yield f'<polygon class="area" points="{_points(points)}" fill-opacity="0.6"/>'
    yield from _time_axis(report, top)


def _latencies(report: LoadReport, top: float) -> Iterator[str]:
    across = _across(0.0, report.seconds)
    most = max(each.p99_ms or 0.0 for each in report.timeline) or 1.0
    yield _name("Latency over time, ms", top)
    yield from _y_axis(top, most, "{:.3g}")
    for css, name in (("late", "p99_ms"), ("line", "p50_ms")):
        points = [
            (across((each.at_s + end) / 2), top + _PANEL * (1 - value / most))
            for each, end in zip(report.timeline, _slice_ends(report), strict=True)
            if (value := getattr(each, name)) is not None
        ]
        yield f'<polyline class="{css}" points="{_points(points)}"/>'
    right = _WIDTH - _RIGHT
    yield f'<text class="late-text" x="{right - 40}" y="{top - 8}" text-anchor="end">p99</text>'
    yield f'<text class="line-text" x="{right}" y="{top - 8}" text-anchor="end">p50</text>'
    yield from _time_axis(report, top)


def _slice_ends(report: LoadReport) -> list[float]:
    starts = [each.at_s for each in report.timeline]
    return [*starts[1:], report.seconds]


def _across(low: float, high: float) -> Scale:
    width = _WIDTH - _LEFT - _RIGHT
    return lambda value: _LEFT + width * (value - low) / (high - low or 1.0)


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in points)


def _name(text: str, top: float) -> str:
    return f'<text class="name" x="{_LEFT}" y="{top - 8}">{text}</text>'


def _x_label(x: float, top: float, text: str) -> str:
    return f'<text x="{x:.1f}" y="{top + _PANEL + 17}" text-anchor="middle">{text}</text>'


def _y_axis(top: float, most: float, form: str) -> Iterator[str]:
    for share in (0.0, 0.5, 1.0):
        y = top + _PANEL * (1 - share)
        yield f'<line class="grid" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{form.format(most * share)}</text>'


def _time_axis(report: LoadReport, top: float) -> Iterator[str]:
    across = _across(0.0, report.seconds)
    for share in (0.0, 0.5, 1.0):
        yield _x_label(across(report.seconds * share), top, f"{report.seconds * share:.3g} s")


def _decades(low: float, high: float) -> list[float]:
    found = [
        mantissa * 10.0**power
        for power in range(math.floor(low), math.ceil(high) + 1)
        for mantissa in (1, 2, 5)
        if low <= math.log10(mantissa * 10.0**power) <= high
    ]
    return found[:: max(1, -(-len(found) // 12))]


def draw_text(report: LoadReport) -> list[str]:
    """Return the picture as lines for a terminal; none when there was no good answer."""
    if not report.answered:
        return []
    rows = _rows(report.bars)
    most = max(count for _, _, count in rows)
    lines = ["ms"]
    for low, high, count in rows:
        share = count / report.answered
        lines.append(f"{low:>9.3g} to {high:<9.3g} {_bar(count / most):<{_BAR_WIDTH}} {share:6.1%}")
    rates = [each.per_s for each in report.timeline]
    lines += ["", f"answers a second, 0 to {max(rates):,.0f}, over {report.seconds:.3g} s", _spark(rates)]
    return lines


def _rows(bars: Sequence[tuple[float, int]]) -> list[tuple[float, float, int]]:
    size = -(-len(bars) // _ROWS)
    groups = [bars[start : start + size] for start in range(0, len(bars), size)]
    return [(group[0][0] / 10**0.05, group[-1][0], sum(count for _, count in group)) for group in groups]


def _bar(share: float) -> str:
    eighths = math.ceil(share * _BAR_WIDTH * 8)
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()


def _spark(values: Sequence[float]) -> str:
    most = max(values) or 1.0
    return "".join(_BLOCKS[math.ceil(value / most * (len(_BLOCKS) - 1))] for value in values)


def _ms(value: float | None) -> str:
    return "none" if value is None else f"{value:.3g}"
