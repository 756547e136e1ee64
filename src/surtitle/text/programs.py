"""Programs: Python's regular expressions as plain data, for an engine that is not Python's.

The parse tree is Python's own (`re._parser`), and so is every set of characters in it: categories and whatever ignores
case are worked out by asking `re`, for the running Python's Unicode tables. An engine that reads a program thus needs
no Unicode table of its own.
"""

import re
from collections.abc import Callable, Iterable
from functools import cache, lru_cache
from re import _parser  # type: ignore[attr-defined]  # typeshed leaves it out
from typing import Any

import msgspec

from surtitle.errors import UsageError

__all__ = ["PROGRAM_VERSION", "PatternText", "UnsupportedPatternError", "compile_program"]

PROGRAM_VERSION = 1
DEEPEST = 50
"""Nodes within nodes; the native reader refuses JSON that is nested much deeper."""

_LAST = 0x10FFFF
_TYPE_FLAGS = re.ASCII | re.LOCALE | re.UNICODE
_UNLIMITED = int(_parser.MAXREPEAT)
_CATEGORIES = {
    "CATEGORY_WORD": r"\w",
    "CATEGORY_NOT_WORD": r"\W",
    "CATEGORY_DIGIT": r"\d",
    "CATEGORY_NOT_DIGIT": r"\D",
    "CATEGORY_SPACE": r"\s",
    "CATEGORY_NOT_SPACE": r"\S",
}
_REFUSED = {
    "GROUPREF": "a back-reference",
    "GROUPREF_EXISTS": "a conditional group",
    "ATOMIC_GROUP": "an atomic group",
    "POSSESSIVE_REPEAT": "a possessive repeat",
}

Node = dict[str, Any]
Range = tuple[int, int]
Item = tuple[str, Any]


class PatternText(msgspec.Struct, frozen=True):
    """A Python regular expression as data.

    Parameters
    ----------
    pattern : str
        As `re.compile` takes it.
    flags : int
        The sum of `re`'s flags; those inside the pattern may be left out.
    """

    pattern: str
    flags: int


class UnsupportedPatternError(UsageError):
    """A regular expression that a program cannot say exactly; Python's `re` has to run it."""


def compile_program(pattern: PatternText) -> Node:
    r"""Return `pattern` as a program: a tree of nodes over numbered sets of characters, ready for JSON.

    Parameters
    ----------
    pattern : PatternText
        The regular expression.

    Returns
    -------
    dict
        ``version``; ``sets``, each a flat list ``[first, last, first, last, ...]`` of code points in order; ``root``, a
        node. A node is a dictionary with one key: ``set`` (a number of a set: one character), ``seq`` and ``alt``
        (nodes, in order; an ``alt`` of none never matches), ``repeat``, ``look`` (``back`` characters before, or
        ahead when 0), ``at`` (a place) or ``boundary`` (of words).

    Raises
    ------
    UnsupportedPatternError
        If it has back-references, conditionals, atomic groups or possessive repeats, is nested too deeply, or is no
        regular expression.

    Examples
    --------
    >>> compile_program(PatternText("[a-c]$", 0))
    {'version': 1, 'sets': [[97, 99]], 'root': {'seq': [{'set': 0}, {'at': 'end'}]}}
    """
    try:
        tree = _parser.parse(pattern.pattern, pattern.flags & ~re.DEBUG)
    except (re.error, ValueError, OverflowError, RecursionError) as error:
        raise UnsupportedPatternError(f"the pattern is no regular expression of Python's: {error}") from error
    writer = _Writer()
    root = writer.sequence(tree, tree.state.flags, 1)
    return {"version": PROGRAM_VERSION, "sets": [list(flat) for flat in writer.sets], "root": root}


