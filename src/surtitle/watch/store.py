"""Decisions and late labels, joined by id, in the project's state folder: ``.surtitle/watch.db``.

Whatever the order in which decisions and labels come, and however often, the same is stored:

- Of one id and version, the decision made first counts.
- Of one id, the label found last counts; of several found at the same moment, the one whose name is last in order. That
  labels of one id have differed is remembered.

A batch and the position of its source are written in one transaction, so that a crash leaves both or neither.
"""

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, Self

from surtitle.errors import SurroundingsError, UsageError
from surtitle.stores import open_store
from surtitle.watch.rows import DecisionRow, LabelRow, Position, hours_of
from surtitle.watch.schema import APPLICATION_ID, MIGRATIONS

__all__ = ["Counts", "WatchStore"]

FILE_NAME = "watch.db"
_HOUR_US = 3_600_000_000
_CACHE_KB = 131_072

_ADD_DECISION = """
INSERT INTO decisions (key, version, client, action, score, event_time, decided_at) VALUES (?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (key, version) DO UPDATE SET client = excluded.client, action = excluded.action, score = excluded.score,
    event_time = excluded.event_time, decided_at = excluded.decided_at
WHERE (excluded.decided_at, excluded.event_time, excluded.score,
       coalesce((SELECT name FROM names WHERE code = excluded.client), ''),
       (SELECT name FROM names WHERE code = excluded.action))
    < (decided_at, event_time, score,
       coalesce((SELECT name FROM names WHERE code = client), ''),
       (SELECT name FROM names WHERE code = action))
"""
_LATER = """(excluded.labelled_at, (SELECT name FROM names WHERE code = excluded.label))
    > (labelled_at, (SELECT name FROM names WHERE code = label))"""
_ADD_LABEL = f"""
INSERT INTO labels (key, label, labelled_at, contradicted) VALUES (?, ?, ?, 0)
ON CONFLICT (key) DO UPDATE SET contradicted = contradicted OR label != excluded.label,
    label = CASE WHEN {_LATER} THEN excluded.label ELSE label END,
    labelled_at = max(labelled_at, excluded.labelled_at)
"""  # noqa: S608 put together from constants


class Counts(NamedTuple):
    """How many decisions and labels there are."""

    decisions: int
    labels: int


