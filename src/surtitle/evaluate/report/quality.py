"""Sections on quality: headline, metrics, curves, calibration."""

from collections.abc import Sequence
from itertools import pairwise

from surtitle.evaluate.curves import Curve
from surtitle.evaluate.evaluation import Evaluation
from surtitle.evaluate.report._words import (
    METRIC_WORDS,
    blind_values,
    class_title,
    date_span,
    figure,
    percent,
    verdict,
)
from surtitle.evaluate.report.chart import Frame, chart, strip
from surtitle.evaluate.report.markup import Html, element, join
from surtitle.records import Interval, Thresholds

__all__ = ["calibration", "curves", "headline", "metrics"]

_UNIT = (0.0, 1.0)
_QUARTERS = tuple((k / 4, f"{k / 4:g}") for k in range(5))


def headline(evaluation: Evaluation) -> Html:
    """Say what was measured and how well it went."""
    facts = evaluation.facts
    version = f", version {facts.version}" if facts.version is not None else ""
    return element(
        "header",
        element("p", "Surtitle evaluation", class_="eyebrow"),
        element("h1", element("b", facts.project), version),
        _banner(evaluation),
        element("p", verdict(evaluation), class_="verdict"),
        _facts(evaluation),
    )


def _banner(evaluation: Evaluation) -> Html:
    if not evaluation.facts.synthetic:
        return Html("")
    best = evaluation.facts.best_auc
    known = f" No model can be expected to beat an AUC of {best:.3f} on it." if best is not None else ""
    said = " The texts were made by a generator, so the figures say nothing about real ones."
    return element("p", element("b", "Synthetic data."), said, known, class_="banner", role="note")


def _facts(evaluation: Evaluation) -> Html:
    facts = evaluation.facts
    sizes = [sum(row) for row in evaluation.confusion]
    pairs = [("Tested on", f"{evaluation.n:,} {facts.noun}")]
    trained = facts.split_sizes.get("train")
    if trained is not None:
        pairs.append(("Training split", f"{trained:,} {facts.noun}"))
    span = date_span(evaluation.test_from, evaluation.test_to)
    if span:
        pairs.append(("Test period", span))
    for name, size in list(zip(evaluation.classes, sizes, strict=True))[:4]:
        pairs.append((class_title(name, facts), percent(size / evaluation.n)))
    return element("dl", *(element("div", element("dt", k), element("dd", v)) for k, v in pairs), class_="facts")


def metrics(evaluation: Evaluation) -> Html:
    """Show each figure on the way from a blind guess to perfection."""
    blind = blind_values(evaluation)
    cards = [_metric_card(name, interval, blind[name]) for name, interval in evaluation.metrics.items()]
    intro = (
        f"Each line runs from what a blind guess reaches to perfection. The bar is the "
        f"{percent(evaluation.confidence)} interval, from {evaluation.resamples:,} bootstrap resamples of the test "
        f"{evaluation.facts.noun}."
    )
    return join((element("p", intro, class_="lead"), element("div", *cards, class_="metrics")))


def _metric_card(name: str, interval: Interval, blind: float) -> Html:
    title, meaning = METRIC_WORDS[name]
    best = 1.0 if blind < 1.0 and name in ("auc", "average_precision", "macro_f1") else 0.0
    start = "useless" if name == "ece" else "blind"
    return element(
        "div",
        element("div", title, element("small", "higher is better" if best else "lower is better"), class_="name"),
        element(
            "div", figure(interval.value), " ",
            element("small", f"{figure(interval.low)} to {figure(interval.high)}"), class_="value",
        ),
        strip(interval.value, interval.low, interval.high, span=(blind, best)),
        element("div", element("span", f"{start} {blind:.2f}"), element("span", f"perfect {best:g}"), class_="ends"),
        element("p", meaning),
        class_="card metric",
    )  # fmt: skip


def curves(evaluation: Evaluation) -> Html:
    """Draw the ROC and the precision-recall curve."""
    return element("div", _roc(evaluation), _precision_recall(evaluation), class_="grid")


