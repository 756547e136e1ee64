"""How one text came by its score, drawn for a terminal."""

from typing import TYPE_CHECKING

from surtitle.cli._terminal import visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.console import RenderableType

    from surtitle.models import Explanation
    from surtitle.records import Reason, Thresholds

__all__ = ["explained"]

_MAX_TERMS = 15
_BAR = 16
_LINE = 40


def explained(explanation: "Explanation", version: int) -> "Iterator[RenderableType]":
    """Yield what to show: text, cleaning, tokens, terms with their weights, score, action."""
    from rich.text import Text

    def heading(number: int, name: str, value: str = "") -> Text:
        return Text.assemble((f"{number}  {name:9}", "bold cyan"), visible(value))

    yield heading(1, "Text", explanation.text)
    yield heading(2, "Cleaned", explanation.cleaned if explanation.steps else "nothing to clean")
    for name, after in explanation.steps:
        yield Text(f"   {name:11}{visible(after)}", "dim")
    yield heading(3, "Tokens", "  ".join(_token(text, norm) for text, norm in explanation.tokens))
    yield heading(4, "Terms", f"with their weight in this text and their push towards {_towards(explanation)}")
    yield from _terms(explanation)
    yield heading(5, "Score", _score(explanation))
    if explanation.rule.thresholds is not None:
        yield from _line(explanation.scored.score, explanation.rule.thresholds)
    else:
        for name, probability in explanation.scored.probabilities.items():
            yield Text(f"   {visible(name):24.24} {probability:.3f}  {'█' * round(probability * _BAR)}")
    yield heading(6, "Action", f"{explanation.scored.action}   (class {explanation.scored.label}, version {version})")


def _towards(explanation: "Explanation") -> str:
    classes = explanation.rule.classes
    return f"{classes[1] if len(classes) == 2 else explanation.scored.label} (-: away from it), in log-odds"


def _token(text: str, norm: str) -> str:
    return text if text == norm else f"{text}→{norm}"


def _terms(explanation: "Explanation") -> "Iterator[RenderableType]":
    from rich.text import Text

    shown, rest = explanation.terms[:_MAX_TERMS], explanation.terms[_MAX_TERMS:]
    if not shown:
        yield Text("   none that the model knows", "dim")
        return
    largest = max(abs(shown[0].contribution), 1e-12)
    width = min(30, max(len(visible(reason.term)) for reason in shown))
    for reason in shown:
        yield _term(reason, largest, width)
    if rest:
        pushes = sum(reason.contribution for reason in rest)
        yield Text(f"   {f'{len(rest)} more':{width}}         {pushes:+8.3f}", "dim")
    yield Text(f"   {'the model without terms':{width + 8}} {explanation.intercept:+8.3f}", "dim")
    yield Text(f"   {'sum':{width + 8}} {explanation.logit:+8.3f}", "bold")


def _term(reason: "Reason", largest: float, width: int) -> "RenderableType":
    from rich.text import Text

    bar = "█" * max(1, round(_BAR * abs(reason.contribution) / largest))
    style = "red" if reason.contribution > 0 else "green"
    line = Text(f"   {visible(reason.term):{width}.{width}} {reason.value:7.3f} {reason.contribution:+8.3f}  ")
    return line.append(bar, style)


def _score(explanation: "Explanation") -> str:
    score = explanation.scored.score
    if explanation.rule.thresholds is None:
        return f"{score:.3f}, the probability of {explanation.scored.label}"
    positive = explanation.rule.classes[1]
    return f"{score:.3f} = 1 / (1 + exp({-explanation.logit:.3f})), the probability of {positive}"


def _line(score: float, thresholds: "Thresholds") -> "Iterator[RenderableType]":
    """Yield the line from 0 to 1 with the thresholds and the score on it."""
    from rich.text import Text

    def place(value: float) -> int:
        return min(_LINE - 1, max(0, int(value * _LINE)))

    review, remove = place(thresholds.review), place(thresholds.remove)
    styles = ["green" if at < review else "yellow" if at < remove else "red" for at in range(_LINE)]
    line = Text("   0 ")
    for at, style in enumerate(styles):
        line.append("●" if at == place(score) else "│" if at in (review, remove) else "─", style)
    yield line.append(" 1")
    if thresholds.review < thresholds.remove:
        yield Text(f"   allow below {thresholds.review:.3f}, review below {thresholds.remove:.3f}, else remove", "dim")
    else:
        yield Text(f"   allow below {thresholds.remove:.3f}, else remove", "dim")
