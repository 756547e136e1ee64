"""A name for this process that it gets again after a crash, and that no other process has at the same time.

The consumer group and the transactions go by it. Whoever comes back under its name has its partitions at once, without
waiting for the group to notice the death, and ends what its predecessor left open.
"""

import fcntl
import hashlib
import os
import socket
import tempfile
from pathlib import Path

from surtitle.errors import SurroundingsError

__all__ = ["Instance"]

_PLACES = 1000


class Instance:
    """The lowest free place among this machine's processes of one stream, or a name that was given.

    Parameters
    ----------
    stream : str
        Which processes share the places.
    given : str
        A name to take instead.
    folder : Path, optional
        Where the locks are; the system's folder for temporary files by default. A lock is freed by the system when its
        holder dies.

    Examples
    --------
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     first, second = Instance("s", folder=Path(folder)), Instance("s", folder=Path(folder))
    ...     names = [first.name, second.name]
    ...     first.close()
    ...     third = Instance("s", folder=Path(folder))
    ...     third.name == names[0]
    True
    >>> second.close(), third.close()
    (None, None)
    """

    def __init__(self, stream: str, given: str = "", *, folder: Path | None = None) -> None:
        self._descriptor = -1
        self.name = given or self._take(stream, folder or _locks())

    def _take(self, stream: str, folder: Path) -> str:
        host = socket.gethostname()
        stem = hashlib.sha256(stream.encode()).hexdigest()[:16]
        for place in range(_PLACES):
            descriptor = os.open(folder / f"{stem}.{place}.lock", os.O_RDWR | os.O_CREAT, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                os.close(descriptor)
                continue
            self._descriptor = descriptor
            return f"{host}-{place}"
        raise SurroundingsError(
            f"{_PLACES} processes of the stream {stream!r} run on this machine; that is all it takes"
        )

    def close(self) -> None:
        """Leave the place; may be called twice."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


def _locks() -> Path:
    folder = Path(tempfile.gettempdir()) / f"surtitle-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
