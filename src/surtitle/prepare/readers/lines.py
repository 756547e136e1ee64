"""Lines of a byte stream, of bounded length, whatever its encoding."""

import codecs
import io
from collections.abc import Callable
from typing import BinaryIO, cast

from surtitle.prepare.findings import unreadable

__all__ = ["line_reader"]

_SKIP = 1 << 20
_UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


class _Recoded:
    """Gives the lines of a stream whose line ends are not a plain byte (UTF-16) as UTF-8."""

    def __init__(self, stream: BinaryIO, source: str, encoding: str) -> None:
        self._source, self._encoding = source, encoding
        self._text = io.TextIOWrapper(stream, encoding, newline="\n")

    def readline(self, limit: int) -> bytes:
        try:
            return self._text.readline(limit).encode("utf-8", "surrogatepass")
        except UnicodeError as error:
            raise unreadable(
                self._source, f"is not {self._encoding} throughout: {error}", "check data.encoding"
            ) from error


def line_reader(stream: BinaryIO, source: str, encoding: str, limit: int) -> tuple[Callable[[], bytes | int], str]:
    r"""Return a function that gives the next line, with its end, and the encoding of what it gives.

    A line longer than `limit` bytes is read past without being kept, and its length is given instead. At the end of
    the stream the function gives ``b""``. A byte order mark is dropped.

    Raises
    ------
    DataError
        If there is no such encoding, or the stream is plainly UTF-16 and that was not said.

    Examples
    --------
    >>> read, _ = line_reader(io.BytesIO(b"ab\nabcdefgh\nc"), "a.csv", "utf-8", limit=4)
    >>> read(), read(), read(), read()
    (b'ab\n', 9, b'c', b'')
    """
    try:
        plain = "\n".encode(encoding) == b"\n"
    except LookupError:
        raise unreadable("data.encoding", f"{encoding!r} is not an encoding", "such as utf-8 or latin-1") from None
    if plain:
        buffered = stream if isinstance(stream, io.BufferedReader) else io.BufferedReader(cast(io.RawIOBase, stream))
        start = buffered.peek(4)[:4]
        if start[:2] in _UTF16_MARKS:
            raise unreadable(source, "is UTF-16", 'set data.encoding = "utf-16"')
        if start.startswith(codecs.BOM_UTF8):
            buffered.read(len(codecs.BOM_UTF8))
        return _bounded(buffered.readline, limit), encoding
    return _bounded(_Recoded(stream, source, encoding).readline, limit), "utf-8"


def _bounded(readline: Callable[[int], bytes], limit: int) -> Callable[[], bytes | int]:
    def read() -> bytes | int:
        line = readline(limit + 1)
        if len(line) <= limit or line.endswith(b"\n"):
            return line
        length = len(line)
        while not line.endswith(b"\n"):
            line = readline(_SKIP)
            if not line:
                break
            length += len(line)
        return length

    return read