class WatchStore:
    """The join, open for reading and writing by one thread at a time.

    Parameters
    ----------
    folder : Path
        The project's state folder; made when it is not there.

    Raises
    ------
    SurroundingsError
        If the file is damaged, or may not be written.
    UsageError
        If a newer Surtitle wrote it, or it is something else.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / FILE_NAME
        self._db = open_store(self.path, ())
        self._names: dict[str, int] = {}
        with self._in_our_words():
            self._db.execute(f"PRAGMA cache_size = -{_CACHE_KB}")
            self._migrate()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def position(self, source: str) -> Position:
        """Return how far a source has been read."""
        with self._in_our_words():
            row = self._db.execute("SELECT position, mark FROM sources WHERE name = ?", (source,)).fetchone()
        return Position(*row) if row else Position()

    def add_decisions(self, rows: Sequence[DecisionRow], *, source: str, position: Position) -> int:
        """Join a batch of decisions, and remember how far its source has been read; return how many were new.

        Raises
        ------
        SurroundingsError
            If the disk is full or may not be written: then nothing is changed.
        """
        with self._changing():
            before = self._latest()
            code = self._code
            # In the order of the index, so that each of its pages is gone to once.
            found = [
                (key, version, None if client is None else code(client), code(action), score, event_time, decided_at)
                for key, version, client, action, score, event_time, decided_at in sorted(rows, key=itemgetter(0))
            ]
            self._db.executemany(_ADD_DECISION, found)
            self._forget_measured(hours_of([row.event_time for row in rows]))
            self._remember(source, position)
            return self._latest() - before

    def add_labels(self, rows: Sequence[LabelRow], *, source: str, position: Position) -> None:
        """Join a batch of labels, and remember how far its source has been read."""
        with self._changing():
            code = self._code
            found = [(key, code(label), at) for key, label, at in sorted(rows, key=itemgetter(0))]
            self._db.executemany(_ADD_LABEL, found)
            self._forget_measured(hours_of(self._times_of(row.key for row in rows)))
            self._remember(source, position)

    def forget_before(self, time_us: int) -> int:
        """Drop decisions of events before a time, and labels as old that no decision is left for; return how many."""
        with self._changing():
            dropped = self._db.execute("DELETE FROM decisions WHERE event_time < ?", (time_us,)).rowcount
            self._db.execute(
                "DELETE FROM labels WHERE labelled_at < ? AND NOT EXISTS "
                "(SELECT 1 FROM decisions WHERE decisions.key = labels.key)",
                (time_us,),
            )
            self._db.execute("DELETE FROM measured WHERE start < ?", (time_us,))
            return dropped

    def counts(self) -> Counts:
        """Return how much there is."""
        with self._in_our_words():
            (decisions,) = self._db.execute("SELECT count(*) FROM decisions").fetchone()
            (labels,) = self._db.execute("SELECT count(*) FROM labels").fetchone()
        return Counts(decisions, labels)

    def span(self) -> tuple[int, int] | None:
        """Return the earliest and the latest event time, or None if there is no decision."""
        with self._in_our_words():
            (first,) = self._db.execute("SELECT min(event_time) FROM decisions").fetchone()
            (last,) = self._db.execute("SELECT max(event_time) FROM decisions").fetchone()
        return None if first is None else (first, last)

    def periods(self, length_us: int) -> list[int]:
        """Return the starts of the periods of some length that hold decisions, in order; they count from 1970."""
        with self._in_our_words():
            found, after = [], -(2**62)
            while row := self._db.execute(
                "SELECT event_time FROM decisions WHERE event_time >= ? ORDER BY event_time LIMIT 1", (after,)
            ).fetchone():
                found.append(row[0] // length_us * length_us)
                after = found[-1] + length_us
        return found

    def joined(self, start_us: int, end_us: int) -> Iterator[tuple[int, int, int, int, float, int, int]]:
        """Yield key, version, client, action, score, label, contradicted of each decision of some event time.

        Names are given as their codes, see `names`; -1 where there is no client, or no label has come.
        """
        with self._in_our_words():
            yield from self._db.execute(
                "SELECT d.key, d.version, coalesce(d.client, -1), d.action, d.score, coalesce(l.label, -1), "
                "coalesce(l.contradicted, 0) "
                "FROM decisions AS d LEFT JOIN labels AS l ON l.key = d.key "
                "WHERE d.event_time >= ? AND d.event_time < ? ORDER BY d.key, d.version",
                (start_us, end_us),
            )

    def labels_of(self, keys: Sequence[int]) -> dict[int, str]:
        """Return the labels of some ids, by the keys of those that have one."""
        statement = "SELECT name FROM labels JOIN names ON code = label WHERE key = ?"
        with self._in_our_words():
            return {key: name for key in keys for (name,) in self._db.execute(statement, (key,))}

    def pairs(self, version: int, other: int, since_us: int) -> Iterator[tuple[int, float, float]]:
        """Yield label, score, score of each labelled event that two versions have scored; the first one since then.

        The label is given as its code, see `names`.
        """
        with self._in_our_words():
            yield from self._db.execute(
                "SELECT l.label, d.score, o.score FROM decisions AS d "
                "JOIN decisions AS o ON o.key = d.key AND o.version = ? JOIN labels AS l ON l.key = d.key "
                "WHERE d.version = ? AND d.event_time >= ? ORDER BY d.key",
                (other, version, since_us),
            )

    def names(self) -> dict[int, str]:
        """Return what the codes of clients, actions and labels mean."""
        with self._in_our_words():
            return dict(self._db.execute("SELECT code, name FROM names"))

    def measured(self, start_us: int, end_us: int, settings: str) -> bytes | None:
        """Return what was kept for a period, unless decisions or labels of it have come since."""
        with self._in_our_words():
            row = self._db.execute(
                "SELECT value FROM measured WHERE start = ? AND end = ? AND settings = ?", (start_us, end_us, settings)
            ).fetchone()
        return row[0] if row else None

    def keep_measured(self, start_us: int, end_us: int, settings: str, value: bytes) -> None:
        """Keep what was found for a period, for as long as nothing of it changes."""
        with self._changing():
            self._db.execute("DELETE FROM measured WHERE start < ? AND end > ?", (end_us, start_us))
            self._db.execute("INSERT INTO measured VALUES (?, ?, ?, ?)", (start_us, end_us, settings, value))

    def _migrate(self) -> None:
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        (kind,) = self._db.execute("PRAGMA application_id").fetchone()
        if version and kind != APPLICATION_ID:
            raise UsageError(f"{self.path} is no store of the watch; move it away")
        if version > len(MIGRATIONS):
            raise UsageError(f"{self.path} was written by a newer Surtitle; upgrade, or move it away and join again")
        if version == len(MIGRATIONS):
            return
        with self._changing():
            (version,) = self._db.execute("PRAGMA user_version").fetchone()  # another process may have been faster
            for statement in (line for migration in MIGRATIONS[version:] for line in migration):
                self._db.execute(statement)
            self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._db.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")

    def _code(self, name: str) -> int:
        found = self._names.get(name)
        if found is None:
            self._db.execute("INSERT OR IGNORE INTO names (name) VALUES (?)", (name,))
            (found,) = self._db.execute("SELECT code FROM names WHERE name = ?", (name,)).fetchone()
            self._names[name] = found
        return found

    def _times_of(self, keys: Iterator[int]) -> list[int]:
        ask: Callable[..., sqlite3.Cursor] = self._db.execute
        statement = "SELECT event_time FROM decisions WHERE key = ?"
        return [time for key in keys for (time,) in ask(statement, (key,))]

    def _forget_measured(self, hours: Sequence[int]) -> None:
        self._db.executemany(
            "DELETE FROM measured WHERE start < ? AND end > ?",
            [((hour + 1) * _HOUR_US, hour * _HOUR_US) for hour in hours],
        )

    def _remember(self, source: str, position: Position) -> None:
        self._db.execute("INSERT OR REPLACE INTO sources VALUES (?, ?, ?)", (source, position.offset, position.mark))

    def _latest(self) -> int:
        """Return the number of the newest decision; each that is new gets the next one."""
        (number,) = self._db.execute("SELECT coalesce(max(seq), 0) FROM decisions").fetchone()
        return int(number)

    @contextmanager
    def _changing(self) -> Iterator[None]:
        with self._in_our_words():
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                self._names.clear()  # some may have been given codes that are now taken back
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    @contextmanager
    def _in_our_words(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise SurroundingsError(
                f"{self.path}: {error}; free some space and try again; a damaged file: move it away and join again"
            ) from error
