from dataclasses import dataclass

from surtitle.stream.kafka.cursors import Cursors


@dataclass
class Message:
    number: int
    at: int

    def partition(self) -> int:
        return self.number

    def offset(self) -> int:
        return self.at


def test_goes_on_behind_the_last_record_of_each_partition() -> None:
    cursors = Cursors()
    cursors.begin(0, 5)
    cursors.begin(1, 0)
    taken = cursors.take([Message(1, 0), Message(0, 5), Message(1, 3), Message(0, 6)])
    assert [(number, offsets) for number, _, offsets in taken] == [(0, [5, 6]), (1, [0, 3])]
    assert cursors.next == {0: 7, 1: 4}


def test_leaves_out_a_partition_that_is_not_read() -> None:
    cursors = Cursors()
    cursors.begin(0, 0)
    assert [number for number, _, _ in cursors.take([Message(0, 0), Message(9, 0)])] == [0]


def test_an_end_behind_the_records_of_the_same_poll_is_kept() -> None:
    cursors = Cursors()
    cursors.begin(0, 0)
    cursors.see_end(0, 3)
    cursors.take([Message(0, 0), Message(0, 1)])
    assert (cursors.ends, cursors.next) == ({0: 3}, {0: 3})


def test_an_end_is_over_when_a_record_comes_behind_it() -> None:
    cursors = Cursors()
    cursors.begin(0, 0)
    cursors.see_end(0, 3)
    cursors.take([Message(0, 3)])
    assert (cursors.ends, cursors.next) == ({}, {0: 4})
