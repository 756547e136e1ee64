"""The watch as one HTML file that needs nothing else: quality over time, drift, and what the policy says. Pure."""

from collections.abc import Iterator, Sequence

from surtitle.evaluate.report.markup import Html, element, join, scroll
from surtitle.evaluate.report.style import STYLE
from surtitle.records import Interval
from surtitle.watch.acts import Act
from surtitle.watch.drift import Drift
from surtitle.watch.history_chart import draw_history
from surtitle.watch.over_time import Watched
from surtitle.watch.overview import Overview
from surtitle.watch.policy import Verdict
from surtitle.watch.selected import SelectionQuality

__all__ = ["render_page"]

# No script, no picture, no font and no address is ever loaded, whatever a client is called.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
_MOST_ROWS = 60


def render_page(overview: Overview) -> str:
    """Return the page as one HTML document, without any script; everything shown is escaped."""
    sections = [section for section in _sections(overview) if section[2]]
    nav = element("nav", *(element("a", title, href=f"#{key}") for key, title, _ in sections), aria_label="Sections")
    body = [
        element("section", element("h2", title, id=f"{key}-title"), content, id=key, aria_labelledby=f"{key}-title")
        for key, title, content in sections
    ]
    footer = element("footer", element("p", "Made by surtitle watch. This file is complete: it loads nothing."))
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{overview.model}: quality over time"),
        element("link", rel="icon", href="data:,"),
        join((Html("<style>"), Html(STYLE), Html("</style>"))),
    )
    page = element("html", head, element("body", _headline(overview), nav, element("main", *body), footer), lang="en")
    return f"<!doctype html>\n{page}\n"


def _sections(overview: Overview) -> Iterator[tuple[str, str, Html]]:
    whole = [each for each in overview.periods if each.quality.client is None]
    yield "policy", "What the policy says", join(_verdict(each) for each in overview.verdicts)
    yield "loop", "What the loop did", _acts(overview.acts)
    yield "time", "Quality over time", draw_history(whole, overview.acts, overview.verdicts)
    yield "periods", "Periods", _table(whole[-_MOST_ROWS:], "Periods, the newest last")
    clients = [each for each in overview.periods if each.quality.client is not None and each.quality.auc is not None]
    newest = max((each.quality.start for each in clients), default=None)
    yield "clients", "Clients", _table([each for each in clients if each.quality.start == newest], "Clients, newest")
    yield "drift", "Drift", _drift(overview)
    yield "choices", "Labels asked for", _choices(overview.selections[-_MOST_ROWS:])
    yield "notes", "Notes", join(element("p", note) for note in _notes(overview))


def _headline(overview: Overview) -> Html:
    judged = [each for each in overview.periods if each.quality.client is None and each.quality.auc is not None]
    said: tuple[str, ...] = ("No period can be judged yet: its labels have not come.",)
    if judged:
        last = judged[-1].quality
        said = ("The AUC of ", element("b", f"{last.start:%d %B %Y}"), f" is {last.auc}.")
    return element(
        "header",
        element("p", "Surtitle watch", class_="eyebrow"),
        element("h1", element("b", overview.model), f", champion: version {overview.champion}"),
        element("p", *said, class_="verdict"),
        element(
            "p",
            f"{overview.decisions:,} decisions, {overview.labels:,} late labels, as of {overview.at:%Y-%m-%d %H:%M} "
            f"UTC. Intervals of {overview.confidence:.0%}.",
            class_="lead",
        ),
    )


def _verdict(verdict: Verdict) -> Html:
    whose = f"The champion of {verdict.client}" if verdict.client else "The champion"
    lines = [*verdict.reasons, *(f"Held back: {each}." for each in verdict.held_back)]
    badge = element("span", verdict.action, class_="badge" if verdict.action == "wait" else "badge warning")
    return element("div", element("h3", badge, whose), *(element("p", line) for line in lines), class_="card")


def _acts(acts: Sequence[Act]) -> Html:
    """Return the newest decisions of the loop, the newest first."""
    if not acts:
        return Html("")
    head = element("tr", *(element("th", column, scope="col") for column in ("When", "Whose", "By", "Outcome", "Why")))
    rows = [
        element(
            "tr",
            element("th", f"{act.at:%Y-%m-%d %H:%M}", scope="row"),
            element("td", element("bdi", act.client or "all")),
            element("td", act.kind),
            element("td", act.outcome.replace("_", " ")),
            element("td", element("bdi", act.reason)),
        )
        for act in reversed(acts)
    ]
    table = element("table", element("thead", head), element("tbody", *rows))
    return element("div", scroll(table, "What the loop did"), class_="card")


