"""A project's history as a picture: quality over time, with versions, bad periods, and what the loop did. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from surtitle.evaluate.report.chart import Frame, chart
from surtitle.evaluate.report.markup import Html, element
from surtitle.records import Interval
from surtitle.watch.acts import Act
from surtitle.watch.over_time import Watched
from surtitle.watch.policy import Verdict

__all__ = ["draw_history"]

_MOST_DRAWN = 90
_SIGNS: Mapping[str, str] = {"promoted": "▲", "refused": "×", "in_shadow": "◇", "rolled_back": "↶", "failed": "!"}
_CAPTION = (
    "Solid, with its interval: by the labels that have come. Dashed: what the probabilities alone let expect, which "
    "holds while each text would be judged as in training. Dotted lines: another version decides, or below, what the "
    "loop did: ▲ promoted, × refused, ◇ in the shadow, ↶ rolled back, ! failed."
)


def draw_history(history: Sequence[Watched], acts: Sequence[Act], verdicts: Sequence[Verdict]) -> Html:
    """Draw the AUC of all clients together; nothing when none can be told.

    Parameters
    ----------
    history : sequence of Watched
        The periods, the oldest first; the newest 90 are drawn.
    acts : sequence of Act
        What the loop did for all clients, the oldest first; what it did before these periods is left out.
    verdicts : sequence of Verdict
        Which of the periods are bad.
    """
    shown = history[-_MOST_DRAWN:]
    judged = [(float(k), each.quality.auc) for k, each in enumerate(shown) if each.quality.auc is not None]
    expected = [(float(k), each.estimate.auc) for k, each in enumerate(shown) if each.estimate is not None]
    if not judged and not expected:
        return Html("")
    lowest = min(interval.low for _, interval in (*judged, *expected))
    low = max(0.0, int(min(0.9, lowest) * 10) / 10)
    frame = Frame((-0.5, len(shown) - 0.5), (low, 1.0), height=260)
    every = -(-len(shown) // 4)
    x_ticks = [(float(k), f"{each.quality.start:%m-%d}") for k, each in enumerate(shown) if k % every == 0]
    y_ticks = [(tenth / 10, f"{tenth / 10:.1f}") for tenth in range(round(low * 10), 11)]
    bad = {(period.start, verdict.champion) for verdict in verdicts if not verdict.client for period in verdict.bad}
    parts = [
        frame.axes(x_ticks, y_ticks, x_name="Start of the period", y_name="AUC"),
        *_versions(frame, shown),
        *_line(frame, expected, "curve s2", band=False),
        *_line(frame, judged, "curve s1", band=True),
        *(
            frame.dot(k, interval.value, radius=3.0, css="dot bad" if _key(shown[int(k)]) in bad else "dot")
            for k, interval in judged
        ),
        *_acts(frame, shown, acts),
    ]
    told = ", ".join(f"{shown[int(k)].quality.start:%Y-%m-%d}: {interval.value:.2f}" for k, interval in judged)
    picture = chart(frame, *parts, title="AUC over time", description=told or "no labels yet")
    return element("figure", picture, element("figcaption", _CAPTION), class_="card")


def _key(each: Watched) -> tuple[object, int]:
    return each.quality.start, each.quality.version


def _versions(frame: Frame, shown: Sequence[Watched]) -> Iterator[Html]:
    """Mark where another version decides."""
    low, high = frame.y_range
    for k in range(1, len(shown)):
        version = shown[k].quality.version
        if version != shown[k - 1].quality.version:
            yield frame.segment((k - 0.5, low), (k - 0.5, high), "guide")
            yield frame.label(f"v{version}", (k - 0.5, high), shift=(3, -4))


def _acts(frame: Frame, shown: Sequence[Watched], acts: Sequence[Act]) -> Iterator[Html]:
    """Mark what the loop did, between the periods before and after."""
    low, high = frame.y_range
    starts = [each.quality.start for each in shown]
    for act in acts:
        sign = _SIGNS.get(act.outcome)
        if sign is None or act.client is not None or act.at < starts[0]:
            continue
        x = sum(start < act.at for start in starts) - 0.5
        told = element("title", f"{act.at:%Y-%m-%d %H:%M}: {act.outcome.replace('_', ' ')}. {act.reason}")
        yield element(
            "g",
            told,
            frame.segment((x, low), (x, low + (high - low) / 4), "guide"),
            frame.label(sign, (x, low), shift=(0, -4), anchor="middle"),
        )


def _line(frame: Frame, points: Sequence[tuple[float, Interval]], css: str, *, band: bool) -> list[Html]:
    xs = [x for x, _ in points]
    parts = [frame.line(xs, [interval.value for _, interval in points], css)] if points else []
    if band and len(points) > 1:
        parts.insert(0, frame.area(xs, [i.low for _, i in points], [i.high for _, i in points]))
    return parts
