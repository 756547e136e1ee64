"""A small SQLite file that several workers append to; what was committed survives a crash or a power cut."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

from surtitle.errors import SurroundingsError

__all__ = ["Store", "append", "open_store", "transaction"]

_BUSY_S = 10.0


class Store:
    """A small file in a project's state folder, open for one thread at a time; subclasses say its name and schema.

    Parameters
    ----------
    folder : Path
        The project's state folder; it must exist.

    Raises
    ------
    SurroundingsError
        If the file is damaged, or may not be written.
    """

    file_name: ClassVar[str]
    schema: ClassVar[tuple[str, ...]]

    def __init__(self, folder: Path) -> None:
        self.path = folder / self.file_name
        self._db = open_store(self.path, self.schema)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()


def open_store(path: Path, schema: Sequence[str]) -> sqlite3.Connection:
    """Open the file, made when it is not there, for use by any one thread at a time.

    Parameters
    ----------
    path : Path
        Its folder must exist.
    schema : sequence of str
        ``CREATE ... IF NOT EXISTS`` statements.

    Raises
    ------
    SurroundingsError
        If it is damaged, or may not be written.
    """
    try:
        db = sqlite3.connect(path, isolation_level=None, timeout=_BUSY_S, check_same_thread=False)
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=FULL")
        for statement in schema:
            db.execute(statement)
    except sqlite3.Error as error:
        raise SurroundingsError(
            f"{path} cannot be used ({error}); may this user write there? A damaged file: move it away"
        ) from error
    return db


@contextmanager
def transaction(db: sqlite3.Connection, path: Path) -> Iterator[None]:
    """Do all of the block or, if it raises, nothing of it; when it ends, it is on disk.

    Raises
    ------
    SurroundingsError
        If the disk is full or may not be written: then nothing is changed.
    """
    try:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
    except sqlite3.Error as error:
        raise SurroundingsError(f"{path}: {error}; free some space and try again") from error


def append(db: sqlite3.Connection, path: Path, statement: str, rows: Sequence[tuple[Any, ...] | dict[str, Any]]) -> int:
    """Run a statement for each row in one transaction; return how many rows it changed. They are on disk then.

    Raises
    ------
    SurroundingsError
        If the disk is full or may not be written: then nothing is changed.
    """
    with transaction(db, path):
        before = db.total_changes
        db.executemany(statement, rows)
        return db.total_changes - before
