"""Events that were posted to the service, as a source: ``spool://``."""

import contextlib
import time
from collections.abc import Mapping
from pathlib import Path

from surtitle.errors import StreamError, SurtitleError
from surtitle.spool import Spool
from surtitle.stream.ports import DELIVERIES, Batch, Delivery, Opening, Poll
from surtitle.stream.state.words import in_our_words

__all__ = ["SpoolSource", "open_source"]

_PARTITION = "events"
_LOOK_EVERY_S = 0.01
_FORGET_EVERY_S = 1.0
_LOOK = 256  # events: how many are asked for at once
_LOOK_BYTES = 16 << 20  # of one batch, after which no more are asked for


def open_source(address: str, opening: Opening) -> "SpoolSource":
    """Make a source of a spool; nothing is opened before the first `seek`.

    Parameters
    ----------
    address : str
        ``spool://PATH``.
    opening : Opening
        Records are JSON objects, whatever it says.

    Raises
    ------
    StreamError
        If records are to be something else.
    """
    if opening.format not in ("auto", "jsonl"):
        raise StreamError(f"{address}: events are JSON objects; leave stream.format out, or set it to jsonl")
    return SpoolSource(Path(address.removeprefix("spool://")))


class SpoolSource:
    """A spool as one partition; what is committed is removed from it now and then.

    Parameters
    ----------
    path : Path
        Of the spool.
    """

    guarantees: frozenset[Delivery] = frozenset(DELIVERIES)
    why_not = ""
    scoped = False

    def __init__(self, path: Path) -> None:
        self.name = f"spool://{path}"
        self._spool = Spool(path)
        self._read = 0  # the number of the last event that was polled
        self._last = 0  # and of the last that there was, at the last look
        self._committed = self._forgotten = 0
        self._forgot_at = time.monotonic()
        self._announced = False
        self._woken = False

    def poll(self, max_records: int, wait_s: float) -> Poll:
        """Return what is there; see `surtitle.stream.ports.Source.poll`."""
        if not self._announced:
            self._announced = True
            return Poll(gained=(_PARTITION,))
        until = time.monotonic() + wait_s
        while True:
            batch = self._take(max_records)
            if batch is not None or self._woken or time.monotonic() >= until:
                break
            time.sleep(_LOOK_EVERY_S)  # SQLite tells nobody that something was added
        self._woken = False
        return Poll(empty=(_PARTITION,)) if batch is None else Poll(batches=(batch,))

    def _take(self, max_records: int) -> Batch | None:
        values, positions, size = list[bytes](), list[int](), 0
        with in_our_words(self._spool.path):
            while len(values) < max_records and size < _LOOK_BYTES:
                count = min(_LOOK, max_records - len(values))
                found = self._spool.read(self._read, count)
                for number, value in found:
                    self._refuse_gap(self._read, number - 1)
                    self._read = number
                    positions.append(number - 1)
                    values.append(value)
                    size += len(value)
                if len(found) < count:
                    break
            self._last = max(self._read, self._spool.extent().last)
        return Batch(_PARTITION, values, positions) if values else None

    def seek(self, partition: str, position: str | None) -> None:  # noqa: ARG002 there is one partition
        """Go on behind an event; see `surtitle.stream.ports.Source.seek`."""
        with in_our_words(self._spool.path):
            extent = self._spool.extent()
        after = extent.first - 1 if position is None else int(position)
        if after > extent.last:
            raise StreamError(
                f"{self.name} was made anew: {after} events were read, and it has given out {extent.last} numbers; put "
                "the old one back, or begin anew with --restart"
            )
        self._refuse_gap(after, extent.first - 1)
        self._read, self._last = after, extent.last
        self._committed = self._forgotten = after

    def _refuse_gap(self, after: int, before_next: int) -> None:
        if after < before_next:
            raise StreamError(
                f"{self.name}: the events after number {after} are gone, up to {before_next}: another stream has read "
                "them, or this state is older than the spool. To go on without them, begin anew with --restart"
            )

    def position(self) -> Mapping[str, str]:
        """Return the number of the last event that was polled."""
        return {_PARTITION: str(self._read)}

    def acknowledge(self, positions: Mapping[str, str]) -> None:
        """Remove what is committed, now and then."""
        self._committed = int(positions.get(_PARTITION, self._committed))
        if time.monotonic() - self._forgot_at >= _FORGET_EVERY_S:
            self._forget()

    def _forget(self) -> None:
        if self._committed > self._forgotten:
            with in_our_words(self._spool.path):
                self._spool.forget(self._committed)
            self._forgotten = self._committed
        self._forgot_at = time.monotonic()

    def lag(self, scope: str = "") -> int | None:  # noqa: ARG002 a port; there is one scope
        """Return how many events were not polled yet, as of the last look."""
        return self._last - self._read

    def wake(self) -> None:
        """Make a waiting poll return."""
        self._woken = True

    def close(self) -> None:
        """Remove what is committed, and let go of the file."""
        with contextlib.suppress(SurtitleError):
            self._forget()
        self._spool.close()
