"""One file, read from a position on, through rotation where it is followed."""

import csv
import gzip
import io
import os
import zlib
from collections import deque
from pathlib import Path

import msgspec

from surtitle.errors import StreamError, SurroundingsError
from surtitle.stream.ports import Batch
from surtitle.stream.sources.splitting import Splitter

__all__ = ["FileReader"]

_CHUNK = 1 << 20
_HEAD = 1024
_NOT_WHOLE = (EOFError, gzip.BadGzipFile, zlib.error)


class _Place(msgspec.Struct, forbid_unknown_fields=True):
    """A resume position: the byte and the row to go on with, and how to know the file again.

    Of a packed file that ends in the middle, `broken` is its size: while it has that, nothing more is to be had of it.
    """

    offset: int = 0
    row: int = 0
    inode: int = 0
    head: int = 0
    columns: tuple[str, ...] | None = None
    broken: int = 0


class FileReader:
    """Reads records of one file.

    Parameters
    ----------
    path : Path
        The file.
    partition : str
        What it is called.
    quoted : bool
        It is CSV, with a header.
    follow : bool
        Wait for more at its end, and go on in the file that takes its place.
    max_record_bytes : int
        A longer record is cut to one byte more.
    """

    def __init__(self, path: Path, partition: str, *, quoted: bool, follow: bool, max_record_bytes: int) -> None:
        self.path = path
        self.partition = partition
        self.ended = False
        self._quoted = quoted
        self._packed = path.suffix.lower() == ".gz"
        self._follow = follow and not self._packed
        self._max = max_record_bytes
        self._place = _Place()
        self._file: io.BufferedReader | gzip.GzipFile | None = None
        self._ready: deque[tuple[bytes, int]] = deque()
        self._broken = ""  # why the last of those that are ready is not whole

    def seek(self, position: str | None) -> None:
        """Go to a resume position; None: to the beginning.

        Raises
        ------
        StreamError
            If the file is shorter than that, or another one.
        """
        self.close()
        self._place = _Place() if position is None else msgspec.json.decode(position, type=_Place)
        path = self.path if position is None else self._find()
        self._open(path)

    def _find(self) -> Path:
        """Return where the file is now that was read before: it may have been rotated away since."""
        place = self._place
        candidates = [self.path, *self._siblings()] if self._follow else [self.path]
        for path in candidates:
            if path.stat().st_ino == place.inode and self._continues(path):
                return path
        if self._continues(self.path):  # a copy: it begins alike
            return self.path
        size = self.path.stat().st_size
        what = f"has only {size:,} bytes" if size < place.offset else "is another file than before"
        raise self._shorter(what)

    def _shorter(self, what: str) -> StreamError:
        return StreamError(
            f"{self.path} was read up to byte {self._place.offset:,} and now {what}; put the old one back, or begin "
            "anew with --restart"
        )

    def _siblings(self) -> list[Path]:
        """Return the files that this one may have been renamed to, the oldest first."""
        found = [
            path for path in self.path.parent.glob(f"{self.path.name}.*") if path.is_file() and path.suffix != ".gz"
        ]
        return sorted(found, key=lambda path: path.stat().st_mtime_ns)

    def _continues(self, path: Path) -> bool:
        if not self._packed and path.stat().st_size < self._place.offset:
            return False
        with path.open("rb") as file:
            return _head(file, self._place.offset) == self._place.head or self._packed

    def _open(self, path: Path) -> None:
        file = gzip.GzipFile(path, "rb") if self._packed else path.open("rb")
        self._file = file
        self._place.inode = os.fstat(file.fileno()).st_ino
        self._splitter = Splitter(max_bytes=self._max, quoted=self._quoted)
        if self._place.broken == os.fstat(file.fileno()).st_size > 0:
            self.ended = True
            return
        self._place.broken = 0  # another file was put in its place
        try:
            file.seek(self._place.offset)
        except _NOT_WHOLE as error:
            raise self._shorter(f"is not a whole gzip file ({error})") from error

    def read(self, most: int) -> Batch | None:
        """Return at most that many records, or None if there are none now; sets `ended` at the end for good."""
        if len(self._ready) < most and not self.ended:
            self._fill()
        if self._quoted and self._place.columns is None:
            self._read_header()
        values, positions = self._take(most)
        if not values:
            return None
        broken = self._broken if self._broken and not self._ready else ""
        if broken:
            self._place.broken = self.path.stat().st_size
        columns = self._place.columns if self._quoted else None
        return Batch(self.partition, values, positions, columns=columns, broken=broken)

    def _take(self, most: int) -> tuple[list[bytes], range | list[int]]:
        ready, place = self._ready, self._place
        taken = [ready.popleft() for _ in range(min(most, len(ready)))]
        first = place.row
        place.row += len(taken)
        place.offset += sum([size for _, size in taken])
        values = [value for value, _ in taken]
        if all(values) and b"\r" not in values:
            return values, range(first, place.row)
        last = len(values) - 1 if self._broken and not ready else None
        # Blank lines are no records.
        kept = [number for number, value in enumerate(values) if value.strip() or number == last]
        return [values[number] for number in kept], [first + number for number in kept]

    def _read_header(self) -> None:
        while len(self._ready) > bool(self._broken):
            value, size = self._ready.popleft()
            self._place.offset += size
            if value.strip():
                text = value.decode("utf-8-sig", "replace")
                self._place.columns = tuple(next(csv.reader([text]), []))
                return

    def _fill(self) -> None:
        chunk = self._read_chunk()
        if chunk:
            self._ready.extend(self._splitter.feed(chunk))
        elif self._broken:
            self.ended = not self._ready
        elif not self._follow:
            self._ready.extend(self._splitter.rest())
            self.ended = not self._ready
        elif not self._ready:
            self._follow_rotation()

    def _read_chunk(self) -> bytes:
        if self._file is None:
            return b""
        try:
            return self._file.read1(_CHUNK)  # `read` loses what comes before a broken place
        except _NOT_WHOLE as error:
            self._break_off(f"{self.path} is not a whole gzip file ({error}); put a whole one in its place")
            return b""
        except OSError as error:
            raise SurroundingsError(f"{self.path} cannot be read: {error.strerror}") from error

    def _break_off(self, reason: str) -> None:
        """Make what is left a record that is not whole, and not counted as read: a whole file goes on before it."""
        if not self._broken:
            self._broken = reason
            *whole, (value, _) = self._splitter.rest() or [(b"", 0)]
            self._ready.extend([*whole, (value, 0)])

    def _follow_rotation(self) -> None:
        """At the end: go on in the file that has taken this one's place, if one has."""
        now = self._stat(self.path)
        if now is None or self._file is None:
            return  # between two files
        if now.st_ino == self._place.inode:
            if now.st_size < self._place.offset:  # cut to nothing and written anew
                self._start_on(self.path)
            return
        if self._read_again():
            return
        # What is left was not ended by a line end, and never will be.
        self._ready.extend(self._splitter.rest())
        if not self._ready:
            self._start_on(self._successor())

    def _read_again(self) -> bool:
        """Look once more, as something may have been written between the last look and the rotation."""
        chunk = self._read_chunk()
        self._ready.extend(self._splitter.feed(chunk) if chunk else [])
        return bool(chunk)

    def _successor(self) -> Path:
        siblings = self._siblings()
        inodes = [path.stat().st_ino for path in siblings]
        if self._place.inode in inodes[:-1]:
            return siblings[inodes.index(self._place.inode) + 1]
        return self.path

    def _start_on(self, path: Path) -> None:
        self.close()
        self._place.offset, self._place.columns = 0, None
        self._open(path)

    def _stat(self, path: Path) -> os.stat_result | None:
        try:
            return path.stat()
        except FileNotFoundError:
            return None

    def position(self) -> str:
        """Return where to go on."""
        if self._file is not None and not self._packed:
            descriptor = self._file.fileno()
            self._place.head = zlib.crc32(os.pread(descriptor, min(_HEAD, self._place.offset), 0))
        return msgspec.json.encode(self._place).decode()

    def lag(self) -> int:
        """Return how many bytes there are that were not returned yet; of a packed file, 0."""
        found = self._stat(self.path)
        return 0 if found is None or self._packed else max(0, found.st_size - self._place.offset)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None
        self._ready.clear()


def _head(file: io.BufferedReader, offset: int) -> int:
    return zlib.crc32(file.read(min(_HEAD, offset)))
