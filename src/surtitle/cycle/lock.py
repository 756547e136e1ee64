"""One training and one loop at a time in a project, without a server.

Locks on files, freed by the system when their holder dies.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surtitle.errors import UsageError
from surtitle.progress import Reporter

__all__ = ["loop_lock", "numbering_lock", "training_lock"]


@contextmanager
def training_lock(state: Path, reporter: Reporter) -> Iterator[int]:
    """Hold the project's training lock; wait for another training to end, and say so while waiting.

    Given is the descriptor of the locked file: whoever inherits it holds the lock too, until the last of them ends.

    Parameters
    ----------
    state : Path
        The project's `.surtitle` folder; made when it is missing.
    reporter : Reporter
        Told who is waited for.
    """
    with _open(state / "training.lock") as descriptor:
        if holder := _take(descriptor):
            reporter.start(f"waiting for another training in this project (process {holder})")
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            reporter.done("the other training has ended")
        _sign(descriptor)
        yield descriptor


@contextmanager
def loop_lock(state: Path) -> Iterator[None]:
    """Hold the lock of the project's loop.

    Parameters
    ----------
    state : Path
        The project's `.surtitle` folder; made when it is missing.

    Raises
    ------
    UsageError
        If another process holds it; the message says which.
    """
    with _open(state / "loop.lock") as descriptor:
        if holder := _take(descriptor):
            raise UsageError(
                f"another process ({holder}) acts in this project already: surtitle watch --act; stop that one, or "
                "leave the work to it"
            )
        _sign(descriptor)
        yield


@contextmanager
def _open(path: Path) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def numbering_lock(state: Path) -> Iterator[None]:
    """Hold the right to register the next version, among processes that train for one holder of the training lock."""
    with (state / "numbering.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _take(descriptor: int) -> str:
    """Take the lock if it is free; otherwise return who holds it."""
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return os.pread(descriptor, 20, 0).decode(errors="replace") or "unknown"
    return ""


def _sign(descriptor: int) -> None:
    os.ftruncate(descriptor, 0)
    os.pwrite(descriptor, str(os.getpid()).encode(), 0)
