"""What the docstrings of `surtitle.stream.ports` promise, as tests that any source or sink can be put through."""

# Asserts are what tests are made of.
# ruff: noqa: S101

from collections.abc import Callable

from surtitle.stream.ports import DELIVERIES, Lines, Sink, Source

__all__ = ["check_sink", "check_source"]


def check_source(make: Callable[[], Source], put: Callable[[list[bytes]], None]) -> None:
    """Hold a source to its port.

    Parameters
    ----------
    make : callable
        Opens the same source anew, as a new process would.
    put : callable
        Puts records in it, all into one partition.

    Raises
    ------
    AssertionError
        If it breaks a promise; the message says which.
    """
    assert isinstance(make(), Source), "it lacks a method or an attribute of Source"
    put([b'{"text": "1"}', b'{"text": "2"}', b'{"text": "3"}'])
    source = make()
    partition = _begin(source, None)
    first = _take(source, 2)
    after_two = source.position()[partition]
    rest = _take(source, 1)
    assert [value for value, _ in first + rest] == [b'{"text": "1"}', b'{"text": "2"}', b'{"text": "3"}'], "order"
    positions = [position for _, position in first + rest]
    assert positions == sorted(set(positions)), "positions rise and are never given twice"
    can_be_read_again = "at-least-once" in source.guarantees
    if can_be_read_again:
        source.seek(partition, after_two)
        assert _take(source, 1) == rest, "after seek, the record at the position comes next, with its old position"
    source.close()
    source.close()
    if can_be_read_again:
        again = make()
        _begin(again, after_two)
        assert _take(again, 1) == rest, "a new process goes on at the position"
        again.close()


def _begin(source: Source, position: str | None) -> str:
    gained: tuple[str, ...] = ()
    for _ in range(1000):
        poll = source.poll(10, 0.05)
        assert not poll.batches, "no record comes before seek was called"
        gained += poll.gained
        for partition in poll.gained:
            source.seek(partition, position)
        if gained:
            return gained[0]
    raise AssertionError("no partition was gained")


def _take(source: Source, count: int) -> list[tuple[bytes, int]]:
    taken: list[tuple[bytes, int]] = []
    for _ in range(1000):
        for batch in source.poll(count - len(taken), 0.05).batches:
            assert len(batch.values) == len(batch.positions), "a position for each record"
            taken += zip(batch.values, batch.positions, strict=True)
        if len(taken) >= count:
            break
    assert len(taken) == count, f"max_records is kept to: asked for {count}, got {len(taken)}"
    return taken


def check_sink(make: Callable[[], Sink], read: Callable[[], list[bytes]]) -> None:
    """Hold a sink to its port.

    Parameters
    ----------
    make : callable
        Opens the same sink anew, as a new process would; the first time, it is empty.
    read : callable
        Returns the decisions that a reader sees, who reads only what is committed.

    Raises
    ------
    AssertionError
        If it breaks a promise; the message says which.
    """
    assert isinstance(make(), Sink), "it lacks a method or an attribute of Sink"
    sink = make()
    strongest = max(sink.guarantees, key=DELIVERIES.index)
    sink.delivery = strongest
    sink.recover("", None)
    exact = strongest == "exactly-once"
    if exact and sink.transactional:
        assert sink.committed("") == 0, "nothing is committed yet"
    _write(sink, b'{"n": 1}')
    position = sink.position()
    if exact and sink.transactional:
        assert read() == [], "nothing is visible before commit"
        sink.commit({"": 1}, {})
        assert sink.committed("") == 1, "the epoch is committed with the outputs"
    else:
        sink.flush()
        position = sink.position()
    assert read() == [b'{"n": 1}'], "what is committed is visible"
    _write(sink, b'{"n": 2}')
    sink.close()
    sink.close()
    again = make()
    again.delivery = strongest
    again.recover("", position)
    if exact and sink.transactional:
        assert again.committed("") == 1, "a new process finds the epoch"
    if exact:
        assert read() == [b'{"n": 1}'], "what was not committed is gone"
    again.close()


def _write(sink: Sink, value: bytes) -> None:
    sink.write([Lines("decisions", [value], ["id"], [None])])
