"""Findings that someone has a reason to leave: `# surtitle: ignore=RULE because REASON`."""

import re
from bisect import bisect_left
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from surtitle.ship.lint.instructions import Instruction, Parsed
from surtitle.ship.lint.model import Dockerfile
from surtitle.ship.lint.rule import Hit, rule
from surtitle.ship.lint.source import Span

__all__ = ["RULES", "Ignore", "faults_of", "ignores_of", "owner_of"]

_FORM = re.compile(r"\s*surtitle:\s*ignore=([\w,-]*)(?:\s+because\s+(\S.*))?\s*$")
_OURS = re.compile(r"\s*surtitle:")
_WRITE = "# surtitle: ignore=RULE because REASON"


@dataclass(frozen=True)
class Ignore:
    """One comment that ignores rules.

    Parameters
    ----------
    rules : tuple of str
        Which ones; empty where the comment cannot be read.
    reason : str
        Why; empty where none is given.
    span : Span
        Where it stands.
    instruction : Instruction or None
        What it is about: the instruction that it stands in or above; None behind the last.
    """

    rules: tuple[str, ...]
    reason: str
    span: Span
    instruction: Instruction | None


def ignores_of(parsed: Parsed) -> list[Ignore]:
    """Return the comments of a file that ignore rules."""
    found = []
    starts = [instruction.span.start for instruction in parsed.instructions]
    for comment in parsed.comments:
        if not _OURS.match(comment.text):
            continue
        match = _FORM.match(comment.text)
        rules = tuple(name for name in match[1].split(",") if name) if match else ()
        after = bisect_left(starts, comment.span.start)
        inside = owner_of(parsed.instructions, starts, comment.span.start)
        following = parsed.instructions[after] if after < len(starts) else None
        found.append(Ignore(rules, (match[2] or "").strip() if match else "", comment.span, inside or following))
    return found


def owner_of(instructions: Sequence[Instruction], starts: Sequence[int], offset: int) -> Instruction | None:
    """Return the instruction that an offset lies in."""
    before = bisect_left(starts, offset + 1) - 1
    if before >= 0 and offset <= instructions[before].span.end:
        return instructions[before]
    return None


def faults_of(
    ignores: Sequence[Ignore], used: Collection[tuple[Span, str]], known: Collection[str]
) -> Iterator[tuple[str, Hit]]:
    """Yield what is wrong with the comments themselves, each with the rule it breaks.

    Parameters
    ----------
    ignores : sequence of Ignore
        The comments.
    used : collection of (Span, str)
        The comments, by their places, and the rules for which they had something to ignore.
    known : collection of str
        The rules that there are.
    """
    for ignore in ignores:
        if not ignore.rules or not ignore.reason:
            yield "ignore-reason", Hit(ignore.span, "no rule or no reason is given", _WRITE)
            continue
        for name in ignore.rules:
            if name not in known:
                yield "ignore-unknown", Hit(ignore.span, f"there is no rule {name}", "surtitle ship lint --list")
            elif (ignore.span, name) not in used:
                yield "ignore-unused", Hit(ignore.span, f"there is no finding of {name} here", "take it out")


def _by_linter(file: Dockerfile) -> tuple[Hit, ...]:  # noqa: ARG001 a Check
    """Find nothing: whether an ignore was needed is known only when all other rules have looked."""
    return ()


_OURSELVES = "Surtitle"

ignore_reason = rule(
    "ignore-reason",
    "warning",
    "Who ignores a rule says why",
    reason="The next reader needs to know whether the reason still holds. Without one nothing is ignored.",
    source=_OURSELVES,
    bad="# surtitle: ignore=cd\nWORKDIR /app",
    good="# surtitle: ignore=cd because the tool insists on its folder\nRUN cd /app && python -m compileall .",
)(_by_linter)

ignore_unknown = rule(
    "ignore-unknown",
    "warning",
    "Ignored rules are ones that there are",
    reason="A misspelt name ignores nothing.",
    source=_OURSELVES,
    bad="# surtitle: ignore=cdd because the tool insists on its folder\nWORKDIR /app",
    good="# surtitle: ignore=cd because the tool insists on its folder\nRUN cd /app && python -m compileall .",
)(_by_linter)

ignore_unused = rule(
    "ignore-unused",
    "warning",
    "What is ignored is there",
    reason="An ignore that outlives its finding hides the next one.",
    source=_OURSELVES,
    bad="# surtitle: ignore=cd because the tool insists on its folder\nWORKDIR /app",
    good="# surtitle: ignore=cd because the tool insists on its folder\nRUN cd /app && python -m compileall .",
)(_by_linter)

RULES = (ignore_reason, ignore_unknown, ignore_unused)
