"""Prepared data on disk, by the hash of what it was made from.

A result is built in a folder of its own beside the others and renamed into place, so what is there is whole. Each
builder holds a lock on its folder for as long as it lives; a folder whose lock nobody holds is a dead builder's, and
the next builder removes it.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec

from surtitle.prepare.prepared import FACTS, Facts, Prepared

__all__ = ["Cache"]

_UNFINISHED = ".unfinished-"
_LOCK = ".lock"


class Cache:
    """A folder of results.

    Parameters
    ----------
    root : Path
        Made when first needed.
    keep : int
        How many results stay; those that were used longest ago go.
    """

    def __init__(self, root: Path, keep: int = 5) -> None:
        self.root = root
        self._keep = keep

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """Give a folder to build in; whatever is left in it is removed at the end."""
        self.root.mkdir(parents=True, exist_ok=True)
        with self._alone():
            self._remove_unfinished()
            folder = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self.root))
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(lock)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep other builders from starting or cleaning up for a moment."""
        with (self.root / _LOCK).open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    def _remove_unfinished(self) -> None:
        for folder in self.root.glob(f"{_UNFINISHED}*"):
            with suppress(FileNotFoundError, NotADirectoryError), (folder / _LOCK).open("a") as file:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    continue
                shutil.rmtree(folder, ignore_errors=True)

    def find(self, key: str, now: datetime) -> Prepared | None:
        """Return the result for `key`, if there is a whole one, and note that it was used."""
        folder = self.root / key
        try:
            facts = msgspec.json.decode((folder / FACTS).read_bytes(), type=Facts)
            if any((folder / name).stat().st_size != size for name, size in facts.sizes.items()):
                return None
            os.utime(folder, (now.timestamp(), now.timestamp()))
        except (OSError, msgspec.DecodeError):
            return None
        return Prepared.of(facts, folder, cached=True)

    def publish(self, workspace: Path, built: list[Path], facts: Facts, key: str, now: datetime) -> Prepared:
        """Put finished files in place under `key`, unless another process was faster.

        Parameters
        ----------
        workspace : Path
            Where `built` are; from `workspace`.
        built : list of Path
            The finished files.
        facts : Facts
            What to write beside them; `sizes` is filled in here.
        key : str
            The result's name.
        now : datetime
            When it was used first.
        """
        final = workspace / "final"
        final.mkdir()
        for path in built:
            path.rename(final / path.name)
        sizes = {path.name: (final / path.name).stat().st_size for path in built}
        whole = msgspec.structs.replace(facts, sizes=sizes)
        (final / FACTS).write_bytes(msgspec.json.format(msgspec.json.encode(whole), indent=1))
        for path in (*final.iterdir(), final):
            _flush(path)
        os.utime(final, (now.timestamp(), now.timestamp()))
        folder = self.root / key
        with self._alone():
            if self.find(key, now) is None:
                if folder.exists():
                    folder.rename(workspace / "damaged")
                final.rename(folder)
                _flush(self.root)
            self._remove_old(folder)
        return Prepared.of(whole, folder, cached=False)

    def _remove_old(self, newest: Path) -> None:
        results = [path for path in self.root.iterdir() if path.is_dir() and not path.name.startswith(".")]
        results.sort(key=lambda path: (path == newest, path.stat().st_mtime), reverse=True)
        for path in results[self._keep :]:
            shutil.rmtree(path, ignore_errors=True)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
