"""What the linter says: one place, one rule."""

from collections.abc import Iterable

import msgspec

from surtitle.ship.lint.rule import SEVERITIES, Severity

__all__ = ["Finding", "at_least", "count"]


class Finding(msgspec.Struct, frozen=True):
    """A place where a rule is broken.

    Parameters
    ----------
    file : str
        As it was named.
    line, column, end_line, end_column : int
        From 1; the end is behind the last character.
    rule : str
        The rule's id.
    severity : {"error", "warning", "info"}
        How bad it is.
    message : str
        What is so.
    remedy : str
        What to write or do instead.
    mended : str
        The lines as `--fix` would write them; empty where it takes a person.
    reason : str
        Why it matters.
    source : str
        Who says so.
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    rule: str
    severity: Severity
    message: str
    remedy: str
    mended: str
    reason: str
    source: str


def at_least(findings: Iterable[Finding], severity: Severity) -> list[Finding]:
    """Return the findings that are as bad as `severity`, or worse."""
    lowest = SEVERITIES.index(severity)
    return [finding for finding in findings if SEVERITIES.index(finding.severity) >= lowest]


def count(findings: Iterable[Finding]) -> dict[str, int]:
    """Return how many findings there are of each severity, the worst first."""
    found = list(findings)
    return {name: sum(finding.severity == name for finding in found) for name in reversed(SEVERITIES)}
