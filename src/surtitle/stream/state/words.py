"""What SQLite and the file system say, in our words."""

import errno
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surtitle.errors import StreamError, SurroundingsError

__all__ = ["in_our_words"]

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


@contextmanager
def in_our_words(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the file system into ones that name the file and the way out."""
    try:
        yield
    except sqlite3.Error as error:
        # The low byte of an extended code is the primary one; errors of the Python module itself have none.
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in _DAMAGED:
            raise StreamError(
                f"{path} is damaged or not a stream's state ({error}); restore it from a backup, or move it away and "
                "begin anew with --restart"
            ) from error
        if code == sqlite3.SQLITE_FULL:
            raise SurroundingsError(f"{path}: the disk is full; free some space and start the stream again") from error
        if code == 0:
            raise
        raise SurroundingsError(f"{path}: {error}; may this user write in {path.parent}?") from error
    except OSError as error:
        where = error.filename or path
        remedy = "free some space and start the stream again" if error.errno in _FULL else "may this user write there?"
        raise SurroundingsError(f"{where}: {os.strerror(error.errno or 0)}; {remedy}") from error
