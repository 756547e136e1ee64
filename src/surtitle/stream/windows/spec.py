"""What a window is and what is counted in it: read from the words of the settings. PURE."""

import re
from collections.abc import Sequence
from typing import Literal

import msgspec

from surtitle.durations import parse_duration

__all__ = ["AGGREGATES", "AggregateSpec", "WindowSpec", "parse_aggregates", "parse_window"]

AGGREGATES = ("count", "rate", "mean", "quantiles", "actions")
"""What needs no column; beside these there are ``top COLUMN`` and ``distinct COLUMN``."""

_WINDOW = re.compile(r"(?P<kind>tumbling|sliding|session) (?P<size>\S+)( every (?P<slide>\S+))?( by (?P<key>.+))?")
_FORMS = (
    '"tumbling 1m", "sliding 10m every 1m" or "session 30m", each with an optional "by COLUMN, COLUMN", '
    'such as "tumbling 1m by client"'
)


class WindowSpec(msgspec.Struct, frozen=True):
    """One kind of window.

    Parameters
    ----------
    name : str
        The words that it was read from; names it in the output and in the state.
    kind : str
        `tumbling`, `sliding` or `session`.
    size_us : int
        How long a window is; of a session, the gap that ends it.
    slide_us : int
        From one window's start to the next's; of tumbling ones, the size.
    key : tuple of str
        The columns whose values have windows of their own.
    """

    name: str
    kind: Literal["tumbling", "sliding", "session"]
    size_us: int
    slide_us: int
    key: tuple[str, ...] = ()


class AggregateSpec(msgspec.Struct, frozen=True):
    """What a window says of its events.

    Parameters
    ----------
    plain : tuple of str
        Some of `AGGREGATES`.
    top, distinct : tuple of str
        Columns whose most frequent values are told, and columns whose different values are counted.
    """

    plain: tuple[str, ...] = AGGREGATES
    top: tuple[str, ...] = ()
    distinct: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that need to be remembered, each once."""
        return tuple(dict.fromkeys((*self.top, *self.distinct)))


def parse_window(text: str) -> WindowSpec:
    """Read a window from words.

    Raises
    ------
    ValueError
        If they do not make a window; the message says what would.

    Examples
    --------
    >>> spec = parse_window("sliding 10m every 1m by client")
    >>> spec.kind, spec.size_us // spec.slide_us, spec.key
    ('sliding', 10, ('client',))
    """
    name = " ".join(text.split())
    match = _WINDOW.fullmatch(name)
    if match is None or (match["slide"] is None) != (match["kind"] != "sliding"):
        raise ValueError(f"{text!r} is not a window; write {_FORMS}")
    size = parse_duration(match["size"])
    slide = parse_duration(match["slide"]) if match["slide"] else size
    if size <= 0 or slide <= 0:
        raise ValueError(f"{text!r}: a window needs to be longer than nothing")
    if size % slide:
        raise ValueError(f"{text!r}: the size must be a multiple of the step, so that windows share their parts")
    key = tuple(part.strip() for part in (match["key"] or "").split(",")) if match["key"] else ()
    if not all(key) or len(set(key)) < len(key):
        raise ValueError(f"{text!r}: name each column once, between commas")
    kind: Literal["tumbling", "sliding", "session"] = match["kind"]  # type: ignore[assignment]  # the pattern's words
    return WindowSpec(name, kind, size, slide, key)


def parse_aggregates(words: Sequence[str]) -> AggregateSpec:
    """Read what is to be told of each window.

    Raises
    ------
    ValueError
        If a word is not an aggregate; the message names those that are.

    Examples
    --------
    >>> parse_aggregates(["count", "top author"])
    AggregateSpec(plain=('count',), top=('author',), distinct=())
    """
    plain: list[str] = []
    top: list[str] = []
    distinct: list[str] = []
    for word in words:
        verb, _, column = word.strip().partition(" ")
        if word in AGGREGATES:
            plain.append(word)
        elif verb in ("top", "distinct") and column.strip():
            (top if verb == "top" else distinct).append(column.strip())
        else:
            known = ", ".join(AGGREGATES)
            raise ValueError(f"{word!r} is not an aggregate; there are: {known}, top COLUMN, distinct COLUMN")
    return AggregateSpec(tuple(plain), tuple(top), tuple(distinct))
