"""``registry.db``: opened, created, migrated; its errors in our words.

Write-ahead log with ``synchronous=FULL``: a commit survives a power cut, and readers, such as a service that polls,
neither wait for a writer nor hold one up. Each operation has a connection of its own (a fraction of a millisecond),
so that an object may be shared by threads and survive a fork.
"""

import errno
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from surtitle.errors import RegistryError, SurroundingsError
from surtitle.registry.folders import fsync_folder
from surtitle.registry.schema import APPLICATION_ID, MIGRATIONS
from surtitle.registry.staging import locked

__all__ = ["Database"]

T = TypeVar("T")

_ATTEMPTS = 5
_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL})
_NOT_WRITABLE = frozenset({sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM})
_SURROUNDINGS = _NOT_WRITABLE | {sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR}
_ERRNOS = frozenset(
    {errno.EACCES, errno.EDQUOT, errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOSPC, errno.EPERM, errno.EROFS}
)


class Database:
    """The file, and how to ask it and change it.

    Parameters
    ----------
    path : Path
        ``registry.db``; made by the first writer.
    busy_timeout_s : float
        How long a writer waits for another one.
    migrations : sequence of sequences of str
        SQL statements, by schema number.
    """

    def __init__(self, path: Path, *, busy_timeout_s: float, migrations: Sequence[Sequence[str]] = MIGRATIONS) -> None:
        self.path = path
        self._busy_timeout_s = busy_timeout_s
        self._migrations = migrations

    def read(self, query: Callable[[sqlite3.Connection], T], *, absent: T) -> T:
        """Return what `query` returns of one consistent state, or `absent` when nothing was ever registered."""
        with self.in_our_words():
            return self._ask_patiently(query) if self._exists() else absent

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """Hold the write lock; commit at the end, undo everything on an exception."""
        with self.in_our_words():
            if not self._exists():
                self._create()
            with self._connect("mode=rw") as db:
                db.execute("BEGIN IMMEDIATE")
                try:
                    self._migrate(db)
                    yield db
                    db.execute("COMMIT")
                except BaseException:
                    if db.in_transaction:
                        db.execute("ROLLBACK")
                    raise

    @contextmanager
    def in_our_words(self) -> Iterator[None]:
        """Turn what SQLite and the file system say into errors that name the file and the way out."""
        try:
            yield
        except sqlite3.Error as error:
            explained = self._explain(error)
            if explained is None:
                raise
            raise explained from error
        except OSError as error:
            if error.errno not in _ERRNOS:
                raise
            where = error.filename or self.path.parent
            raise SurroundingsError(f"{where}: {os.strerror(error.errno)}; {_remedy(error.errno)}") from error

    def _exists(self) -> bool:
        if self.path.exists():
            return True
        remains = [self.path.with_name(f"{self.path.name}-wal"), *self.path.parent.glob("versions/*")]
        # Looked for again: a first writer may have made all of it in between.
        if any(path.exists() for path in remains) and not self.path.exists():
            raise RegistryError(
                f"{self.path} is missing, but {remains[-1]} is there; restore it from a backup, "
                f"or move {self.path.parent} away to start afresh"
            )
        return self.path.exists()

    def _create(self) -> None:
        """Build the file beside and rename it into place, so that no process ever sees half of it."""
        folder = self.path.parent
        folder.mkdir(parents=True, exist_ok=True)
        draft = self.path.with_name("registry.db.draft")
        with locked(folder / "registry.lock"):
            if self.path.exists():
                return
            for suffix in ("", "-wal", "-shm", "-journal"):
                draft.with_name(draft.name + suffix).unlink(missing_ok=True)
            with self._open(draft, "mode=rwc") as db:
                db.execute("PRAGMA journal_mode=WAL")
                db.execute(f"PRAGMA application_id={APPLICATION_ID}")
                db.execute("BEGIN IMMEDIATE")
                self._migrate(db)
                db.execute("COMMIT")
            fsync_folder(draft)
            draft.rename(self.path)
            fsync_folder(folder)

    @contextmanager
    def _open(self, path: Path, options: str) -> Iterator[sqlite3.Connection]:
        address = f"file:{quote(str(path.absolute()))}?{options}"
        with closing(sqlite3.connect(address, uri=True, isolation_level=None, timeout=self._busy_timeout_s)) as db:
            for setting in ("synchronous=FULL", "foreign_keys=ON", "trusted_schema=OFF"):
                db.execute(f"PRAGMA {setting}")
            yield db

    @contextmanager
    def _connect(self, options: str) -> Iterator[sqlite3.Connection]:
        with self._open(self.path, options) as db:
            self._refuse_foreign(db)
            yield db

    def _refuse_foreign(self, db: sqlite3.Connection) -> None:
        if _pragma(db, "application_id") != APPLICATION_ID:
            raise RegistryError(f"{self.path} is not a registry; restore it from a backup, or move it away")
        known, found = len(self._migrations), _pragma(db, "user_version")
        if found > known:
            raise RegistryError(
                f"{self.path} was written by a newer Surtitle (schema {found}, this one knows {known}); "
                "update with: pip install --upgrade surtitle"
            )

    def _migrate(self, db: sqlite3.Connection) -> None:
        for number in range(_pragma(db, "user_version"), len(self._migrations)):
            for statement in self._migrations[number]:
                db.execute(statement)
            db.execute(f"PRAGMA user_version={number + 1}")

    def _ask(self, query: Callable[[sqlite3.Connection], T], options: str) -> T:
        with self._connect(options) as db:
            if _pragma(db, "user_version") < len(self._migrations):
                with self.write():
                    pass
            db.execute("BEGIN")
            return query(db)

    def _ask_patiently(self, query: Callable[[sqlite3.Connection], T]) -> T:
        """Ask in the usual way, or without locks where the folder is read-only to us.

        There the log's index cannot be made. Another process may yet write in it (a volume mounted twice), so that
        what a try runs into may be gone a moment later.
        """
        for attempt in range(_ATTEMPTS):
            try:
                return self._ask(query, "mode=rw")
            except sqlite3.Error as error:
                if _code(error) not in _NOT_WRITABLE or attempt == _ATTEMPTS - 1:
                    raise
            answers = [] if self._has_log() else self._ask_unlocked(query)
            if answers:
                return answers[0]
        raise AssertionError("the last attempt returns or raises")

    def _has_log(self) -> bool:
        log = self.path.with_name(f"{self.path.name}-wal")
        try:
            return log.stat().st_size > 0
        except FileNotFoundError:
            return False

    def _ask_unlocked(self, query: Callable[[sqlite3.Connection], T]) -> list[T]:
        """Return the answer, which is right if the file alone holds all that was committed, or [] if it changed."""
        before = _stamp(self.path.stat())
        try:
            answer = self._ask(query, "immutable=1")
        except sqlite3.Error:
            if _stamp(self.path.stat()) == before:
                raise
            return []
        return [answer] if _stamp(self.path.stat()) == before and not self._has_log() else []

    def _explain(self, error: sqlite3.Error) -> RegistryError | SurroundingsError | None:
        code = _code(error)
        if code in _DAMAGED:
            return RegistryError(
                f"{self.path} is damaged or not a registry ({error}); restore it from a backup, or move "
                f"{self.path.parent} away to start afresh"
            )
        if code in _BUSY:
            return SurroundingsError(
                f"{self.path} has been held by another process for over {self._busy_timeout_s:g} s; "
                "try again when it is done"
            )
        if code == sqlite3.SQLITE_FULL:
            return SurroundingsError(f"{self.path}: {error}; free some space and try again")
        if code in _SURROUNDINGS:
            return SurroundingsError(f"{self.path}: {error}; may this user write in {self.path.parent}?")
        return None


def _pragma(db: sqlite3.Connection, name: str) -> int:
    return int(db.execute(f"PRAGMA {name}").fetchone()[0])


def _code(error: sqlite3.Error) -> int:
    # The low byte of an extended code is the primary one; errors of the Python module itself have none.
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _stamp(stat: os.stat_result) -> tuple[int, int, int]:
    return stat.st_ino, stat.st_mtime_ns, stat.st_size


def _remedy(number: int) -> str:
    if number in (errno.ENOSPC, errno.EDQUOT):
        return "free some space and try again"
    return "check the disk, and whether this user may write there"
