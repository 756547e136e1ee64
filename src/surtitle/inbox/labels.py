"""Late labels, however they come, kept for the watch: ``.surtitle/labels.db``."""

import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import NamedTuple, Protocol

import msgspec

from surtitle.stores import append, open_store

__all__ = ["LABELS_FILE", "Added", "LabelInbox", "LabelLike", "LateLabel"]

LABELS_FILE = "labels.db"
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
# One without a time of its own is known when the same was ever said of that id, so that it may be sent again.
_INSERT = (
    "INSERT OR IGNORE INTO labels (id, label, labelled_at, received_at) SELECT :id, :label, :at, :received "
    "WHERE :timed OR NOT EXISTS (SELECT 1 FROM labels WHERE id = :id AND label = :label)"
)


class LabelLike(Protocol):
    """What can be stored: anything that has these."""

    @property
    def id(self) -> str:
        """Of the decision."""

    @property
    def label(self) -> str:
        """The true class."""

    @property
    def labelled_at(self) -> datetime | None:
        """When it was found; aware."""


class LateLabel(msgspec.Struct, frozen=True):
    """The truth about an earlier decision.

    Parameters
    ----------
    id : str
        Of the decision.
    label : str
        The true class.
    labelled_at : datetime or None
        When it was found; aware. None: when it came.
    """

    id: str
    label: str
    labelled_at: datetime | None = None


class Added(NamedTuple):
    """How many labels were new, and how many had been stored before."""

    stored: int
    known: int


class LabelInbox:
    """Appends labels; nothing is overwritten, so that a label that was corrected can be seen to have been.

    Parameters
    ----------
    folder : Path
        The project's state folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / LABELS_FILE
        self._db: sqlite3.Connection | None = None
        # Statements of one connection are shared: two threads at once would mix up each other's transactions.
        self._lock = Lock()

    def add(self, labels: Sequence[LabelLike], *, now: datetime) -> Added:
        """Store labels in one transaction; when this returns they are on disk.

        The same label sent again is stored once, so that a sender that saw no answer may send again. Without a time, it
        is the same when it says the same of the same decision.

        Parameters
        ----------
        labels : sequence of LateLabel, or of anything with its fields
            Those without a time get `now`.
        now : datetime
            Aware.

        Raises
        ------
        SurroundingsError
            If the disk is full or may not be written: then none is stored.
        """
        received = _moment(now)
        rows = [
            {
                "id": each.id,
                "label": each.label,
                "at": _moment(each.labelled_at or now),
                "received": received,
                "timed": each.labelled_at is not None,
            }
            for each in labels
        ]
        with self._lock:
            self._db = self._db or open_store(self._path, _SCHEMA)
            stored = append(self._db, self._path, _INSERT, rows)
        return Added(stored, len(rows) - stored)

    def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
            self._db = None


def _moment(time: datetime) -> str:
    return time.astimezone(UTC).isoformat()
