"""A Dockerfile's bytes in, findings out; or the bytes mended."""

from collections.abc import Collection, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from surtitle.ship.lint.dockerignore import Dockerignore
from surtitle.ship.lint.finding import Finding
from surtitle.ship.lint.ignores import faults_of, ignores_of, owner_of
from surtitle.ship.lint.model import Dockerfile
from surtitle.ship.lint.parser import parse
from surtitle.ship.lint.rule import Edit, Hit, Rule
from surtitle.ship.lint.rules import RULES
from surtitle.ship.lint.rules.reading import RULES as READING
from surtitle.ship.lint.source import Source, Span

__all__ = ["Beside", "Fixed", "fix", "lint"]

_MAX_HITS = 100
_MAX_ALONE = 20
_FATAL = frozenset({"unreadable", "unclosed-heredoc", "no-from"})
"""With one of these, what else is missing or wrong cannot be told."""


class Beside(NamedTuple):
    """What stands beside a Dockerfile.

    Parameters
    ----------
    has_folder : bool
        Whether it has a folder at all; text from a pipe has none.
    ignore : Dockerignore or None
        Its `.dockerignore`, where there is one.
    """

    has_folder: bool = False
    ignore: Dockerignore | None = None


class Fixed(NamedTuple):
    """A file after mending, and how many findings were mended."""

    data: bytes
    n_mended: int


def lint(
    data: bytes, name: str = "Dockerfile", *, beside: Beside | None = None, skip: Collection[str] = ()
) -> list[Finding]:
    r"""Say what is wrong with a Dockerfile.

    Parameters
    ----------
    data : bytes
        The file; any bytes at all.
    name : str
        What to call it.
    beside : Beside, optional
        What stands beside it.
    skip : collection of str
        Rules that are not looked at.

    Examples
    --------
    >>> [finding.rule for finding in lint(b"FROM python:latest\nUSER root\n")]
    ['base-latest', 'user-root']
    """
    source, hits = _hits(data, name, beside or Beside(), skip)
    found = [_finding(source, rule, hit) for rule, hit in hits]
    order = list(RULES)
    return sorted(found, key=lambda one: (one.line, one.column, order.index(one.rule)))


def fix(data: bytes, name: str = "Dockerfile", *, beside: Beside | None = None, skip: Collection[str] = ()) -> Fixed:
    r"""Mend what can be mended by itself, until there is nothing more.

    Examples
    --------
    >>> fix(b"FROM a\nADD app.py /app/\nCMD python -m app\n").data
    b'FROM a\nCOPY app.py /app/\nCMD ["python", "-m", "app"]\n'
    """
    around = beside or Beside()
    total = 0
    mendable = _mendable(data, name, around, skip)
    while mendable[1]:
        better = next(_improved(mendable, name, around, skip), None)
        if better is None:
            break
        data, count, mendable = better
        total += count
    return Fixed(data, total)


_Mendable = tuple[Source, list[Hit]]
"""A source, and the hits in it that have edits."""


def _mendable(data: bytes, name: str, beside: Beside, skip: Collection[str]) -> _Mendable:
    source, hits = _hits(data, name, beside, skip)
    return source, [] if source.faults else [hit for _, hit in hits if hit.edits]


def _improved(
    mendable: _Mendable, name: str, beside: Beside, skip: Collection[str]
) -> Iterator[tuple[bytes, int, _Mendable]]:
    """Yield ways to mend after which there is less to mend: all that go together, else one alone.

    An edit in a broken line may mend nothing, and would be made for ever.
    """
    source, hits = mendable
    together = _compatible(hits)
    for chosen in (together, *([hit] for hit in together[:_MAX_ALONE] if len(together) > 1)):
        text = _apply(source.text, [edit for hit in chosen for edit in hit.edits])
        data = (b"\xef\xbb\xbf" if source.bom else b"") + text.encode()
        after = _mendable(data, name, beside, skip)
        if len(after[1]) < len(hits):
            yield data, len(chosen), after


def _hits(data: bytes, name: str, beside: Beside, skip: Collection[str]) -> tuple[Source, list[tuple[Rule, Hit]]]:
    """Return every hit that nobody ignores, with its rule."""
    source = Source(data, name)
    parsed = parse(source)
    file = Dockerfile(parsed, beside.ignore, has_folder=beside.has_folder)
    fatal = any(problem.rule in _FATAL for problem in parsed.problems)
    rules = [rule for rule in (READING if fatal else RULES.values()) if rule.id not in skip]
    ignores = ignores_of(parsed)
    wanted = {
        (ignore.instruction, name): ignore.span
        for ignore in ignores
        for name in ignore.rules
        if ignore.instruction is not None and ignore.reason
    }
    starts = [instruction.span.start for instruction in parsed.instructions]
    used: set[tuple[Span, str]] = set()
    kept = []
    for rule in rules:
        for hit in islice(rule.check(file), _MAX_HITS):
            owner = owner_of(parsed.instructions, starts, hit.span.start) if wanted else None
            if owner is not None and (owner, rule.id) in wanted:
                used.add((wanted[owner, rule.id], rule.id))
            else:
                kept.append((rule, hit))
    if not fatal:
        faults = faults_of(ignores, used | {(one.span, name) for one in ignores for name in skip}, RULES)
        kept += [(RULES[name], hit) for name, hit in faults if name not in skip]
    return source, kept


def _finding(source: Source, rule: Rule, hit: Hit) -> Finding:
    line, column = source.position(hit.span.start)
    end_line, end_column = source.position(max(hit.span.start, hit.span.end))
    return Finding(
        file=source.name,
        line=line,
        column=column,
        end_line=end_line,
        end_column=end_column,
        rule=rule.id,
        severity=rule.severity,
        message=hit.message,
        remedy=hit.remedy,
        mended=_mended(source, hit.edits),
        reason=rule.reason,
        source=rule.source,
    )


def _mended(source: Source, edits: Sequence[Edit]) -> str:
    """Return the lines that the edits touch, as they would be."""
    if not edits:
        return ""
    first = source.position(min(edit.span.start for edit in edits))[0] - 1
    last = source.position(max(edit.span.end for edit in edits))[0] - 1
    start = source.lines[first][0]
    end = source.lines[last][0] + len(source.lines[last][1])
    moved = [Edit(Span(edit.span.start - start, edit.span.end - start), edit.text) for edit in edits]
    return _apply(source.text[start:end], moved).replace("\r\n", "\n").rstrip()


def _compatible(hits: Sequence[Hit]) -> list[Hit]:
    """Return hits whose edits do not touch one another; the others wait for the next time."""
    taken: list[Edit] = []
    found = []
    for hit in hits:
        if not any(_overlap(edit.span, other.span) for edit in hit.edits for other in taken):
            taken += hit.edits
            found.append(hit)
    return found


def _overlap(one: Span, other: Span) -> bool:
    return (one.start < other.end and other.start < one.end) or one == other


def _apply(text: str, edits: Sequence[Edit]) -> str:
    return "".join(_pieces(text, edits))


def _pieces(text: str, edits: Sequence[Edit]) -> Iterator[str]:
    at = 0
    for span, new in sorted(edits):
        yield text[at : span.start]
        yield new
        at = max(at, span.end)
    yield text[at:]
