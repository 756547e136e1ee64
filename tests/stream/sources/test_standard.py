import contextlib
import os
from collections.abc import Iterator

import pytest

from surtitle.stream.ports import Opening, Poll
from surtitle.stream.sources.standard import StandardInput
from surtitle.stream.testing import check_source


@pytest.fixture
def pipe() -> Iterator[tuple[int, int]]:
    ours, theirs = os.pipe()
    yield ours, theirs
    for descriptor in (ours, theirs):
        with contextlib.suppress(OSError):
            os.close(descriptor)


def test_it_keeps_the_contract(pipe: tuple[int, int]) -> None:
    ours, theirs = pipe

    def put(values: list[bytes]) -> None:
        os.write(theirs, b"\n".join(values) + b"\n")

    check_source(lambda: StandardInput(Opening(stream="test"), ours), put)
    assert StandardInput.guarantees == {"at-most-once"}


def test_rows_are_counted_on_from_an_earlier_run(pipe: tuple[int, int]) -> None:
    ours, theirs = pipe
    os.write(theirs, b"one\n")
    source = StandardInput(Opening(stream="test"), ours)
    source.poll(1, 0)
    source.seek("stdin", "7")
    (batch,) = source.poll(5, 1).batches
    assert list(batch.positions) == [7]
    assert source.position() == {"stdin": "8"}


def test_it_ends_with_the_pipe_and_keeps_the_last_line(pipe: tuple[int, int]) -> None:
    ours, theirs = pipe
    source = StandardInput(Opening(stream="test"), ours)
    source.poll(1, 0)
    assert source.poll(1, 0).empty == ("stdin",)
    os.write(theirs, b"one\n\ntwo")
    os.close(theirs)
    found: list[bytes] = []
    polls: list[Poll] = []
    while not (polls and polls[-1].ended):
        polls.append(source.poll(10, 1))
        found += [value for batch in polls[-1].batches for value in batch.values]
    assert found == [b"one", b"two"]
    assert polls[-1].lost == ("stdin",)


def test_a_waiting_poll_can_be_woken(pipe: tuple[int, int]) -> None:
    source = StandardInput(Opening(stream="test"), pipe[0])
    source.poll(1, 0)
    source.wake()
    assert source.poll(1, 1000).batches == ()
