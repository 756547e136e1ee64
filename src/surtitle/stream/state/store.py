"""A stream's state on disk: one SQLite file per scope, one transaction per commit.

Write-ahead log with ``synchronous=FULL``: when a commit returns it survives a power cut, so a source may be told that
its records are no longer needed. Recovery is a read.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

import msgspec

from surtitle.errors import StreamError
from surtitle.registry.folders import fsync_folder
from surtitle.stream.letters import DeadLetter
from surtitle.stream.ports import Lines
from surtitle.stream.state.change import Change, HeldLetter, Identity, Recovered
from surtitle.stream.state.lock import StateLock
from surtitle.stream.state.schema import APPLICATION_ID, MIGRATIONS
from surtitle.stream.state.words import in_our_words
from surtitle.stream.tally import Tally
from surtitle.stream.watermark import BEGINNING
from surtitle.stream.windows import Stored

__all__ = ["State", "open_database", "read_letters"]

_BUSY_S = 10.0
_pack, _json = msgspec.msgpack.Encoder().encode, msgspec.json.Encoder().encode


def open_database(path: Path) -> sqlite3.Connection:
    """Open a state file that exists, and refuse what is none or too new.

    Raises
    ------
    StreamError
        If it is not a stream's state, or a newer Surtitle wrote it.
    SurroundingsError
        If it cannot be read.
    """
    with in_our_words(path):
        db = sqlite3.connect(
            f"file:{quote(str(path.absolute()))}?mode=rw", uri=True, isolation_level=None, timeout=_BUSY_S
        )
        try:
            if _pragma(db, "application_id") != APPLICATION_ID:
                raise StreamError(f"{path} is not a stream's state; move it away, or name another stream with --name")
            found = _pragma(db, "user_version")
            if found > len(MIGRATIONS):
                raise StreamError(
                    f"{path} was written by a newer Surtitle (schema {found}, this one knows {len(MIGRATIONS)}); "
                    "update with: pip install --upgrade surtitle"
                )
            for setting in ("journal_mode=WAL", "synchronous=FULL", "trusted_schema=OFF"):
                db.execute(f"PRAGMA {setting}")
        except BaseException:
            db.close()
            raise
        return db


class State:
    """The state of one scope, held by this process alone.

    Parameters
    ----------
    path : Path
        The file; made when it is missing.
    identity : Identity
        Whose it is.
    wait_s : float
        How long to wait for another process to let go of it.

    Raises
    ------
    StreamError
        If another process holds it, it is another stream's, is damaged, or a newer Surtitle wrote it.
    SurroundingsError
        If the disk is full or may not be written.
    """

    def __init__(self, path: Path, identity: Identity, *, wait_s: float = 0.0) -> None:
        self.path = path
        with in_our_words(path):
            self._lock = StateLock(path.with_name(f"{path.name}.lock"), wait_s=wait_s)
            try:
                if not path.exists():
                    _create(path, identity)
                self._db = open_database(path)
                self._refuse_others(identity)
            except BaseException:
                self._lock.close()
                raise

    def _refuse_others(self, identity: Identity) -> None:
        found = dict(self._db.execute("SELECT what, value FROM identity"))
        wanted = msgspec.to_builtins(identity)
        for what, value in wanted.items():
            if found.get(what) != value:
                raise StreamError(
                    f"{self.path} is the state of another stream: its {what} is {found.get(what)!r}, not {value!r}; "
                    "name this stream with --name, or begin anew with --restart"
                )

    def recover(self) -> Recovered:
        """Return where the stream was."""
        with in_our_words(self.path):
            row = self._db.execute(
                "SELECT epoch, watermark, version, sink_position, tally, figures, committed_at FROM progress"
            ).fetchone()
            prepared = self._db.execute("SELECT epoch FROM prepared").fetchone()
            if row is None:
                return Recovered(epoch=0, prepared=prepared and prepared[0], change=Change())
            partitions = self._db.execute("SELECT name, position, latest FROM partitions").fetchall()
            change = Change(
                positions={name: position for name, position, _ in partitions if position is not None},
                latest={name: BEGINNING if latest is None else latest for name, _, latest in partitions},
                watermark=row[1],
                version=row[2],
                sink_position=row[3],
                tally=msgspec.json.decode(row[4], type=Tally),
                figures=msgspec.json.decode(row[5]),
                stored=list(self._stored()),
                outbox=[
                    msgspec.msgpack.decode(lines, type=Lines)
                    for (lines,) in self._db.execute("SELECT lines FROM outbox ORDER BY id")
                ],
                committed_at=row[6],
            )
            return Recovered(epoch=row[0], prepared=prepared and prepared[0], change=change)

    def _stored(self) -> Iterator[Stored]:
        for name, part, key, start, value in self._db.execute("SELECT name, part, key, start, value FROM stored"):
            plain = msgspec.msgpack.decode(value, strict=False)
            yield Stored(name, part, msgspec.json.decode(key, type=tuple[str | None, ...]), start, plain)

    def commit(self, epoch: int, change: Change) -> None:
        """Take over a change at once, durably."""
        with self._transaction():
            self._apply(epoch, change)

    def prepare(self, epoch: int, change: Change) -> None:
        """Put a change on disk beside the state, and take over the one prepared before, whose outputs are visible."""
        content = _pack(change)
        with self._transaction():
            self._take_over()
            self._db.execute("INSERT INTO prepared VALUES (?, ?)", (epoch, content))

    def take_over(self, epoch: int) -> None:
        """Take over the change that was prepared for an epoch, if it still is beside: its outputs are visible."""
        with self._transaction():
            if self._db.execute("SELECT 1 FROM prepared WHERE epoch = ?", (epoch,)).fetchone():
                self._take_over()

    def throw_away(self) -> None:
        """Forget the change that was prepared, if any: its outputs will never be visible."""
        with self._transaction():
            self._db.execute("DELETE FROM prepared")

    def _take_over(self) -> None:
        for epoch, content in self._db.execute("SELECT epoch, change FROM prepared").fetchall():
            self._apply(epoch, msgspec.msgpack.decode(content, type=Change))
            self._db.execute("DELETE FROM prepared")

    def _apply(self, epoch: int, change: Change) -> None:
        run, many = self._db.execute, self._db.executemany
        run(
            "REPLACE INTO progress VALUES (1, ?, ?, ?, ?, ?, ?, ?)",
            (
                *(epoch, change.watermark, change.version, change.sink_position),
                *(_json(change.tally).decode(), _json(change.figures).decode(), change.committed_at),
            ),
        )
        names = dict.fromkeys((*change.positions, *change.latest))
        many(
            "INSERT INTO partitions VALUES (?, ?, ?) ON CONFLICT DO UPDATE "
            "SET position = coalesce(excluded.position, position), latest = coalesce(excluded.latest, latest)",
            [(name, change.positions.get(name), change.latest.get(name)) for name in names],
        )
        self._apply_stored(change.stored)
        if change.played:
            many("DELETE FROM letters WHERE id = ?", [(number,) for number in change.played])
        if change.letters:
            many(
                "INSERT INTO letters (partition, position, reason, value, columns, died_at) VALUES (?, ?, ?, ?, ?, ?)",
                [
                    (
                        one.partition,
                        one.position,
                        one.reason,
                        one.value,
                        _json(one.columns).decode(),
                        change.committed_at,
                    )
                    for one in change.letters
                ],
            )
        run("DELETE FROM outbox")
        many("INSERT INTO outbox (lines) VALUES (?)", [(_pack(lines),) for lines in change.outbox])

    def _apply_stored(self, stored: Iterable[Stored]) -> None:
        kept, gone = [], []
        for each in stored:
            key = (each.name, each.part, _json(each.key).decode(), each.start)
            if each.value is None:
                gone.append(key)
            else:
                kept.append((*key, _pack(each.value)))
        if gone:
            self._db.executemany("DELETE FROM stored WHERE name = ? AND part = ? AND key = ? AND start = ?", gone)
        if kept:
            self._db.executemany("REPLACE INTO stored VALUES (?, ?, ?, ?, ?)", kept)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with in_our_words(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise

    def empty_outbox(self) -> None:
        """Learn that everything in the outbox has been written."""
        with self._transaction():
            self._db.execute("DELETE FROM outbox")

    def letters_to_try(self, most: int) -> list[HeldLetter]:
        """Return some of the dead letters that are to be tried again."""
        with in_our_words(self.path):
            return read_letters(self._db, "WHERE again ORDER BY id LIMIT ?", (most,))

    def close(self) -> None:
        """Close the file and let go of it; may be called twice."""
        with closing(self._lock):
            self._db.close()


def read_letters(db: sqlite3.Connection, where: str, values: Sequence[object] = ()) -> list[HeldLetter]:
    """Return dead letters of a state."""
    query = f"SELECT id, partition, position, reason, value, columns, died_at, again FROM letters {where}"  # noqa: S608 our own words
    return [
        HeldLetter(
            number,
            DeadLetter(partition, position, reason, value, msgspec.json.decode(columns, type=tuple[str, ...] | None)),
            died_at,
            bool(again),
        )
        for number, partition, position, reason, value, columns, died_at, again in db.execute(query, values)
    ]


def _create(path: Path, identity: Identity) -> None:
    """Build the file beside and rename it into place, so that a crash leaves a whole one or none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.draft")
    for suffix in ("", "-wal", "-shm", "-journal"):
        draft.with_name(draft.name + suffix).unlink(missing_ok=True)
    with closing(sqlite3.connect(draft, isolation_level=None)) as db:
        db.execute(f"PRAGMA application_id={APPLICATION_ID}")
        db.execute("BEGIN")
        for statements in MIGRATIONS:
            for statement in statements:
                db.execute(statement)
        db.executemany("INSERT INTO identity VALUES (?, ?)", msgspec.to_builtins(identity).items())
        db.execute(f"PRAGMA user_version={len(MIGRATIONS)}")
        db.execute("COMMIT")
    draft.rename(path)
    fsync_folder(path.parent)


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])
