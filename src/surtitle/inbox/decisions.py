"""The service's decisions, kept until the watch has taken them up: ``.surtitle/decided.db``."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from surtitle.records import Decision
from surtitle.stores import append, open_store

__all__ = ["DECISIONS_FILE", "DecisionInbox", "forget_decisions"]

DECISIONS_FILE = "decided.db"
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS decided (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,
        version INTEGER,
        client TEXT,
        score REAL NOT NULL,
        action TEXT NOT NULL,
        event_time TEXT,
        decided_at TEXT NOT NULL
    )""",
)
_INSERT = (
    "INSERT INTO decided (id, version, client, score, action, event_time, decided_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
)
_TRIM = "DELETE FROM decided WHERE seq <= (SELECT max(seq) FROM decided) - ?"


class DecisionInbox:
    """Appends decisions, without their texts, and forgets the oldest when nobody takes them up.

    Parameters
    ----------
    folder : Path
        The project's state folder.
    most : int
        The newest so many are kept, and up to a tenth more.
    """

    def __init__(self, folder: Path, most: int) -> None:
        self._path = folder / DECISIONS_FILE
        self._most = most
        self._since_trim = 0
        self._db: sqlite3.Connection | None = None

    def add(self, decisions: Sequence[Decision]) -> None:
        """Store decisions in one transaction; when this returns they are on disk.

        Raises
        ------
        SurroundingsError
            If the disk is full or may not be written: then none is stored.
        """
        self._db = self._db or open_store(self._path, _SCHEMA)
        self._since_trim += append(self._db, self._path, _INSERT, [_row(each) for each in decisions])
        if self._since_trim * 10 > self._most:
            append(self._db, self._path, _TRIM, [(self._most,)])
            self._since_trim = 0

    def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
            self._db = None


def forget_decisions(path: Path, taken: int) -> None:
    """Drop what has been taken up: all rows up to a number; nothing if the service has kept nothing.

    Raises
    ------
    SurroundingsError
        If the disk is full or may not be written: then nothing is dropped.
    """
    if path.is_file():
        with closing(open_store(path, _SCHEMA)) as db:
            append(db, path, "DELETE FROM decided WHERE seq <= ?", [(taken,)])


def _row(made: Decision) -> tuple[object, ...]:
    time = None if made.event_time is None else made.event_time.isoformat()
    return made.id, made.version, made.client, made.score, made.action, time, made.decided_at.isoformat()
