"""Files as a sink: one per channel, exactly once by committed length."""

import errno
import fcntl
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from surtitle.errors import StreamError, SurroundingsError
from surtitle.registry.folders import fsync_folder
from surtitle.stream.ports import DELIVERIES, Channel, Delivery, Lines, Opening, Source

__all__ = ["FileSink", "open_sink"]

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def open_sink(addresses: Mapping[Channel, str], opening: Opening, source: Source) -> "FileSink":  # noqa: ARG001 a port
    """Return the sink of some paths."""
    return FileSink({channel: Path(address) for channel, address in addresses.items()})


class FileSink:
    """Appends lines of JSON to files.

    In exactly-once mode the state remembers how long each file was at the last commit; what lies beyond is cut off when
    the stream starts again. Whoever reads a file while the stream runs may see lines beyond the last commit, and after
    a crash see them again; a reader that must not stays within the lengths that ``surtitle stream status`` shows.

    Parameters
    ----------
    paths : mapping of Channel to Path
        A file for each channel.
    """

    guarantees: frozenset[Delivery] = frozenset(DELIVERIES)
    why_not = ""
    transactional = False
    keyed = False
    delivery: Delivery = "exactly-once"

    def __init__(self, paths: Mapping[Channel, Path]) -> None:
        self._paths = {channel: path.absolute() for channel, path in paths.items()}
        self._files: dict[Channel, int] = {}
        self._lengths: dict[Channel, int] = {}
        self._written: set[Channel] = set()

    def recover(self, scope: str, position: str | None) -> None:  # noqa: ARG002 a port
        """Open the files and take back what was not committed; see `Sink`."""
        committed = {} if not position else msgspec.json.decode(position, type=dict[Channel, int])
        for channel, path in self._paths.items():
            if channel not in self._files:
                self._files[channel] = _open(path)
            length = os.fstat(self._files[channel]).st_size
            if self.delivery == "exactly-once":
                self._cut(channel, path, length, committed.get(channel, 0), is_new=position is None)
            else:
                self._cut_torn_line(channel, length)

    def _cut(self, channel: Channel, path: Path, length: int, committed: int, *, is_new: bool) -> None:
        if length < committed:
            raise StreamError(
                f"{path} has {length:,} bytes, but {committed:,} were committed; put it back, or remove it and begin "
                "anew with --restart"
            )
        if is_new and length:
            raise StreamError(
                f"{path} holds {length:,} bytes that this stream has not written; choose another file, or remove it"
            )
        self._truncate(channel, committed)

    def _cut_torn_line(self, channel: Channel, length: int) -> None:
        """Cut a line that a crash has left without its end, so that the next one does not run into it."""
        descriptor, end = self._files[channel], length
        while end and os.pread(descriptor, 1, end - 1) != b"\n":
            end -= 1
        self._truncate(channel, end)

    def _truncate(self, channel: Channel, length: int) -> None:
        descriptor = self._files[channel]
        if os.fstat(descriptor).st_size != length:
            os.ftruncate(descriptor, length)
            os.fsync(descriptor)
        os.lseek(descriptor, length, os.SEEK_SET)
        self._lengths[channel] = length

    def write(self, lines: Sequence[Lines]) -> None:
        """Append lines; see `Sink`."""
        for each in lines:
            if each.channel not in self._files or not each.values:
                continue
            content = b"\n".join(each.values) + b"\n"
            self._append(each.channel, content)
            self._lengths[each.channel] += len(content)
            self._written.add(each.channel)

    def _append(self, channel: Channel, content: bytes) -> None:
        left = memoryview(content)
        try:
            while left:
                left = left[os.write(self._files[channel], left) :]
        except OSError as error:
            raise _failed(self._paths[channel], error) from error

    def flush(self) -> None:
        """Wait until all is on disk."""
        for channel in self._written:
            try:
                os.fdatasync(self._files[channel])
            except OSError as error:
                raise _failed(self._paths[channel], error) from error
        self._written.clear()

    def position(self) -> str:
        """Return how long each file is."""
        return msgspec.json.encode(self._lengths).decode()

    def commit(self, epochs: Mapping[str, int], positions: Mapping[str, str]) -> None:
        """Do nothing: files have no transactions."""

    def committed(self, scope: str) -> int:  # noqa: ARG002 a port
        """Return 0: files have no transactions."""
        return 0

    def close(self) -> None:
        """Close the files."""
        while self._files:
            os.close(self._files.popitem()[1])


def _open(path: Path) -> int:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        is_new = not path.exists()
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        if is_new:
            fsync_folder(path.parent)
    except OSError as error:
        raise _failed(path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StreamError(f"{path} is written by another process; choose another file, or stop that one") from None
    return descriptor


def _failed(path: Path, error: OSError) -> SurroundingsError:
    remedy = "free some space and start the stream again" if error.errno in _FULL else "choose another file or folder"
    return SurroundingsError(f"{path} cannot be written: {error.strerror}; {remedy}")
