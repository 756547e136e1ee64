"""Standard input as a source: a pipe, which cannot be read twice."""

import os
import select
from collections import deque
from collections.abc import Mapping

from surtitle.stream.ports import Batch, Delivery, Opening, Poll
from surtitle.stream.sources.splitting import Splitter

__all__ = ["StandardInput", "open_source"]

_PARTITION = "stdin"
_CHUNK = 1 << 16
_LOOK_EVERY_S = 0.05


def open_source(address: str, opening: Opening) -> "StandardInput":  # noqa: ARG001 there is one standard input
    """Return standard input as a source."""
    return StandardInput(opening)


class StandardInput:
    """Records of standard input.

    Parameters
    ----------
    opening : Opening
        How to read it.
    descriptor : int
        Where from.
    """

    guarantees: frozenset[Delivery] = frozenset({"at-most-once"})
    why_not = "standard input cannot be read again, so what was read but not decided before a crash is gone"
    scoped = False
    name = "-"

    def __init__(self, opening: Opening, descriptor: int = 0) -> None:
        self._descriptor = descriptor
        self._splitter = Splitter(max_bytes=opening.max_record_bytes)
        self._ready: deque[bytes] = deque()
        self._row = 0
        self._begun = False
        self._at_end = False
        self._woken = False

    def poll(self, max_records: int, wait_s: float) -> Poll:
        """Return what is there; see `Source`."""
        if not self._begun:
            self._begun = True
            return Poll(gained=(_PARTITION,))
        if not self._ready and not self._at_end:
            self._read(wait_s)
        self._woken = False
        taken = [self._ready.popleft() for _ in range(min(max_records, len(self._ready)))]
        first, self._row = self._row, self._row + len(taken)
        kept = [number for number, value in enumerate(taken) if value.strip()]
        if kept:
            batch = Batch(_PARTITION, [taken[number] for number in kept], [first + number for number in kept])
            return Poll(batches=(batch,))
        ended = self._at_end and not self._ready
        return Poll(empty=() if ended else (_PARTITION,), lost=(_PARTITION,) if ended else (), ended=ended)

    def _read(self, wait_s: float) -> None:
        waited = 0.0
        # A wait is cut into short ones, because a signal does not end it.
        while not select.select([self._descriptor], [], [], min(wait_s, _LOOK_EVERY_S))[0]:
            waited += _LOOK_EVERY_S
            if self._woken or waited >= wait_s:
                return
        chunk = os.read(self._descriptor, _CHUNK)
        self._at_end = not chunk
        records = self._splitter.feed(chunk) if chunk else self._splitter.rest()
        self._ready.extend(value for value, _ in records)

    def seek(self, partition: str, position: str | None) -> None:  # noqa: ARG002 there is one partition
        """Go on counting where an earlier run ended."""
        self._row = int(position or 0)

    def position(self) -> Mapping[str, str]:
        """Return how many lines were read."""
        return {_PARTITION: str(self._row)}

    def acknowledge(self, positions: Mapping[str, str]) -> None:
        """Do nothing: nobody asks."""

    def lag(self, scope: str = "") -> int | None:  # noqa: ARG002 a port; there is one scope
        """Return None: nobody knows what is in a pipe."""
        return None

    def wake(self) -> None:
        """Make a waiting `poll` return."""
        self._woken = True

    def close(self) -> None:
        """Do nothing: standard input stays open."""
