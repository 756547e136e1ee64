"""One training at a time in a project, without a server: a lock on a file, freed by the system when its holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from surtitle.progress import Reporter

__all__ = ["numbering_lock", "training_lock"]


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
    state.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(state / "training.lock", os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, reporter)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, str(os.getpid()).encode(), 0)
        yield descriptor
    finally:
        os.close(descriptor)


@contextmanager
def numbering_lock(state: Path) -> Iterator[None]:
    """Hold the right to register the next version, among processes that train for one holder of the training lock."""
    with (state / "numbering.lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _acquire(descriptor: int, reporter: Reporter) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(descriptor, 20, 0).decode(errors="replace") or "unknown"
        reporter.start(f"waiting for another training in this project (process {holder})")
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        reporter.done("the other training has ended")