_COLUMNS = ("Period", "Version", "Decisions", "Labelled", "AUC", "Expected", "Review: precision, recall", "")


def _table(history: Sequence[Watched], name: str) -> Html:
    if not history:
        return Html("")
    head = element("tr", *(element("th", column, scope="col") for column in _COLUMNS))
    rows = [element("tr", *_cells(each)) for each in history]
    return element(
        "div", scroll(element("table", element("thead", head), element("tbody", *rows)), name), class_="card"
    )


def _cells(each: Watched) -> Iterator[Html]:
    quality = each.quality
    who = f"{quality.start:%Y-%m-%d %H:%M}" if quality.client is None else quality.client
    yield element("th", element("bdi", who), scope="row")
    yield element("td", quality.version, class_="number")
    yield element("td", f"{quality.n_decisions:,}", class_="number")
    yield element("td", f"{quality.n_labelled / max(quality.n_decisions, 1):.0%}", class_="number")
    yield _figure(quality.auc)
    yield _figure(None if each.estimate is None else each.estimate.auc)
    found = [share.value for share in map(dict.get, (quality.precision, quality.recall), ("review",) * 2) if share]
    yield element("td", ", ".join(f"{value:.2f}" for value in found), class_="number")
    yield element("td", "; ".join(_remarks(each)))


def _remarks(each: Watched) -> Iterator[str]:
    if not each.quality.mature:
        yield "not mature"
    if each.estimate is not None and not each.estimate.reliable:
        yield f"expectation doubtful: {'; '.join(each.estimate.reasons)}"
    if each.contradicted:
        yield f"{each.contradicted:,} with labels that contradict each other"
    if each.unknown_labels:
        yield f"{each.unknown_labels:,} with labels that are none of the classes"


def _figure(interval: Interval | None) -> Html:
    if interval is None:
        return element("td", "–", class_="number")
    span = element("small", f"{interval.low:.3f} to {interval.high:.3f}")
    return element("td", f"{interval.value:.3f}", span, class_="number")


def _drift(overview: Overview) -> Html:
    facts = []
    if overview.scores is not None:
        facts.append(("Scores, distance", f"{overview.scores.value:.3f}", f"{overview.scores.usual:.3f} by chance"))
    if overview.texts is not None:
        facts += _text_facts(overview.texts)
    if not facts:
        return Html("")
    pairs = [
        element("div", element("dt", name), element("dd", value, " ", element("small", usual)))
        for name, value, usual in facts
    ]
    said = [element("p", f"Drift: {each}.", class_="note") for each in overview.drift]
    calm = [] if said else [element("p", "Nothing has moved by more than chance can explain.")]
    return element("div", element("dl", *pairs, class_="facts"), *said, *calm, _moved(overview.texts), class_="card")


def _text_facts(texts: Drift) -> list[tuple[str, str, str]]:
    facts = [
        ("Texts", f"{texts.n_texts:,}", ""),
        ("Words, distance", f"{texts.words.value:.3f}", f"{texts.words.usual:.3f} by chance"),
        ("Unseen words", f"{texts.unseen.value:.2%}", f"{texts.unseen.usual:.2%} usual"),
    ]
    return [*facts, ("Told apart, AUC", str(texts.domain), "0.5: not at all")] if texts.domain else facts


def _moved(texts: Drift | None) -> Html:
    if texts is None:
        return Html("")
    head = element("tr", *(element("th", name, scope="col") for name in ("Word", "Texts then", "Texts now")))
    rows = [
        element(
            "tr",
            element("th", element("bdi", each.word), scope="row"),
            element("td", f"{each.was:.2%}", class_="number"),
            element("td", f"{each.now:.2%}", class_="number"),
        )
        for each in texts.moved
    ]
    return scroll(element("table", element("thead", head), element("tbody", *rows)), "Words that have moved most")


def _choices(selections: Sequence[SelectionQuality]) -> Html:
    lines = [element("p", str(each)) for each in selections]
    return element("div", *lines, class_="card") if lines else Html("")


def _notes(overview: Overview) -> Iterator[str]:
    yield from overview.notes
    if overview.gathered.bad_lines:
        yield f"{overview.gathered.bad_lines:,} lines are no decisions and were passed over:"
        yield from map(str, overview.gathered.faults)
