"""Events that were taken over HTTP and wait for the stream: ``.surtitle/events.db``.

Several workers of the service append, and whoever was told that an event is stored finds it there after any crash. The
stream reads, and removes what it has committed. Numbers rise in the order of commits and are never given twice, so a
reader that has seen one misses none below it.
"""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import msgspec

from surtitle.errors import SurroundingsError
from surtitle.stores import append, open_store

__all__ = ["FILE_NAME", "Extent", "FullError", "Spool"]

FILE_NAME = "events.db"
_SCHEMA = ("CREATE TABLE IF NOT EXISTS events (seq INTEGER PRIMARY KEY AUTOINCREMENT, value BLOB NOT NULL)",)


class FullError(SurroundingsError):
    """More waits than may; the stream has to catch up first."""


class Extent(msgspec.Struct, frozen=True):
    """Which events are there.

    Parameters
    ----------
    first : int
        The number of the oldest; one above `last` if there is none.
    last : int
        The number given last; 0: none was.
    """

    first: int
    last: int


class Spool:
    """A queue on disk, for threads and processes of one machine.

    Parameters
    ----------
    path : Path
        The file, made when it is missing; its folder must exist.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     spool = Spool(Path(folder) / FILE_NAME)
    ...     spool.add([b'{"text": "hello"}', b'{"text": "there"}'], limit_bytes=1_000_000)
    ...     spool.forget(1)
    ...     spool.read(0, 10), spool.extent()
    ...     spool.close()
    ([(2, b'{"text": "there"}')], Extent(first=2, last=2))
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._db: sqlite3.Connection | None = None
        # Statements of one connection are shared: two threads at once would mix up each other's transactions.
        self._lock = Lock()

    def _open(self) -> sqlite3.Connection:
        if self._db is None:
            self._db = open_store(self.path, _SCHEMA)
        return self._db

    def add(self, values: Sequence[bytes], *, limit_bytes: int) -> None:
        """Append events in one transaction; when this returns they are on disk.

        Parameters
        ----------
        values : sequence of bytes
            A JSON object each.
        limit_bytes : int
            How much may wait.

        Raises
        ------
        FullError
            If more waits already; then none is stored.
        SurroundingsError
            If the disk is full or may not be written: then none is stored.
        """
        with self._lock:
            db = self._open()
            if self._waiting_bytes(db) > limit_bytes:
                raise FullError(f"more than {limit_bytes:,} bytes of events wait for the stream; is it running?")
            append(db, self.path, "INSERT INTO events (value) VALUES (?)", [(value,) for value in values])

    def _waiting_bytes(self, db: sqlite3.Connection) -> int:
        try:
            pages, free, size = (_pragma(db, name) for name in ("page_count", "freelist_count", "page_size"))
        except sqlite3.Error as error:
            raise SurroundingsError(f"{self.path} cannot be read: {error}; a damaged file: move it away") from error
        return (pages - free) * size

    def read(self, after: int, most: int) -> list[tuple[int, bytes]]:
        """Return the events after a number, oldest first, with their numbers."""
        with self._lock:
            query = "SELECT seq, value FROM events WHERE seq > ? ORDER BY seq LIMIT ?"
            return self._open().execute(query, (after, most)).fetchall()

    def extent(self) -> Extent:
        """Return which events are there."""
        with self._lock:
            query = "SELECT (SELECT min(seq) FROM events), (SELECT seq FROM sqlite_sequence WHERE name = 'events')"
            first, last = self._open().execute(query).fetchone()
        return Extent((last or 0) + 1 if first is None else first, last or 0)

    def forget(self, upto: int) -> None:
        """Remove the events up to a number."""
        with self._lock:
            self._open().execute("DELETE FROM events WHERE seq <= ?", (upto,))

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        with self._lock:
            if self._db is not None:
                self._db.close()
                self._db = None


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
