"""One process at a time works on a state: a lock on a file, freed by the system when its holder dies."""

import fcntl
import os
import time
from pathlib import Path

from surtitle.errors import StreamError

__all__ = ["StateLock"]


class StateLock:
    """Holds the lock until it is closed.

    Parameters
    ----------
    path : Path
        The lock's file; made when it is missing.
    wait_s : float
        How long to wait for another process to let go, as in a rebalance.

    Raises
    ------
    StreamError
        If another process holds it beyond that.
    """

    def __init__(self, path: Path, *, wait_s: float = 0.0) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            self._acquire(path, time.monotonic() + wait_s)
            os.ftruncate(self._descriptor, 0)
            os.pwrite(self._descriptor, str(os.getpid()).encode(), 0)
        except BaseException:
            self.close()
            raise

    def _acquire(self, path: Path, until: float) -> None:
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() < until:
                    time.sleep(0.02)  # flock has no time limit of its own
                    continue
                holder = os.pread(self._descriptor, 20, 0).decode(errors="replace") or "unknown"
                raise StreamError(
                    f"{path.with_suffix('')} is in use by another process ({holder}); one process at a time works on a "
                    "stream: stop that one, or give this one another --name"
                ) from None
            else:
                return

    def close(self) -> None:
        """Let go; may be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
