"""Sections on parts of the test split, and on quality over time."""

from collections.abc import Sequence

from surtitle.evaluate.evaluation import Evaluation
from surtitle.evaluate.report._words import class_title, figure, percent
from surtitle.evaluate.report.chart import Frame, chart, strip
from surtitle.evaluate.report.markup import Html, element, join, scroll
from surtitle.evaluate.slices import Slice
from surtitle.records import Interval

__all__ = ["over_time", "slices"]

_FEWEST_PERIODS = 3
_TITLES = {"client": "By client", "length": "By length", "time": "By time"}


def slices(evaluation: Evaluation) -> Html:
    """Show every slice, with its AUC as a point and a whisker."""
    if not evaluation.slices:
        return Html("")
    overall = evaluation.metrics["auc"]
    lows = [s.auc.low for s in evaluation.slices if s.auc is not None and not s.notes]  # the rest is cut off
    floor = max(0.0, min(0.5, *(round(low - 0.05, 1) for low in (*lows, overall.low))))
    intro = (
        f"AUC of each part, on one scale; the dashed line is the whole test split ({figure(overall.value)}). A grey "
        f"point stands for too few {evaluation.facts.noun} to conclude from."
    )
    blocks = [
        _block(evaluation, dimension, [s for s in evaluation.slices if s.dimension == dimension], floor)
        for dimension in evaluation.dimensions
    ]
    return join((element("p", intro, class_="lead"), element("div", *blocks, class_="stack")))


def _block(evaluation: Evaluation, dimension: str, parts: Sequence[Slice], floor: float) -> Html:
    named = [class_title(evaluation.classes[1], evaluation.facts)] if len(evaluation.classes) == 2 else []
    ends = element("div", element("span", f"{floor:g}"), element("span", "AUC"), element("span", "1"), class_="ends")
    head = element(
        "tr",
        element("th", _TITLES.get(dimension, f"By {dimension}"), scope="col"),
        element("th", ends, scope="col", class_="plot"),
        *(element("th", name, scope="col", class_="number") for name in ("AUC", "n", *named, "Macro-F1", "Right")),
    )
    rows = [_row(part, floor, evaluation.metrics["auc"].value) for part in parts]
    table = element("table", element("thead", head), element("tbody", *rows))
    return element("div", scroll(table, f"Slices by {dimension}"), class_="card")


def _row(part: Slice, floor: float, overall: float) -> Html:
    notes = [element("small", note, class_="note") for note in part.notes]
    positives = [] if part.positives is None else [element("td", percent(part.positives / part.n), class_="number")]
    plot = (
        Html("")
        if part.auc is None
        else strip(part.auc.value, part.auc.low, part.auc.high, span=(floor, 1.0), mark=overall, weak=bool(part.notes))
    )
    return element(
        "tr",
        element("th", element("bdi", part.name), *notes, scope="row"),
        element("td", plot, class_="plot"),
        _cell(part.auc),
        element("td", f"{part.n:,}", class_="number"),
        *positives,
        _cell(part.macro_f1),
        _cell(part.correct),
    )


def _cell(interval: Interval | None) -> Html:
    if interval is None:
        return element("td", "–", class_="number")
    span = element("small", f"{interval.low:.2f} to {interval.high:.2f}")
    return element("td", figure(interval.value, 2), span, class_="number")


def over_time(evaluation: Evaluation) -> Html:
    """Draw the AUC period by period, when there are enough periods to see a course."""
    periods = [s for s in evaluation.slices if s.dimension == "time"]
    known = [(k, s.auc) for k, s in enumerate(periods) if s.auc is not None]
    if len(known) < _FEWEST_PERIODS:
        return Html("")
    low = max(0.0, round(min(0.5, *(auc.low - 0.02 for _, auc in known)), 1))
    frame = Frame((-0.3, len(periods) - 0.7), (low, 1.0), height=250)
    every = -(-len(periods) // 4)
    x_ticks = [(float(k), s.name.removeprefix("week of ")) for k, s in enumerate(periods) if k % every == 0]
    step = 0.1 if low >= 0.5 else 0.2
    y_ticks = [(1.0 - k * step, f"{1.0 - k * step:.1f}") for k in range(int((1.0 - low) / step + 1e-9) + 1)]
    overall = evaluation.metrics["auc"].value
    xs = [float(k) for k, _ in known]
    parts = [
        frame.axes(x_ticks, y_ticks, x_name=_unit(periods[0].name), y_name="AUC"),
        frame.area(xs, [auc.low for _, auc in known], [auc.high for _, auc in known]),
        frame.segment((-0.3, overall), (len(periods) - 0.7, overall), "guide"),
        frame.line(xs, [auc.value for _, auc in known], "curve s1"),
        *(frame.dot(x, auc.value) for x, (_, auc) in zip(xs, known, strict=True)),
    ]
    told = ", ".join(f"{periods[k].name}: {figure(auc.value, 2)}" for k, auc in known)
    picture = chart(frame, *parts, title="AUC over time", description=told)
    caption = (
        "Quality on the test split as time goes on, with its interval; dashed: the whole split. A falling line says "
        "that the world moves away from the training data."
    )
    return element("figure", picture, element("figcaption", caption), class_="card")


def _unit(name: str) -> str:
    if name.startswith("week of "):
        return "Week beginning"
    return {10: "Day", 7: "Month" if "Q" not in name else "Quarter"}.get(len(name), "Year")
