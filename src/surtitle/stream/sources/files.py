"""Files as a source: one, or all in a folder; read once, or followed."""

import time
from collections.abc import Mapping
from pathlib import Path

from surtitle.errors import StreamError
from surtitle.stream.ports import DELIVERIES, Batch, Delivery, Opening, Poll
from surtitle.stream.sources.reader import FileReader

__all__ = ["FileSource", "open_source"]

_LOOK_EVERY_S = 0.002
_LOOK_FOR_FILES_S = 1.0
_SUFFIXES = (".jsonl", ".ndjson", ".json", ".csv", ".txt", ".log")


def open_source(address: str, opening: Opening) -> "FileSource":
    """Return the source of a path."""
    return FileSource(Path(address), opening)


class FileSource:
    """Records of files, in the order in which they stand in each.

    The files of a folder are read side by side, as partitions: so their event times may overlap.

    Parameters
    ----------
    path : Path
        A file or a folder. In a folder, files whose names end in .jsonl, .ndjson, .json, .csv, .txt or .log count, also
        with .gz; others do not.
    opening : Opening
        How to read them.
    """

    guarantees: frozenset[Delivery] = frozenset(DELIVERIES)
    why_not = ""
    scoped = False

    def __init__(self, path: Path, opening: Opening) -> None:
        self.path = path.absolute()
        self.name = str(self.path)
        self._opening = opening
        self._readers: dict[str, FileReader] = {}
        self._ended: set[str] = set()
        self._looked_at = -_LOOK_FOR_FILES_S
        self._woken = False

    def poll(self, max_records: int, wait_s: float) -> Poll:
        """Return what is there; see `Source`."""
        gained = self._look_for_files()
        if gained:
            return Poll(gained=gained)
        until = time.monotonic() + wait_s
        while True:
            batches = self._read(max_records)
            lost = tuple(name for name, reader in self._readers.items() if reader.ended)
            if batches or lost or self._woken or time.monotonic() >= until:
                break
            time.sleep(_LOOK_EVERY_S)  # a file has no way of telling that it has grown
        self._woken = False
        with_records = {batch.partition for batch in batches}
        empty = tuple(name for name in self._readers if name not in with_records and name not in lost)
        for name in lost:
            self._readers.pop(name).close()
            self._ended.add(name)
        return Poll(
            batches=tuple(batches), empty=empty, lost=lost, ended=not self._readers and not self._opening.follow
        )

    def _look_for_files(self) -> tuple[str, ...]:
        now = time.monotonic()
        first = self._looked_at < 0
        if now - self._looked_at < _LOOK_FOR_FILES_S or not (first or self._opening.follow):
            return ()
        self._looked_at = now
        gained = []
        for name, path in self._files().items():
            if name not in self._readers and name not in self._ended:
                self._readers[name] = self._reader(name, path)
                gained.append(name)
        return tuple(gained)

    def _files(self) -> dict[str, Path]:
        if self.path.is_file():
            return {self.path.name: self.path}
        if not self.path.is_dir():
            raise StreamError(f"{self.path} does not exist; name a file, a folder or - for standard input")
        found = {path.name: path for path in sorted(self.path.iterdir()) if path.is_file() and _counts(path)}
        if not found and not self._opening.follow:
            raise StreamError(f"{self.path} holds no file whose name ends in {', '.join(_SUFFIXES)}")
        return found

    def _reader(self, name: str, path: Path) -> FileReader:
        form = self._opening.format
        quoted = form == "csv" or (form == "auto" and _kind(path) == ".csv")
        return FileReader(
            path,
            name,
            quoted=quoted,
            follow=self._opening.follow,
            max_record_bytes=self._opening.max_record_bytes,
        )

    def _read(self, max_records: int) -> list[Batch]:
        """Read from each file in turn, a fair share of the batch."""
        share = max(1, max_records // max(1, len(self._readers)))
        batches = [reader.read(share) for reader in self._readers.values()]
        return [batch for batch in batches if batch is not None]

    def seek(self, partition: str, position: str | None) -> None:
        """Go on in a file; see `Source`."""
        self._readers[partition].seek(position)

    def position(self) -> Mapping[str, str]:
        """Return where to go on in each file."""
        return {name: reader.position() for name, reader in self._readers.items()}

    def acknowledge(self, positions: Mapping[str, str]) -> None:
        """Do nothing: a file does not need to know."""

    def lag(self, scope: str = "") -> int | None:  # noqa: ARG002 a port; there is one scope
        """Return the bytes that are there but not read yet."""
        return sum(reader.lag() for reader in self._readers.values())

    def wake(self) -> None:
        """Make a waiting `poll` return."""
        self._woken = True

    def close(self) -> None:
        """Close all files."""
        for reader in self._readers.values():
            reader.close()


def _kind(path: Path) -> str:
    return (path.with_suffix("") if path.suffix.lower() == ".gz" else path).suffix.lower()


def _counts(path: Path) -> bool:
    return not path.name.startswith(".") and _kind(path) in _SUFFIXES
