"""The text of a Dockerfile: decoded, limited, and able to say where each character stands."""

import re
from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

__all__ = ["MAX_BYTES", "MAX_LINES", "Source", "Span", "Stretch"]

MAX_BYTES = 262_144
"""A Dockerfile beyond this is not read; the longest in wide use have a tenth of it."""
MAX_LINES = 20_000
_BOM = "\ufeff"
_LINE_END = re.compile(r"\r?\n")


class Span(NamedTuple):
    """A piece of the source: characters from `start` up to, and without, `end`."""

    start: int
    end: int


class Source:
    r"""A Dockerfile as text.

    Parameters
    ----------
    data : bytes
        What the file holds. Beyond `MAX_BYTES` or `MAX_LINES` it is taken as empty.
    name : str
        How the file is called in findings.

    Attributes
    ----------
    text : str
        The text without a byte order mark; bytes that are no UTF-8 are replaced.
    faults : list of (int, str)
        What is wrong with the bytes, with the offset in `text`.

    Examples
    --------
    >>> source = Source(b"\xef\xbb\xbfFROM a\r\nRUN b\r\n", "Dockerfile")
    >>> source.lines
    [(0, 'FROM a'), (8, 'RUN b')]
    >>> source.position(12)
    (2, 5)
    """

    def __init__(self, data: bytes, name: str = "Dockerfile") -> None:
        self.name = name
        self.faults: list[tuple[int, str]] = []
        if len(data) > MAX_BYTES:
            self.faults.append((0, f"holds more than {MAX_BYTES:,} bytes, and is not read"))
            data = b""
        if data.count(b"\n") > MAX_LINES:
            self.faults.append((0, f"has more than {MAX_LINES:,} lines, and is not read"))
            data = b""
        text = data.decode("utf-8", "replace")
        self.bom = text.startswith(_BOM)
        self.text = text.removeprefix(_BOM)
        if "\0" in self.text:
            self.faults.append((self.text.index("\0"), "holds a NUL character: is it a text file?"))
        if "\ufffd" in self.text and "\ufffd".encode() not in data:
            self.faults.append((self.text.index("\ufffd"), "holds bytes that are no UTF-8"))

    @cached_property
    def lines(self) -> list[tuple[int, str]]:
        """Each line's offset, and its text without the line's end."""
        found, start = [], 0
        for end in _LINE_END.finditer(self.text):
            found.append((start, self.text[start : end.start()]))
            start = end.end()
        if start < len(self.text):
            found.append((start, self.text[start:]))
        return found

    @cached_property
    def _starts(self) -> list[int]:
        return [start for start, _ in self.lines] or [0]

    def position(self, offset: int) -> tuple[int, int]:
        """Return line and column, both from 1."""
        line = max(0, bisect_right(self._starts, offset) - 1)
        return line + 1, offset - self._starts[line] + 1

    def line(self, number: int) -> str:
        """Return a line's text; empty beyond the last."""
        return self.lines[number - 1][1] if 0 < number <= len(self.lines) else ""

    @property
    def newline(self) -> str:
        """How the lines end."""
        return "\r\n" if "\r\n" in self.text else "\n"


class Stretch:
    """Text put together from pieces of a source, which knows where each of its characters stands there.

    Parameters
    ----------
    pieces : sequence of (int, str)
        Offset in the source, and the text of each piece.

    Examples
    --------
    >>> whole = Stretch([(10, "apt-get "), (30, "install")])
    >>> whole.text, whole.at(8), whole.part(4, 12).span(0, 4)
    ('apt-get install', 30, Span(start=14, end=18))
    """

    __slots__ = ("_origins", "_shift", "_starts", "text")

    def __init__(self, pieces: list[tuple[int, str]]) -> None:
        self._starts, self._origins = [], []
        at = 0
        for origin, text in pieces:
            self._starts.append(at)
            self._origins.append(origin)
            at += len(text)
        self._shift = 0
        self.text = "".join(text for _, text in pieces)

    def at(self, index: int) -> int:
        """Return where the character at `index` stands in the source."""
        index += self._shift
        piece = max(0, bisect_right(self._starts, index) - 1)
        return self._origins[piece] + index - self._starts[piece]

    def span(self, start: int, end: int) -> Span:
        """Return the piece of the source from the character at `start` to the one before `end`."""
        first = self.at(start)
        return Span(first, max(first, self.at(end - 1) + 1) if end > start else first)

    @property
    def whole(self) -> Span:
        """The piece of the source that all of it covers."""
        return self.span(0, len(self.text))

    def part(self, start: int, end: int) -> "Stretch":
        """Return the text from `start` up to `end`, as a stretch of its own."""
        made = Stretch.__new__(Stretch)
        made._starts, made._origins, made._shift = self._starts, self._origins, self._shift + start
        made.text = self.text[start:end]
        return made

    def contiguous(self, start: int, end: int) -> bool:
        """Whether the characters stand side by side in the source too."""
        return end <= start or self.at(end - 1) - self.at(start) == end - 1 - start
