"""How far each partition is read, and whether its end was seen."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, cast

__all__ = ["Cursors"]


class Cursors:
    """The offset to come of each partition that is read.

    Attributes
    ----------
    next : dict of int to int
        By the partition's number.
    ends : dict of int to int
        Where the end was, for partitions that were seen to be at it.
    """

    def __init__(self) -> None:
        self.next: dict[int, int] = {}
        self.ends: dict[int, int] = {}

    def begin(self, number: int, offset: int) -> None:
        """Read a partition from an offset on."""
        self.ends.pop(number, None)
        self.next[number] = offset

    def drop(self, number: int) -> bool:
        """Read it no longer; say whether it was read."""
        self.ends.pop(number, None)
        return self.next.pop(number, None) is not None

    def see_end(self, number: int, offset: int) -> None:
        """Learn that a partition ends before `offset`."""
        if number in self.next:
            self.ends[number] = offset
            # What lies between are marks of transactions, not records.
            self.next[number] = max(self.next[number], offset)

    def take(self, messages: Sequence[Any]) -> list[tuple[int, list[Any], list[int]]]:
        """Return records by partition, with their offsets, and go on behind them.

        Those of a partition that is not read are left out: it was taken from us in the middle of a poll, and its next
        owner decides them.

        Parameters
        ----------
        messages : sequence of Message
            Records, those of one partition in order.
        """
        taken = []
        ordered = sorted(messages, key=_number) if len(self.next) > 1 else messages
        for number, group in groupby(ordered, key=_number):
            if number in self.next:
                records = list(group)
                offsets = cast("list[int]", [record.offset() for record in records])
                end = self.ends.get(number, -1)
                self.next[number] = max(offsets[-1] + 1, end)
                if end <= offsets[-1]:  # else the end was seen behind these records, in the same poll
                    self.ends.pop(number, None)
                taken.append((number, records, offsets))
        return taken


def _number(message: Any) -> int:
    return cast("int", message.partition())  # None only in messages that were never on a broker
