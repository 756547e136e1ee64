"""Sections to read: telling terms, worst mistakes."""

from collections.abc import Sequence

from surtitle.evaluate.classes import ClassTerms
from surtitle.evaluate.evaluation import Evaluation
from surtitle.evaluate.mistakes import Mistake, MistakeGroup
from surtitle.evaluate.report._words import class_title, percent
from surtitle.evaluate.report.markup import Html, element, join

__all__ = ["mistakes", "terms"]


def terms(evaluation: Evaluation) -> Html:
    """Show the terms that weigh most for and against each class, once the reader asks."""
    if not evaluation.terms:
        return Html("")
    # Of two classes, one is the mirror of the other.
    shown = evaluation.terms[-1:] if len(evaluation.classes) == 2 else evaluation.terms
    largest = max((abs(value) for t in shown for _, value in (*t.towards, *t.away)), default=1.0)
    intro = (
        "The model adds up the weights of a text's terms. Character n-grams stand between bars, |like this|. Terms may "
        "be offensive, so they are shown on demand."
    )
    blocks = [_class_block(evaluation, t, largest) for t in shown]
    return join((element("p", intro, class_="lead"), *blocks))


def _class_block(evaluation: Evaluation, found: ClassTerms, largest: float) -> Html:
    name = class_title(found.name, evaluation.facts)
    two = len(evaluation.classes) == 2
    against = f"Towards “{class_title(evaluation.classes[0], evaluation.facts)}”" if two else f"Away from “{name}”"
    return element(
        "details",
        element("summary", f"Terms for and against “{name}” ", element("small", "may be offensive")),
        element(
            "div",
            element("div", element("h3", f"Towards “{name}”"), _term_list(found.towards, largest)),
            element("div", element("h3", against), _term_list(found.away, largest)),
            class_="grid",
        ),
    )


def _term_list(found: Sequence[tuple[str, float]], largest: float) -> Html:
    rows = []
    for term, value in found:
        width = 100 * abs(value) / largest
        rows.append(element("code", element("bdi", term)))
        rows.append(element("i", style=f"width:{width:.1f}%", aria_hidden="true"))
        rows.append(element("small", f"{value:+.2f}".replace("-", "−")))
    return element("div", *rows, class_="terms")


def mistakes(evaluation: Evaluation) -> Html:
    """Show the most confident mistakes of each direction, once the reader asks."""
    if not evaluation.mistakes:
        return element("p", f"Every one of the test {evaluation.facts.noun} was put into the right class.")
    intro = (
        "The mistakes that the model was most sure of. Some are mistakes of the labels: reading them is the cheapest "
        "way to better data. The texts are real and may be offensive, so they are shown on demand."
    )
    groups = [_group(evaluation, group) for group in evaluation.mistakes]
    return join((element("p", intro, class_="lead"), *groups))


def _group(evaluation: Evaluation, group: MistakeGroup) -> Html:
    truth, chosen = (class_title(name, evaluation.facts) for name in (group.truth, group.chosen))
    said = f"{group.count:,} of {group.of:,}, {percent(group.count / max(group.of, 1))}"
    return element(
        "details",
        element("summary", f"“{truth}” taken for “{chosen}” ", element("small", said)),
        element("div", element("ul", *(_mistake(m) for m in group.worst), class_="texts")),
    )


def _mistake(mistake: Mistake) -> Html:
    place = f"{mistake.client} · {mistake.id}" if mistake.client else mistake.id
    return element(
        "li",
        element("b", percent(mistake.score)),
        element("p", element("bdi", mistake.text)),
        element("small", element("bdi", place)),
    )