def _roc(evaluation: Evaluation) -> Html:
    frame = Frame(_UNIT, _UNIT, height=330)
    auc = evaluation.metrics["auc"]
    parts = [
        frame.axes(_QUARTERS, _QUARTERS, x_name="False alarms, share of all negatives", y_name="Found (recall)"),
        *_lines(frame, evaluation.roc),
        frame.segment((0, 0), (1, 1), "guide"),
        frame.label("chance", (0.72, 0.72), shift=(8, 12), css="halo"),
        frame.label(f"AUC {figure(auc.value)}", (0.97, 0.16), anchor="end"),
        frame.label(f"{figure(auc.low)} to {figure(auc.high)}", (0.97, 0.16), shift=(0, 17), anchor="end", css="halo"),
    ]
    caption = "How many positives are found as more false alarms are accepted."
    if len(evaluation.classes) == 2:
        (kept, alarms), (missed, found) = evaluation.confusion
        at = (alarms / max(kept + alarms, 1), found / max(missed + found, 1))
        parts += [frame.dot(*at), frame.label("class cut", at, shift=(9, 14))]
        caption += (
            f" At the class cut, {percent(at[1])} of the positives are found, with {percent(at[0])} of the negatives."
        )
    drawn = chart(frame, *parts, title="ROC curve", description=f"Area under the curve {auc}. {caption}")
    return _figure("ROC curve", drawn, _legend(evaluation, evaluation.roc), caption)


def _precision_recall(evaluation: Evaluation) -> Html:
    frame = Frame(_UNIT, _UNIT, height=330)
    area = evaluation.metrics["average_precision"]
    parts = [
        frame.axes(_QUARTERS, _QUARTERS, x_name="Found (recall)", y_name="Right alarms (precision)"),
        *_lines(frame, evaluation.precision_recall),
    ]
    caption = "How many alarms are right as more positives are found."
    if len(evaluation.classes) == 2:
        (_, alarms), (missed, found) = evaluation.confusion
        base = (missed + found) / evaluation.n
        parts += [
            frame.segment((0, base), (1, base), "guide"),
            frame.label("chance", (0.99, base), shift=(0, 15 if base > 0.1 else -6), anchor="end", css="halo"),
        ]
        if found:
            at = (found / (missed + found), found / (found + alarms))
            parts += [frame.dot(*at), frame.label("class cut", at, shift=(8, -8))]
            caption += f" At the class cut, {percent(at[1])} of the alarms are right."
    low = 0.06
    parts += [
        frame.label(f"Average precision {figure(area.value)}", (0.02, low), shift=(0, -12)),
        frame.label(f"{figure(area.low)} to {figure(area.high)}", (0.02, low), shift=(0, 5), css="halo"),
    ]
    drawn = chart(frame, *parts, title="Precision-recall curve", description=f"Area {area}. {caption}")
    return _figure("Precision-recall curve", drawn, _legend(evaluation, evaluation.precision_recall), caption)


def _lines(frame: Frame, drawn: Sequence[Curve]) -> list[Html]:
    lines = [frame.line(curve.x, curve.y, f"curve s{k % 6 + 1}") for k, curve in enumerate(drawn)]
    if len(drawn) == 1:
        [curve] = drawn
        lines.insert(0, frame.area(curve.x, [0.0] * len(curve.x), curve.y))
    return lines


def _legend(evaluation: Evaluation, drawn: Sequence[Curve]) -> Html:
    if len(drawn) < 2:
        return Html("")
    items = []
    for k, curve in enumerate(drawn):
        line = element("line", x1=0, x2=28, y1=4, y2=4, class_=f"curve s{k % 6 + 1}")
        items.append(element("li", element("svg", line, aria_hidden="true"), class_title(curve.name, evaluation.facts)))
    return element("ul", *items, class_="legend")


def _figure(title: str, drawn: Html, legend: Html, caption: str) -> Html:
    return element("figure", element("h3", title), drawn, legend, element("figcaption", caption), class_="card")


def calibration(evaluation: Evaluation) -> Html:
    """Draw probability against frequency, and where the scores lie."""
    return element("div", _reliability(evaluation), _histograms(evaluation), class_="grid")


