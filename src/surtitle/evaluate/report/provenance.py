"""Sections on where the figures come from: findings in the data, settings, glossary."""

from collections.abc import Iterator
from typing import Any

from surtitle.evaluate.evaluation import Evaluation
from surtitle.evaluate.report._words import GLOSSARY, class_title, date_span, percent
from surtitle.evaluate.report.markup import Html, element, join, scroll

__all__ = ["findings", "glossary", "provenance"]


def findings(evaluation: Evaluation) -> Html:
    """List what the checks found in the data, and how it was split."""
    found = evaluation.facts.findings
    listed = element("ul", *(_finding(f) for f in found), class_="findings") if found else Html("")
    said = Html("") if found else element("p", "The checks found nothing to report.")
    return element("div", element("div", said, listed, class_="card"), _splits(evaluation), class_="stack")


def _finding(found: str | dict[str, Any]) -> Html:
    if isinstance(found, str):
        return element("li", element("bdi", found))
    severity = str(found.get("severity", "info"))
    parts = [
        element("span", severity, class_=f"badge {severity}" if severity.isalpha() else "badge"),
        element("bdi", str(found.get("message", ""))),
    ]
    places = ", ".join(str(place) for place in found.get("places") or ())
    rest = " ".join(text for text in (f"First at {places}." if places else "", str(found.get("remedy") or "")) if text)
    return element("li", *parts, *([element("br"), element("small", element("bdi", rest))] if rest else []))


def _splits(evaluation: Evaluation) -> Html:
    facts = evaluation.facts
    if not facts.class_counts:
        return Html("")
    names = [class_title(name, facts) for name in evaluation.classes]
    head = element(
        "tr", element("th", "Split", scope="col"),
        *(element("th", name, scope="col", class_="number") for name in ("Examples", *names)),
    )  # fmt: skip
    rows = []
    for split, counts in facts.class_counts.items():
        total = sum(counts.values())
        cells = [
            element(
                "td", f"{counts.get(name, 0):,}", element("small", percent(counts.get(name, 0) / max(total, 1))),
                class_="number",
            )
            for name in evaluation.classes
        ]  # fmt: skip
        rows.append(
            element("tr", element("th", split, scope="row"), element("td", f"{total:,}", class_="number"), *cells)
        )
    how = {
        "time": "Split by time: the model was trained on what came first and tested on what came last.",
        "group": "Split by group: whole groups are on one side.",
    }.get(facts.split_by, "Split by class at random, the same normalised text never on two sides.")
    table = element("table", element("thead", head), element("tbody", *rows))
    return element("div", scroll(table, "Examples per split"), element("p", how, class_="small"), class_="card")


def provenance(evaluation: Evaluation) -> Html:
    """List what the model and the figures were made with."""
    pairs = element(
        "dl",
        *(join((element("dt", name), element("dd", element("bdi", value)))) for name, value in _pairs(evaluation)),
        class_="pairs",
    )
    settings = Html("")
    if evaluation.facts.settings:
        settings = element(
            "details",
            element("summary", "All settings"),
            element("div", element("pre", evaluation.facts.settings, tabindex=0)),
        )
    return element("div", element("div", pairs, class_="card"), settings, class_="stack")


def _pairs(evaluation: Evaluation) -> Iterator[tuple[str, str]]:
    facts = evaluation.facts
    yield "Project", facts.project
    if facts.version is not None:
        yield "Version", str(facts.version)
    if facts.created_at is not None:
        yield "Made", f"{facts.created_at:%Y-%m-%d %H:%M} {facts.created_at.tzname() or ''}".strip()
    span = date_span(facts.data_from, facts.data_to)
    if span:
        yield "Data from", span
    for name, value in facts.model.items():
        yield name, str(value)
    yield (
        "Intervals",
        (f"{percent(evaluation.confidence)}, {evaluation.resamples:,} bootstrap resamples, seed {evaluation.seed}"),
    )
    if facts.digest:
        yield "Hash", facts.digest
    if facts.package:
        yield "Surtitle", facts.package


def glossary() -> Html:
    """Explain each metric in a line."""
    rows = (join((element("dt", name), element("dd", meaning))) for name, meaning in GLOSSARY)
    return element("div", element("dl", *rows, class_="pairs glossary"), class_="card")
