"""What a rule is: what it asks for and why, how to see it, how to mend it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

from surtitle.ship.lint.model import Dockerfile
from surtitle.ship.lint.source import Span

__all__ = ["SEVERITIES", "Check", "Edit", "Example", "Hit", "Rule", "Severity", "rule"]

Severity = Literal["error", "warning", "info"]
SEVERITIES: tuple[Severity, ...] = ("info", "warning", "error")
"""From the mildest on."""


class Edit(NamedTuple):
    """A piece of the source, and what is to stand there instead."""

    span: Span
    text: str


class Hit(NamedTuple):
    """A place where a rule is broken.

    Parameters
    ----------
    span : Span
        Where.
    message : str
        What is so, with its names.
    remedy : str
        What to write instead, where no edit can say it.
    edits : tuple of Edit
        What mends it by itself; empty where a person has to.
    """

    span: Span
    message: str
    remedy: str = ""
    edits: tuple[Edit, ...] = ()


Check = Callable[[Dockerfile], Iterable[Hit]]


class Example(NamedTuple):
    """Lines that break or keep a rule.

    Parameters
    ----------
    text : str
        The lines that matter. What a whole file needs besides is put around them.
    without : str
        An instruction, such as USER, that is left out on purpose.
    ignore : str or None
        The `.dockerignore` beside it; None where it plays no part.
    """

    text: str
    without: str = ""
    ignore: str | None = None


@dataclass(frozen=True)
class Rule:
    """A rule.

    Parameters
    ----------
    id : str
        Its name, which never changes.
    severity : {"error", "warning", "info"}
        How bad it is.
    title : str
        What is asked for, in one line.
    reason : str
        Why.
    source : str
        Who says so.
    bad, good : Example
        Lines that break it, and the same lines mended.
    check : callable
        Yields the places where a file breaks it.
    fixable : bool
        Whether `--fix` can mend it, where it is plain how.
    """

    id: str
    severity: Severity
    title: str
    reason: str
    source: str
    bad: Example
    good: Example
    check: Check
    fixable: bool = False


def rule(
    id_: str,
    severity: Severity,
    title: str,
    *,
    reason: str,
    source: str,
    bad: str | Example,
    good: str | Example,
    fixable: bool = False,
) -> Callable[[Check], Rule]:
    """Make a rule of the function that checks it."""

    def made(check: Check) -> Rule:
        return Rule(id_, severity, title, reason, source, _example(bad), _example(good), check, fixable)

    return made


def _example(text: str | Example) -> Example:
    return Example(text) if isinstance(text, str) else text
