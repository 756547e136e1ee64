"""Late labels, kept for the watch: ``.surtitle/labels.db``."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock

from surtitle.serve.wire import LabelIn, LabelsBody
from surtitle.stores import append, open_store

__all__ = ["FILE_NAME", "LabelStore"]

FILE_NAME = "labels.db"
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS labels (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,
        label TEXT NOT NULL,
        labelled_at TEXT NOT NULL,
        received_at TEXT NOT NULL,
        UNIQUE (id, label, labelled_at)
    )""",
)
_INSERT = "INSERT OR IGNORE INTO labels (id, label, labelled_at, received_at) VALUES (?, ?, ?, ?)"


class LabelStore:
    """Appends labels; nothing is overwritten, so that a label that was corrected can be seen to have been.

    Parameters
    ----------
    folder : Path
        The project's state folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._db: sqlite3.Connection | None = None
        # Statements of one connection are shared: two threads at once would mix up each other's transactions.
        self._lock = Lock()

    def add(self, labels: Sequence[LabelIn], *, now: datetime) -> LabelsBody:
        """Store labels in one transaction; when this returns they are on disk.

        The same label sent again is stored once, so that a sender that saw no answer may send again.

        Parameters
        ----------
        labels : sequence of LabelIn
            Those without a time get `now`.
        now : datetime
            Aware.

        Raises
        ------
        SurroundingsError
            If the disk is full or may not be written: then none is stored.
        """
        received = _moment(now)
        rows = [(each.id, each.label, _moment(each.labelled_at or now), received) for each in labels]
        with self._lock:
            self._db = self._db or open_store(self._path, _SCHEMA)
            stored = append(self._db, self._path, _INSERT, rows)
        return LabelsBody(stored=stored, known=len(rows) - stored)

    def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
            self._db = None


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat()
