"""Comma- or tab-separated rows, with exact row numbers and every quirk named.

Python's own parser, in strict mode, over lines of bounded length. Strict mode is what finds a loose quote: a lenient
parser would read on to the next quote, however far, and merge rows without a word.
"""

import csv
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

import msgspec

from surtitle.prepare.findings import BadRow, Kind, unreadable
from surtitle.prepare.readers.chunk import CHUNK_BYTES, CHUNK_ROWS, Chunk
from surtitle.prepare.readers.lines import line_reader

__all__ = ["CsvForm", "read_csv"]

_EXCERPT = 200
# After a loose quote, the lines that it had swallowed are read again. A file that needs more of that than this many
# rows of full length is not quoted the way the settings say.
_REREAD_ROWS = 500


class CsvForm(msgspec.Struct, frozen=True):
    """How the rows of a file are written; the fields are those of ``[data]`` in the settings."""

    delimiter: str = ","
    quote: str = '"'
    encoding: str = "utf-8"
    header: bool = True
    columns: tuple[str, ...] = ()
    max_row_bytes: int = 1_000_000


class _TooLongError(Exception):
    """The record under way has grown past the limit."""

    def __init__(self, length: int) -> None:
        super().__init__()
        self.length = length


class _Lines:
    """Feeds lines to the parser and keeps those of the record under way, so that they can be read again."""

    def __init__(self, stream: BinaryIO, source: str, form: CsvForm) -> None:
        self._read, self._encoding = line_reader(stream, source, form.encoding, form.max_row_bytes)
        self._limit = form.max_row_bytes
        self._pending: deque[bytes | int] = deque()
        self.record: list[bytes | int] = []
        self.size = 0
        self.line = 0
        self.undecodable = False

    def feed(self) -> Iterator[str]:
        while raw := (self._pending.popleft() if self._pending else self._read()):
            self.record.append(raw)
            self.size += raw if isinstance(raw, int) else len(raw)
            if isinstance(raw, int) or self.size > self._limit:
                raise _TooLongError(self.size)
            try:
                text = raw.decode(self._encoding)
            except UnicodeDecodeError:
                self.undecodable = True
                text = raw.decode(self._encoding, "replace")
            yield text

    def next_record(self) -> None:
        self.line += len(self.record)
        self.record.clear()
        self.size = 0
        self.undecodable = False

    def give_back(self) -> int:
        """Keep all but the first line of the record for another reading; return how many bytes that is."""
        again = self.record[1:]
        del self.record[1:]
        self._pending.extendleft(reversed(again))
        return sum(line if isinstance(line, int) else len(line) for line in again)

    def excerpt(self) -> str:
        first = self.record[0]
        return "" if isinstance(first, int) else first[:_EXCERPT].decode(self._encoding, "replace").rstrip("\r\n")


class _Rows:
    """Gathers rows into chunks."""

    def __init__(self, source: str, names: list[str]) -> None:
        self.source, self.names = source, names
        self.numbers: list[int] = []
        self.fields: list[list[str]] = []
        self.bad: list[BadRow] = []
        self.size = 0

    @property
    def full(self) -> bool:
        return self.size >= CHUNK_BYTES or len(self.fields) + len(self.bad) >= CHUNK_ROWS

    def take(self) -> Chunk:
        values = list(zip(*self.fields, strict=True)) if self.fields else [() for _ in self.names]
        chunk = Chunk(self.source, self.numbers, dict(zip(self.names, values, strict=True)), tuple(self.bad))
        self.numbers, self.fields, self.bad, self.size = [], [], [], 0
        return chunk


