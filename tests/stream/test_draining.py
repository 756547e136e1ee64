"""Draining a source: to its end, acknowledged only after whoever stores has come back for more."""

import pytest

from surtitle.errors import SurroundingsError
from surtitle.stream.draining import drain
from surtitle.stream.ports import Batch, Poll
from surtitle.stream.testing import MemorySource


class Scripted(MemorySource):
    """A source that says one thing after another, and notes what is done with it."""

    def __init__(self, *polls: Poll) -> None:
        super().__init__()
        self.polls = list(polls)
        self.done: list[str] = []

    def poll(self, max_records: int, wait_s: float) -> Poll:
        self.done.append("poll")
        return self.polls.pop(0) if len(self.polls) > 1 else self.polls[0]

    def seek(self, partition: str, position: str | None) -> None:
        self.done.append(f"seek {partition} {position}")

    def acknowledge(self, positions: object) -> None:
        self.done.append("acknowledge")


def some(*values: bytes) -> Poll:
    return Poll(batches=(Batch("p", list(values), range(len(values))),))


def test_records_are_acknowledged_only_when_the_next_are_asked_for() -> None:
    source = Scripted(Poll(gained=("p",)), some(b"a"), Poll(empty=("p",)))
    drained = drain(source)
    assert next(drained)[0].values == [b"a"]
    assert source.done == ["poll", "seek p None", "poll"]
    assert list(drained) == []
    assert source.done == ["poll", "seek p None", "poll", "acknowledge", "poll"]


def test_the_end_is_reached_when_every_partition_of_ours_is_empty() -> None:
    source = Scripted(Poll(gained=("p", "q")), Poll(empty=("p",)), some(b"a"), Poll(empty=("p", "q")))
    assert [batches[0].values for batches in drain(source)] == [[b"a"]]


def test_partitions_that_are_lost_are_not_waited_for() -> None:
    assert list(drain(Scripted(Poll(gained=("p", "q")), Poll(lost=("q",)), Poll(empty=("p",))))) == []


def test_whoever_follows_goes_on_at_the_end_until_told_to_stop() -> None:
    source = Scripted(Poll(gained=("p",)), Poll(empty=("p",)), some(b"a"), Poll(empty=("p",)))
    found: list[bytes] = []
    for batches in drain(source, follow=True, stopped=lambda: bool(found)):
        found.extend(batches[0].values)
    assert found == [b"a"]
    assert source.done[-1] == "acknowledge"


def test_a_source_that_ends_ends_it() -> None:
    assert list(drain(Scripted(Poll(gained=("p",)), Poll(ended=True, lost=("p",))))) == []


def test_a_group_without_a_free_partition_is_told() -> None:
    with pytest.raises(SurroundingsError, match=r"\?group=NAME"):
        list(drain(Scripted(Poll())))