def _reliability(evaluation: Evaluation) -> Html:
    frame = Frame(_UNIT, _UNIT, height=330)
    filled = [b for b in evaluation.calibration if b.n]
    ece = evaluation.metrics["ece"]
    largest = max(b.n for b in filled)
    two = len(evaluation.classes) == 2
    happened = (
        f"Share that is “{class_title(evaluation.classes[1], evaluation.facts)}”" if two else "Share that is right"
    )
    parts = [
        frame.axes(_QUARTERS, _QUARTERS, x_name="Probability stated", y_name=happened),
        frame.segment((0, 0), (1, 1), "guide"),
        *(frame.segment((b.mean, b.low), (b.mean, b.high), "whisker") for b in filled),
        frame.line([b.mean for b in filled], [b.share for b in filled], "curve s1"),
        *(frame.dot(b.mean, b.share, radius=2.5 + 3.5 * (b.n / largest) ** 0.5) for b in filled),
        frame.label(f"calibration error {figure(ece.value)}", (0.97, 0.16), anchor="end"),
        frame.label(f"{figure(ece.low)} to {figure(ece.high)}", (0.97, 0.16), shift=(0, 17), anchor="end", css="halo"),
    ]
    caption = (
        "On the dotted line a probability means exactly what it says. Below it the model is too sure, above it not "
        "sure enough. Larger points hold more texts; bars are Wilson intervals."
    )
    told = ", ".join(f"{percent(b.mean)}: {percent(b.share)}" for b in filled)
    drawn = chart(frame, *parts, title="Calibration", description=f"Stated and observed: {told}.")
    return _figure("Calibration", drawn, Html(""), caption)


def _histograms(evaluation: Evaluation) -> Html:
    upper, lower = evaluation.histograms
    top, bottom = (max(1.0, *histogram.counts) for histogram in (upper, lower))
    frame = Frame(_UNIT, (-1.3 * bottom - 0.1 * top, 1.25 * top + 0.1 * bottom), height=330, left=12, top=44)
    two = len(evaluation.classes) == 2
    names = [class_title(h.name, evaluation.facts) if two else h.name for h in evaluation.histograms]
    at, anchor = (1.0, "end") if two else (0.0, "start")
    parts = [
        frame.axes(_QUARTERS, (), x_name="Probability stated", y_name=""),
        _bars(frame, upper.counts, 1, "bar"),
        _bars(frame, lower.counts, -1, "bar positive"),
        frame.segment((0, 0), (1, 0), "axis"),
        *(_thresholds(frame, evaluation.costs.thresholds) if evaluation.costs else ()),
        frame.label(f"{names[0]} · {sum(upper.counts):,}", (at, frame.y_range[1]), shift=(0, 15), anchor=anchor),
        frame.label(f"{names[1]} · {sum(lower.counts):,}", (at, frame.y_range[0]), shift=(0, -5), anchor=anchor),
    ]
    told = f"{names[0]} above the line and {names[1]} below it"
    title = "Where the scores lie"
    drawn = chart(frame, *parts, title=title, description=f"Histogram of probabilities, {told}.")
    return _figure(title, drawn, Html(""), f"Test {evaluation.facts.noun}: {told}. The less they overlap, the better.")


def _bars(frame: Frame, counts: Sequence[int], sign: int, css: str) -> Html:
    edges = [k / len(counts) for k in range(len(counts) + 1)]
    bars = []
    for (start, stop), count in zip(pairwise(edges), counts, strict=True):
        ends = sorted((frame.y(0), frame.y(sign * count)))
        bars.append(
            element(
                "rect",
                x=frame.x(start) + 0.5,
                width=round(frame.x(stop) - frame.x(start) - 1, 1),
                y=ends[0],
                height=round(ends[1] - ends[0], 1),
                class_=css,
            )
        )
    return join(bars)


def _thresholds(frame: Frame, cuts: Thresholds) -> list[Html]:
    named = {"remove": cuts.remove} if cuts.review == cuts.remove else {"review": cuts.review, "remove": cuts.remove}
    parts = []
    for row, (name, value) in enumerate(named.items()):
        anchor = "start" if value < 0.15 else "end" if value > 0.85 else "middle"
        parts.append(frame.segment((value, frame.y_range[0]), (value, frame.y_range[1]), "guide"))
        parts.append(
            frame.label(f"{name} {value:.2f}", (value, frame.y_range[1]), shift=(0, -22 + 16 * row), anchor=anchor)
        )
    return parts
