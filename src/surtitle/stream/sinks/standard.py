"""Standard output as a sink: a pipe, which takes nothing back."""

import os
from collections.abc import Mapping, Sequence

from surtitle.stream.ports import Channel, Delivery, Lines, Opening, Source

__all__ = ["StandardOutput", "open_sink"]


# Every sink is opened with its source.
def open_sink(addresses: Mapping[Channel, str], opening: Opening, source: Source) -> "StandardOutput":  # noqa: ARG001
    """Return standard output as a sink."""
    return StandardOutput()


class StandardOutput:
    """Writes lines of JSON to standard output; ``kind`` tells the channels apart.

    Parameters
    ----------
    descriptor : int
        Where to.
    """

    guarantees: frozenset[Delivery] = frozenset({"at-most-once", "at-least-once"})
    why_not = "standard output cannot take back what it has written"
    transactional = False
    keyed = False
    delivery: Delivery = "at-least-once"

    def __init__(self, descriptor: int = 1) -> None:
        self._descriptor = descriptor

    def recover(self, scope: str, position: str | None) -> None:
        """Do nothing: nothing can be taken back."""

    def write(self, lines: Sequence[Lines]) -> None:
        """Write lines; see `Sink`."""
        for each in lines:
            left = memoryview(b"\n".join(each.values) + b"\n")
            while left:
                left = left[os.write(self._descriptor, left) :]

    def flush(self) -> None:
        """Do nothing: what was written is in the pipe."""

    def position(self) -> str:
        """Return nothing: there is no position."""
        return ""

    def commit(self, epochs: Mapping[str, int], positions: Mapping[str, str]) -> None:
        """Do nothing: a pipe has no transactions."""

    def committed(self, scope: str) -> int:  # noqa: ARG002 a port
        """Return 0: a pipe has no transactions."""
        return 0

    def close(self) -> None:
        """Do nothing: standard output stays open."""