def read_csv(stream: BinaryIO, source: str, form: CsvForm) -> Iterator[Chunk]:
    r"""Yield the rows of a delimited file.

    Row 1 is the first after the header; blank lines are no rows. A field may span lines when it is quoted.

    Parameters
    ----------
    stream : binary file
        Unpacked bytes.
    source : str
        The file's name, for row numbers and messages.
    form : CsvForm
        How rows are written.

    Raises
    ------
    DataError
        If there is no usable header, or quotes are loose all over the file.

    Examples
    --------
    >>> import io
    >>> file = io.BytesIO(b'text,label\n"two\nlines",1\nbroken\n')
    >>> chunk, = read_csv(file, "a.csv", CsvForm())
    >>> chunk.rows, chunk.columns["text"], chunk.bad[0].reason
    ([1], ('two\nlines',), 'has 1 field instead of 2')
    """
    # The limit on fields is the process's, and too low by default; it is only ever raised.
    csv.field_size_limit(max(csv.field_size_limit(), form.max_row_bytes + 1))
    lines = _Lines(stream, source, form)
    records = _records(lines, source, form)
    names = list(form.columns) if not form.header else _header(records, source, form)
    rows = _Rows(source, names)
    width, number = len(names), 0
    for fields in records:
        if fields == []:
            continue
        number += 1
        if isinstance(fields, BadRow):
            rows.bad.append(msgspec.structs.replace(fields, row=number))
        elif lines.undecodable:
            what = f"holds bytes that are not {form.encoding}"
            rows.bad.append(_bad(source, number, "undecodable", what, lines))
        elif len(fields) != width:
            what = f"has {len(fields)} field{'s' * (len(fields) != 1)} instead of {width}"
            rows.bad.append(_bad(source, number, "broken", what, lines))
        else:
            rows.numbers.append(number)
            rows.fields.append(fields)
            rows.size += lines.size
        if rows.full:
            yield rows.take()
    yield rows.take()


def _bad(source: str, number: int, kind: Kind, reason: str, lines: _Lines) -> BadRow:
    return BadRow(source, number, kind, reason, line=lines.line + 1, excerpt=lines.excerpt())


def _parser(lines: _Lines, form: CsvForm) -> Iterator[list[str]]:
    if not form.quote:
        return csv.reader(lines.feed(), delimiter=form.delimiter, quoting=csv.QUOTE_NONE, quotechar=None, strict=True)
    return csv.reader(lines.feed(), delimiter=form.delimiter, quotechar=form.quote, strict=True)


def _records(lines: _Lines, source: str, form: CsvForm) -> Iterator[list[str] | BadRow]:
    """Yield the fields of each record, or, with row number 0, the bad row that it is."""
    parser = _parser(lines, form)
    reread = 0
    while True:
        try:
            fields = next(parser)
        except StopIteration:
            return
        except (csv.Error, _TooLongError) as error:
            kind, reason = _explain(error, len(lines.record), form)
            place = f"{source}, line {lines.line + 1:,}"
            reread += lines.give_back()
            yield _bad(source, 0, kind, reason, lines)
            if reread > _REREAD_ROWS * form.max_row_bytes:
                raise unreadable(place, "quotes are opened and never closed, again and again", _NO_QUOTES) from error
            parser = _parser(lines, form)
        else:
            yield fields
        lines.next_record()


_NO_QUOTES = 'if quotes are part of the text, set data.quote = ""'


def _explain(error: csv.Error | _TooLongError, n_lines: int, form: CsvForm) -> tuple[Kind, str]:
    if isinstance(error, _TooLongError):
        if n_lines == 1:
            return "long", f"is {error.length:,} bytes long, more than data.max_row_bytes = {form.max_row_bytes:,}"
        return "quote", f"opens a quote that is not closed within {form.max_row_bytes:,} bytes"
    what = str(error)
    if "unexpected end" in what:
        return "quote", "opens a quote that is not closed before the end of the file"
    if "expected after" in what:
        where = "" if n_lines == 1 else f", {n_lines - 1} line{'s' * (n_lines != 2)} further down"
        return "quote", f"has text after a closing quote{where}"
    if "new-line character" in what:
        return "broken", "holds a carriage return that does not end the line"
    return "broken", f"cannot be parsed: {what}"


def _header(records: Iterator[list[str] | BadRow], source: str, form: CsvForm) -> list[str]:
    first = next((fields for fields in records if fields != []), None)
    if first is None:
        raise unreadable(source, "is empty", "check data.source")
    if isinstance(first, BadRow):
        raise unreadable(f"{source}, line {first.line}", f"the header {first.reason}", _header_remedy(first, form))
    names = [name.strip() or f"column {index}" for index, name in enumerate(first, 1)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise unreadable(source, f"has several columns named {', '.join(twice)}", "rename them")
    return names


def _header_remedy(first: BadRow, form: CsvForm) -> str:
    if first.kind == "quote" and form.quote:
        return _NO_QUOTES
    if "carriage return" in first.reason:
        return "if it is a text file at all, write its line ends as newlines"
    return "if the file has no header, set data.header = false and name data.columns"
