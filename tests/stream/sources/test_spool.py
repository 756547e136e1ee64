from collections.abc import Iterator
from pathlib import Path

import pytest

from surtitle.errors import StreamError
from surtitle.spool import Spool
from surtitle.stream.ports import Opening
from surtitle.stream.sources.spool import SpoolSource, open_source
from surtitle.stream.testing import check_source


@pytest.fixture
def spool(tmp_path: Path) -> Iterator[Spool]:
    made = Spool(tmp_path / "events.db")
    yield made
    made.close()


def source_of(spool: Spool) -> SpoolSource:
    return open_source(f"spool://{spool.path}", Opening(stream="s"))


def begin(source: SpoolSource, position: str | None = None) -> None:
    for partition in source.poll(1, 0.0).gained:
        source.seek(partition, position)


def put(spool: Spool, *values: bytes) -> None:
    spool.add(values, limit_bytes=10**9)


def test_keeps_the_promises_of_a_source(spool: Spool) -> None:
    check_source(lambda: source_of(spool), lambda values: put(spool, *values))


def test_what_is_committed_is_removed_and_the_rest_is_not(spool: Spool) -> None:
    put(spool, *(b"%d" % n for n in range(1000)))
    source = source_of(spool)
    begin(source)
    (batch,) = source.poll(600, 0.0).batches
    assert list(batch.positions) == list(range(600))
    assert source.lag() == 400
    source.acknowledge(source.position())
    source.poll(10, 0.0)
    source.close()
    assert (spool.extent().first, spool.extent().last) == (601, 1000)
    again = source_of(spool)
    begin(again, "600")
    assert again.poll(1, 0.0).batches[0].values == [b"600"]
    again.close()


def test_what_another_stream_has_taken_is_told_of_not_skipped(spool: Spool) -> None:
    put(spool, b"a", b"b", b"c", b"d")
    source = source_of(spool)
    begin(source)
    source.poll(1, 0.0)
    spool.forget(3)
    with pytest.raises(StreamError, match="the events after number 1 are gone, up to 3"):
        source.poll(1, 0.0)
    source.close()
    with pytest.raises(StreamError, match="the events after number 1 are gone, up to 3"):
        begin(source_of(spool), "1")


def test_a_spool_made_anew_is_refused(spool: Spool) -> None:
    put(spool, b"a")
    with pytest.raises(StreamError, match="made anew: 5 events were read, and it has given out 1"):
        begin(source_of(spool), "5")


def test_rows_of_csv_are_refused() -> None:
    with pytest.raises(StreamError, match="events are JSON objects"):
        open_source("spool:///x/events.db", Opening(stream="s", format="csv"))
