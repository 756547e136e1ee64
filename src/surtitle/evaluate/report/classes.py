"""The section on classes: what is taken for what, and how well each is told."""

from surtitle.evaluate.evaluation import Evaluation
from surtitle.evaluate.report._words import class_title, figure, percent
from surtitle.evaluate.report.markup import Html, element, scroll
from surtitle.records import Interval

__all__ = ["confusion"]


def confusion(evaluation: Evaluation) -> Html:
    """Show which classes are taken for which, and each class's precision and recall."""
    return element("div", _matrix(evaluation), _class_table(evaluation), class_="grid")


def _matrix(evaluation: Evaluation) -> Html:
    names = [class_title(name, evaluation.facts) for name in evaluation.classes]
    head = element("tr", element("th", "truth ↓ chosen →"), *(element("th", name, scope="col") for name in names))
    rows = []
    for k, (name, row) in enumerate(zip(names, evaluation.confusion, strict=True)):
        total = max(sum(row), 1)
        cells = [
            element(
                "td",
                element("b", f"{count:,}"),
                element("small", percent(count / total)),
                class_="right" if j == k else None,
                style=f"--share:{count / total:.3f}",
            )
            for j, count in enumerate(row)
        ]
        rows.append(element("tr", element("th", name, scope="row"), *cells))
    table = element("table", element("thead", head), element("tbody", *rows), class_="matrix")
    return element(
        "div",
        element("h3", "What is taken for what"),
        scroll(table, "Confusion matrix"),
        element("p", "Shares are of each row. Outlined: right.", class_="small"),
        class_="card",
    )


def _class_table(evaluation: Evaluation) -> Html:
    head = element(
        "tr",
        *(
            element("th", name, scope="col", class_=None if name == "Class" else "number")
            for name in ("Class", "n", "Precision", "Recall", "F1", "AUC")
        ),
    )
    rows = [
        element(
            "tr",
            element("th", class_title(quality.name, evaluation.facts), scope="row"),
            element("td", f"{quality.n:,}", class_="number"),
            _with_interval(quality.precision),
            _with_interval(quality.recall),
            element("td", figure(quality.f1, 2), class_="number"),
            element("td", figure(quality.auc, 2), class_="number"),
        )
        for quality in evaluation.per_class
    ]
    table = element("table", element("thead", head), element("tbody", *rows))
    return element("div", element("h3", "Class by class"), scroll(table, "Figures per class"), class_="card")


def _with_interval(interval: Interval | None) -> Html:
    if interval is None:
        return element("td", "–", class_="number")
    span = element("small", f"{figure(interval.low, 2)} to {figure(interval.high, 2)}")
    return element("td", figure(interval.value, 2), span, class_="number")
