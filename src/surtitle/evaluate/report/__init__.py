"""The report of an evaluation: one HTML file that needs nothing else."""

from collections.abc import Iterator

from surtitle.evaluate.evaluation import Evaluation
from surtitle.evaluate.report.classes import confusion
from surtitle.evaluate.report.costs import costs
from surtitle.evaluate.report.markup import Html, element, join
from surtitle.evaluate.report.provenance import findings, glossary, provenance
from surtitle.evaluate.report.quality import calibration, curves, headline, metrics
from surtitle.evaluate.report.reading import mistakes, terms
from surtitle.evaluate.report.slices import over_time, slices
from surtitle.evaluate.report.style import STYLE

__all__ = ["render_report"]

# No script, no picture, no font and no address is ever loaded, whatever a text tries.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


def render_report(evaluation: Evaluation) -> str:
    """Return the report as one HTML document, for screens, phones and paper, in light and dark.

    Texts and terms are escaped and shown on demand only; there is no script in it.

    Examples
    --------
    >>> from surtitle.evaluate import EvaluationInput, Facts, evaluate
    >>> import numpy as np
    >>> y = np.arange(60) % 2
    >>> probs = np.column_stack([0.8 - 0.6 * y, 0.2 + 0.6 * y])
    >>> page = render_report(evaluate(EvaluationInput(
    ...     y=y, probs=probs, chosen=y, actions=["allow"] * 60, classes=("keep", "remove"), texts=["hello"] * 60,
    ...     facts=Facts(project="demo"))))
    >>> page[:15], "<script" in page
    ('<!doctype html>', False)
    """
    sections = [section for section in _sections(evaluation) if section[2]]
    nav = element("nav", *(element("a", title, href=f"#{key}") for key, title, _ in sections), aria_label="Sections")
    body = [
        element("section", element("h2", title, id=f"{key}-title"), content, id=key, aria_labelledby=f"{key}-title")
        for key, title, content in sections
    ]
    package = f" {evaluation.facts.package}" if evaluation.facts.package else ""
    footer = element(
        "footer",
        element("p", f"Made by Surtitle{package}. This file is complete: it loads nothing and runs no script."),
    )
    page = element(
        "html", _head(evaluation), element("body", headline(evaluation), nav, element("main", *body), footer), lang="en"
    )
    return f"<!doctype html>\n{page}\n"


def _sections(evaluation: Evaluation) -> Iterator[tuple[str, str, Html]]:
    """Yield key, title and content; a section without content is left out."""
    yield "metrics", "Figures", metrics(evaluation)
    yield "curves", "Ranking", curves(evaluation)
    yield "calibration", "Probabilities", calibration(evaluation)
    yield "costs", "Decisions and costs", costs(evaluation)
    yield "classes", "Classes", confusion(evaluation)
    yield "slices", "Slices", slices(evaluation)
    yield "time", "Over time", over_time(evaluation)
    yield "terms", "Telling terms", terms(evaluation)
    yield "mistakes", "Worst mistakes", mistakes(evaluation)
    yield "data", "Data", findings(evaluation)
    yield "provenance", "Provenance", provenance(evaluation)
    yield "glossary", "Glossary", glossary()


def _head(evaluation: Evaluation) -> Html:
    version = f" version {evaluation.facts.version}" if evaluation.facts.version is not None else ""
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("title", f"{evaluation.facts.project}{version}: evaluation"),
        element("link", rel="icon", href="data:,"),
        join((Html("<style>"), Html(STYLE), Html("</style>"))),
    )
