"""A model, a source and a sink in memory, which can be made to fail at any step."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.models.decide import DecisionRule
from surtitle.records import Thresholds
from surtitle.stream.ports import DELIVERIES, AbortedError, Batch, Channel, Delivery, Lines, Poll

__all__ = ["LengthScorer", "MemorySink", "MemorySource"]


class LengthScorer:
    """Scores a text by its length, from 0 to 0.99; fails on texts that hold ``POISON``."""

    rule = DecisionRule(("kept", "removed"), (1.0, 1.0), Thresholds(review=0.3, remove=0.7))

    def __init__(self) -> None:
        self.calls = 0

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return a probability for each text."""
        self.calls += 1
        if any("POISON" in text for text in texts):
            raise ValueError("a text that this model cannot take")
        positive = np.array([len(text) % 100 / 100 for text in texts])
        return np.stack([1 - positive, positive], axis=1)


class MemorySource:
    """Records in lists, one list a partition, which outlive a crash as a broker would.

    Parameters
    ----------
    partitions : sequence of str
        Their names.
    scoped : bool
        Whether each is a scope.
    """

    guarantees: frozenset[Delivery] = frozenset(DELIVERIES)
    why_not = ""
    name = "memory"

    def __init__(self, partitions: Sequence[str] = ("p",), *, scoped: bool = False) -> None:
        self.scoped = scoped
        self.records: dict[str, list[bytes]] = {partition: [] for partition in partitions}
        self.paused: set[str] = set()
        self.ended = False
        self.acknowledged: dict[str, str] = {}
        self._places: dict[str, int | None] = {}

    def reopened(self) -> "MemorySource":
        """Return the source as a new process sees it: the records are there, the positions are not."""
        again = MemorySource(scoped=self.scoped)
        again.records, again.paused, again.ended = self.records, self.paused, self.ended
        return again

    def poll(self, max_records: int, wait_s: float) -> Poll:  # noqa: ARG002 nothing is waited for
        """Return what was pushed; see `Source`."""
        gained = tuple(name for name in self.records if name not in self._places)
        if gained:
            self._places.update(dict.fromkeys(gained))
            return Poll(gained=gained)
        batches, empty = [], []
        for name, records in self.records.items():
            if name in self.paused:
                continue
            place = self._places[name] or 0
            values = records[place : place + max_records]
            max_records -= len(values)
            if values:
                batches.append(Batch(name, values, range(place, place + len(values))))
                self._places[name] = place + len(values)
            elif place == len(records):
                empty.append(name)
        return Poll(batches=tuple(batches), empty=tuple(empty), ended=self.ended and not batches)

    def seek(self, partition: str, position: str | None) -> None:
        """Go on at a record."""
        self._places[partition] = int(position or 0)

    def position(self) -> Mapping[str, str]:
        """Return the number of the next record of each partition."""
        return {name: str(place) for name, place in self._places.items() if place is not None}

    def acknowledge(self, positions: Mapping[str, str]) -> None:
        """Remember what was acknowledged."""
        self.acknowledged.update(positions)

    def lag(self, scope: str = "") -> int | None:
        """Return how many records were not polled yet."""
        asked = [scope] if scope else self.records
        return sum(len(self.records[name]) - (self._places.get(name) or 0) for name in asked)

    def wake(self) -> None:
        """Do nothing: nothing is waited for."""

    def close(self) -> None:
        """Do nothing."""


class MemorySink:
    """Outputs in lists, which outlive a crash as a file or a broker would.

    Parameters
    ----------
    transactional : bool
        Which of the two ways to exactly-once it takes.
    """

    guarantees: frozenset[Delivery] = frozenset(DELIVERIES)
    why_not = ""
    keyed = True

    def __init__(self, *, transactional: bool = False) -> None:
        self.transactional = transactional
        self.delivery: Delivery = "exactly-once"
        self.visible: list[tuple[Channel, bytes]] = []
        self.ids: list[str] = []
        self.epochs: dict[str, int] = {}
        self._open: list[tuple[Channel, bytes]] = []
        self.fail_at: Callable[[str], None] = _never

    def recover(self, scope: str, position: str | None) -> None:  # noqa: ARG002 a port
        """Take back what was not committed."""
        self._open = []
        if not self._in_transactions and self.delivery == "exactly-once":
            del self.visible[int(position or 0) :]

    @property
    def _in_transactions(self) -> bool:
        return self.transactional and self.delivery == "exactly-once"

    def write(self, lines: Sequence[Lines]) -> None:
        """Take outputs; a crash may happen in the middle."""
        target = self._open if self._in_transactions else self.visible
        for each in lines:
            for number, value in enumerate(each.values):
                if number == len(each.values) // 2:
                    self.fail_at("write")
                target.append((each.channel, value))
            self.ids += each.ids
        self.fail_at("written")

    def flush(self) -> None:
        """Do nothing: lists are durable here."""
        self.fail_at("flush")

    def position(self) -> str:
        """Return how many outputs there are."""
        return str(len(self.visible))

    def commit(self, epochs: Mapping[str, int], positions: Mapping[str, str]) -> None:  # noqa: ARG002 a port
        """Make outputs and epochs visible at once."""
        try:
            self.fail_at("commit")
        except AbortedError:
            self._open = []
            raise
        self.visible += self._open
        self.epochs.update(epochs)
        self._open = []
        self.fail_at("committed")

    def committed(self, scope: str) -> int:
        """Return the last epoch that is visible."""
        return self.epochs.get(scope, 0)

    def close(self) -> None:
        """Give up what is not committed."""
        self._open = []

    def values(self, channel: Channel) -> list[dict[str, Any]]:
        """Return what is visible in a channel, decoded."""
        return [msgspec.json.decode(value) for found, value in self.visible if found == channel]


def _never(step: str) -> None:
    """Do not fail."""