class _Writer:
    """Writes nodes, and numbers the sets that they use."""

    def __init__(self) -> None:
        self.sets: dict[tuple[int, ...], int] = {}
        self._numbers: dict[tuple[tuple[Item, ...], int], int] = {}
        self._writers: dict[str, Callable[[Any, int, int], Node]] = {
            "LITERAL": lambda code, flags, _: self._set([("LITERAL", code)], flags),
            "NOT_LITERAL": lambda code, flags, _: self._set([("NEGATE", None), ("LITERAL", code)], flags),
            "IN": lambda items, flags, _: self._set([(str(name), value) for name, value in items], flags),
            "ANY": lambda _, flags, __: self._any(flags),
            "BRANCH": self._branch,
            "SUBPATTERN": self._group,
            "MAX_REPEAT": lambda value, flags, depth: self._repeat(value, flags, depth, greedy=True),
            "MIN_REPEAT": lambda value, flags, depth: self._repeat(value, flags, depth, greedy=False),
            "ASSERT": lambda value, flags, depth: self._look(value, flags, depth, negate=False),
            "ASSERT_NOT": lambda value, flags, depth: self._look(value, flags, depth, negate=True),
            "AT": lambda place, flags, _: self._place(str(place), flags),
            "FAILURE": lambda *_: {"alt": []},
        }

    def sequence(self, tree: Any, flags: int, depth: int) -> Node:
        if depth > DEEPEST:
            raise UnsupportedPatternError(f"the pattern is nested more than {DEEPEST} deep")
        nodes = [self._node(str(name), value, flags, depth + 1) for name, value in tree]
        return nodes[0] if len(nodes) == 1 else {"seq": nodes}

    def _node(self, name: str, value: Any, flags: int, depth: int) -> Node:
        if (write := self._writers.get(name)) is None:
            raise UnsupportedPatternError(f"the pattern has {_REFUSED.get(name, name)}")
        return write(value, flags, depth)

    def _set(self, items: list[Item], flags: int) -> Node:
        key = (tuple(items), flags & (re.IGNORECASE | re.ASCII))
        if (number := self._numbers.get(key)) is None:
            number = self.sets.setdefault(_characters(*key), len(self.sets))
            self._numbers[key] = number
        return {"set": number}

    def _any(self, flags: int) -> Node:
        return self._set([("RANGE", (0, _LAST))] if flags & re.DOTALL else [("NEGATE", None), ("LITERAL", 10)], 0)

    def _branch(self, value: tuple[None, list[Any]], flags: int, depth: int) -> Node:
        return {"alt": [self.sequence(tree, flags, depth + 1) for tree in value[1]]}

    def _group(self, value: tuple[int | None, int, int, Any], flags: int, depth: int) -> Node:
        _, added, removed, tree = value
        if added & _TYPE_FLAGS:
            flags &= ~_TYPE_FLAGS
        return self.sequence(tree, (flags | added) & ~removed, depth)

    def _repeat(self, value: tuple[int, int, Any], flags: int, depth: int, *, greedy: bool) -> Node:
        least, most, tree = value
        body = self.sequence(tree, flags, depth + 1)
        limit = None if most == _UNLIMITED else int(most)
        return {"repeat": {"min": int(least), "max": limit, "greedy": greedy, "body": body}}

    def _look(self, value: tuple[int, Any], flags: int, depth: int, *, negate: bool) -> Node:
        direction, tree = value
        least, most = tree.getwidth()
        if direction < 0 and least != most:  # re, too, refuses it, but not yet when it parses
            raise UnsupportedPatternError("the pattern has a look-behind of no fixed width")
        back = int(least) if direction < 0 else 0
        return {"look": {"negate": negate, "back": back, "body": self.sequence(tree, flags, depth + 1)}}

    def _place(self, name: str, flags: int) -> Node:
        lines = bool(flags & re.MULTILINE)
        match name:
            case "AT_BEGINNING":
                return {"at": "line_start" if lines else "start"}
            case "AT_BEGINNING_STRING":
                return {"at": "start"}
            case "AT_END":
                return {"at": "line_end" if lines else "end"}
            case "AT_END_STRING":
                return {"at": "text_end"}
            case "AT_BOUNDARY" | "AT_NON_BOUNDARY":
                word = self._set([("CATEGORY", "CATEGORY_WORD")], flags & re.ASCII)["set"]
                escape = r"\b" if name == "AT_BOUNDARY" else r"\B"
                # Whether "" is a boundary, or not one, has changed between versions of Python.
                on_empty = re.search(escape, "") is not None
                return {"boundary": {"word": word, "negate": name != "AT_BOUNDARY", "on_empty": on_empty}}
            case _:
                raise UnsupportedPatternError(f"the pattern has {name}")


@lru_cache(maxsize=512)
def _characters(items: tuple[Item, ...], flags: int) -> tuple[int, ...]:
    """Return the code points that a class of `items` matches, as ``(first, last, first, last, ...)``."""
    ranges = _without_case(items, flags & re.ASCII)
    if flags & re.IGNORECASE:
        cased = _cased()
        matched = re.findall(_source(items), cased, flags)
        kept = _complement(_union([*_complement(ranges), *_points(cased)]))
        ranges = _union([*kept, *_points(matched)])
    return tuple(code for pair in ranges for code in pair)


def _without_case(items: tuple[Item, ...], flags: int) -> list[Range]:
    ranges: list[Range] = []
    for name, value in items:
        if name == "LITERAL":
            ranges.append((value, value))
        elif name == "RANGE":
            ranges.append(value)
        elif name == "CATEGORY":
            ranges += _category(_CATEGORIES[str(value)], flags)
    ranges = _union(ranges)
    return _complement(ranges) if items[0][0] == "NEGATE" else ranges


def _source(items: tuple[Item, ...]) -> str:
    """Return the class as a pattern again, for `re` to judge."""
    parts = []
    for name, value in items:
        if name == "NEGATE":
            parts.append("^")
        elif name == "LITERAL":
            parts.append(f"\\U{value:08x}")
        elif name == "RANGE":
            parts.append(f"\\U{value[0]:08x}-\\U{value[1]:08x}")
        else:
            parts.append(_CATEGORIES[str(value)])
    return f"[{''.join(parts)}]"


@cache
def _category(escape: str, flags: int) -> list[Range]:
    everything = "".join(map(chr, range(_LAST + 1)))
    return [(match.start(), match.end() - 1) for match in re.finditer(f"{escape}+", everything, flags)]


@cache
def _cased() -> str:
    """Return every character that ignoring case can matter to: all others match themselves alone."""
    return "".join(c for c in map(chr, range(_LAST + 1)) if c.lower() != c or c.upper() != c)


def _points(characters: Iterable[str]) -> list[Range]:
    return _union([(ord(character), ord(character)) for character in characters])


def _union(ranges: list[Range]) -> list[Range]:
    merged: list[Range] = []
    for first, last in sorted(ranges):
        if merged and first <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged


def _complement(ranges: list[Range]) -> list[Range]:
    gaps = []
    start = 0
    for first, last in ranges:
        if first > start:
            gaps.append((start, first - 1))
        start = last + 1
    return [*gaps, (start, _LAST)] if start <= _LAST else gaps
