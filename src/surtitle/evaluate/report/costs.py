"""The section on what decisions cost."""

from math import floor, log10

from surtitle.evaluate.costs import ACTIONS, CostReport
from surtitle.evaluate.evaluation import Evaluation
from surtitle.evaluate.report._words import per_thousand
from surtitle.evaluate.report.chart import Frame, chart
from surtitle.evaluate.report.markup import Html, element, join

__all__ = ["costs"]

_WORDS = {"allow": "allowed", "review": "reviewed", "remove": "removed"}


def costs(evaluation: Evaluation) -> Html:
    """Say what the thresholds mean in counts and costs, beside policies that need no model."""
    report = evaluation.costs
    if report is None:
        return Html("")
    noun = evaluation.facts.noun
    grid = element("div", _actions(report, noun), _curves(report, noun), class_="grid")
    return join((element("p", _summary(report, noun), class_="lead"), grid))


def _summary(report: CostReport, noun: str) -> str:
    model, *others = report.policies
    cheapest = min(others, key=lambda policy: policy.cost.value)
    saved = 1.0 - model.cost.value / cheapest.cost.value if cheapest.cost.value > 0 else 0.0
    verdict = f"{abs(100 * saved):.0f} % {'less' if saved >= 0 else 'more'} than the cheapest policy without a model"
    prices = report.costs
    return (
        f"One missed costs {prices.false_negative:g}, one wrongly removed {prices.false_positive:g}, a review "
        f"{prices.review:g}; a review is taken to be right. On the test {noun} the model's decisions cost "
        f"{_money(model.cost.value)} per 1,000 (interval {_money(model.cost.low)} to {_money(model.cost.high)}), "
        f"{verdict} ({cheapest.name}, {_money(cheapest.cost.value)})."
    )


def _money(value: float) -> str:
    return f"{value:,.0f}" if value >= 10 else f"{value:,.3g}"


def _rule(report: CostReport) -> str:
    cuts = report.thresholds
    if cuts.review == cuts.remove:
        return f"Removed from a probability of {cuts.remove:.2f} upwards. At these costs a review never pays."
    return f"Reviewed from a probability of {cuts.review:.2f}, removed from {cuts.remove:.2f}, else allowed."


def _actions(report: CostReport, noun: str) -> Html:
    model = report.policies[0]
    counts = dict(zip(ACTIONS, (model.allowed, model.reviewed, model.removed), strict=True))
    bar = element(
        "div",
        *(element("span", class_=a, style=f"flex-grow:{count:.2f}") for a, count in counts.items() if count),
        class_="split",
        aria_hidden="true",
    )
    keys = element(
        "ul",
        *(
            element("li", element("b", per_thousand(n)), element("span", class_=f"key {a}"), _WORDS[a])
            for a, n in counts.items()
        ),
        class_="actions",
    )
    mistakes = (
        f"Of those allowed, {per_thousand(model.missed)} should have been removed. Of those removed, "
        f"{per_thousand(model.wronged)} should have been allowed."
    )
    return element(
        "div",
        element("h3", f"Of 1,000 {noun}"),
        bar,
        keys,
        element("p", mistakes),
        element("p", _rule(report), class_="small"),
        element("h3", f"What 1,000 {noun} cost", class_="gap"),
        _policies(report),
        class_="card",
    )


def _policies(report: CostReport) -> Html:
    """Draw the cost of each policy as a bar, the model's first."""
    dearest = max(policy.cost.value for policy in report.policies) or 1.0
    rows = []
    for policy in report.policies:
        name = element("b", policy.name) if policy is report.policies[0] else policy.name
        rows.append(element("span", name))
        css = "mine" if policy is report.policies[0] else None
        rows.append(
            element("i", class_=css, style=f"width:{100 * policy.cost.value / dearest:.1f}%", aria_hidden="true")
        )
        rows.append(element("small", _money(policy.cost.value)))
    return element("div", *rows, class_="terms")


def _curves(report: CostReport, noun: str) -> Html:
    review, remove = report.curves
    cuts = report.thresholds
    same = cuts.review == cuts.remove
    top = 1.12 * min(max(*review.y, *remove.y), 4.0 * max(min(review.y), min(remove.y), 1e-9))
    frame = Frame((0.0, 1.0), (0.0, top), height=330, left=46)
    step = _nice(top / 4)
    ticks = [(k * step, _money(k * step)) for k in range(int(top / step) + 1)]
    quarters = [(k / 4, f"{k / 4:g}") for k in range(5)]
    parts = [frame.axes(quarters, ticks, x_name="Place of the threshold", y_name=f"Cost per 1,000 {noun}")]
    drawn = (
        ((remove, cuts.remove, "s1", "remove"),)
        if same
        else (
            (review, cuts.review, "s2", "review"),
            (remove, cuts.remove, "s1", "remove"),
        )
    )
    for curve, cut, css, name in drawn:
        at = min(range(len(curve.x)), key=lambda k: abs(curve.x[k] - cut))
        parts.append(frame.line(curve.x, curve.y, f"curve {css}"))
        parts.append(frame.dot(cut, curve.y[at]))
        end = cut > 0.7
        parts.append(
            frame.label(f"{name} {cut:.2f}", (cut, curve.y[at]), shift=(0, 22), anchor="end" if end else "middle")
        )
    title = "If a threshold were elsewhere"
    caption = (
        f"Each line moves one threshold and holds the other; points are the thresholds in use. Drawn on the "
        f"{report.curves_of} split. The costs set the thresholds; a point beside its line's lowest place hints at "
        f"probabilities that are not calibrated."
    )
    told = ", ".join(f"{name} {cut:.2f}" for _, cut, _, name in drawn)
    picture = chart(frame, *parts, title=title, description=f"Cost over the threshold. In use: {told}.")
    return element("figure", element("h3", title), picture, element("figcaption", caption), class_="card")


def _nice(step: float) -> float:
    """Round a step up to 1, 2 or 5 times a power of ten."""
    power = 10.0 ** floor(log10(step))
    return next(nice * power for nice in (1.0, 2.0, 5.0, 10.0) if nice * power >= step)
