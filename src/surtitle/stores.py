"""A small SQLite file that several workers append to; what was committed survives a crash or a power cut."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from surtitle.errors import SurroundingsError

__all__ = ["append", "open_store"]

_BUSY_S = 10.0


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


def append(db: sqlite3.Connection, path: Path, insert: str, rows: Sequence[tuple[Any, ...]]) -> int:
    """Insert rows in one transaction and return how many were new; when this returns they are on disk.

    Raises
    ------
    SurroundingsError
        If the disk is full or may not be written: then none is inserted.
    """
    try:
        db.execute("BEGIN IMMEDIATE")
        try:
            before = db.total_changes
            db.executemany(insert, rows)
            inserted = db.total_changes - before
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
    except sqlite3.Error as error:
        raise SurroundingsError(f"{path}: {error}; free some space and try again") from error
    return inserted
