"""Where a version is built before it gets its number.

Each build has a folder ``incoming/TOKEN`` and a note ``incoming/TOKEN.lock``. The builder holds an flock on the note,
which the kernel lets go when the process ends, however it ends: a note that can be locked was left behind, and what it
speaks of can go. The note holds the number claimed, if the build came that far. POSIX only, as is fsync of a folder.
"""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["Stage", "Staging", "locked"]


class Stage:
    """One build under way, or left behind; the note stays locked as long as this is in use.

    Parameters
    ----------
    note : Path
        ``incoming/TOKEN.lock``.
    descriptor : int
        The note, open and locked.
    """

    def __init__(self, note: Path, descriptor: int) -> None:
        self.note = note
        self.folder = note.with_suffix("")
        self._descriptor = descriptor

    @property
    def claimed(self) -> int | None:
        """The number that this build was about to get, if it came that far."""
        text = os.pread(self._descriptor, 20, 0)
        return int(text) if text.isdigit() else None

    def claim(self, number: int) -> None:
        """Write down, to last, that ``versions/NUMBER`` is this build's until the database says so."""
        os.pwrite(self._descriptor, str(number).encode(), 0)
        os.fsync(self._descriptor)

    def discard(self) -> None:
        """Remove the folder, if it is still here, and then the note."""
        with suppress(FileNotFoundError):
            shutil.rmtree(self.folder)
        self.note.unlink()


class Staging:
    """The folder ``incoming``.

    Parameters
    ----------
    root : Path
        Made when first needed.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    @contextmanager
    def begin(self) -> Iterator[Stage]:
        """Give an empty folder that no sweep of another process will touch."""
        self._root.mkdir(parents=True, exist_ok=True)
        note, descriptor = self._lock_new_note()
        try:
            stage = Stage(note, descriptor)
            stage.folder.mkdir()
            yield stage
        finally:
            os.close(descriptor)

    def abandoned(self) -> Iterator[Stage]:
        """Yield each build whose process has ended without discarding it."""
        for note in sorted(self._root.glob("*.lock")):
            try:
                descriptor = os.open(note, os.O_RDWR | os.O_CLOEXEC)
            except FileNotFoundError:
                continue
            try:
                if _try_lock(descriptor) and _is_same_file(descriptor, note):
                    yield Stage(note, descriptor)
            finally:
                os.close(descriptor)

    def _lock_new_note(self) -> tuple[Path, int]:
        while True:
            note = self._root / f"{secrets.token_hex(8)}.lock"
            descriptor = os.open(note, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # A sweep may have seen the note before it was locked, and taken it away.
            if _is_same_file(descriptor, note):
                return note, descriptor
            os.close(descriptor)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an flock on `path`, which is made if need be and stays."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_same_file(descriptor: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(descriptor), path.stat())
    except FileNotFoundError:
        return False
