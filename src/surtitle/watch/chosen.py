"""Which events were chosen to be labelled, and how: ``.surtitle/chosen.db``.

A label may come back by any way, and by any way it is known what it stands for.
"""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from surtitle.errors import SurroundingsError
from surtitle.stores import open_store, transaction
from surtitle.watch.rows import key_of

__all__ = ["ChosenEvent", "ChosenStore", "RecordedSelection"]

FILE_NAME = "chosen.db"
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS selections (
        number INTEGER PRIMARY KEY,
        at TEXT NOT NULL,
        version INTEGER NOT NULL,
        client TEXT,
        population INTEGER NOT NULL
    )""",
    """CREATE TABLE IF NOT EXISTS chosen (
        selection INTEGER NOT NULL,
        key INTEGER NOT NULL,
        random INTEGER NOT NULL,
        score REAL NOT NULL,
        label TEXT NOT NULL,
        PRIMARY KEY (selection, key)
    ) WITHOUT ROWID""",
)


class ChosenEvent(NamedTuple):
    """An event that a label was asked for.

    Parameters
    ----------
    id : str
        Of the event.
    random : bool
        Whether it was drawn at random, rather than for a reason.
    score : float
        Of its decision.
    label : str
        The class that the model chose.
    """

    id: str
    random: bool
    score: float
    label: str


class RecordedSelection(NamedTuple):
    """One choice of events: when, by which version, for whom, and out of how many."""

    number: int
    at: datetime
    version: int
    client: str | None
    population: int


class ChosenStore:
    """The choices that were made, open for one thread at a time.

    Parameters
    ----------
    folder : Path
        The project's state folder; nothing is made there before the first choice.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME

    def add(
        self, events: Sequence[ChosenEvent], *, at: datetime, version: int, client: str | None, population: int
    ) -> int:
        """Write a choice down, and return its number; when this returns it is on disk.

        Raises
        ------
        SurroundingsError
            If the disk is full or may not be written: then nothing is written.
        """
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with closing(open_store(self._path, _SCHEMA)) as db, transaction(db, self._path):
            told = (at.astimezone(UTC).isoformat(), version, client, population)
            insert = "INSERT INTO selections (at, version, client, population) VALUES (?, ?, ?, ?)"
            number = db.execute(insert, told).lastrowid or 0
            rows = [(number, key_of(each.id), each.random, each.score, each.label) for each in events]
            db.executemany("INSERT OR IGNORE INTO chosen VALUES (?, ?, ?, ?, ?)", rows)
        return number

    def selections(self) -> list[RecordedSelection]:
        """Return every choice, the oldest first."""
        rows = self._ask("SELECT number, at, version, client, population FROM selections ORDER BY number")
        return [RecordedSelection(number, datetime.fromisoformat(at), *rest) for number, at, *rest in rows]

    def events(self, selection: int) -> list[tuple[int, bool, float, str]]:
        """Return key, whether it was drawn at random, score and class of each event of a choice."""
        rows = self._ask("SELECT key, random, score, label FROM chosen WHERE selection = ? ORDER BY key", selection)
        return [(key, bool(random), score, label) for key, random, score, label in rows]

    def for_a_reason(self) -> frozenset[int]:
        """Return the keys of events that were chosen, but never at random: their labels say nothing of the others."""
        return frozenset(key for (key,) in self._ask("SELECT key FROM chosen GROUP BY key HAVING max(random) = 0"))

    def _ask(self, query: str, *values: int) -> list[Any]:
        if not self._path.is_file():
            return []
        with closing(open_store(self._path, _SCHEMA)) as db:
            try:
                return db.execute(query, values).fetchall()
            except sqlite3.Error as error:
                raise SurroundingsError(f"{self._path}: {error}; a damaged file: move it away") from error
