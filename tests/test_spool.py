"""Events that wait on disk: a queue for several writers and a reader."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surtitle.errors import SurroundingsError
from surtitle.spool import FILE_NAME, FullError, Spool

LIMIT = 10**9
# Add so many, or forget up to so far into what is there.
steps = st.lists(st.tuples(st.sampled_from(["add", "forget", "reopen"]), st.integers(1, 5)), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(steps)
def test_it_is_a_queue_whose_numbers_rise_and_never_come_twice(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, int]]
) -> None:
    path = tmp_path_factory.mktemp("spool") / FILE_NAME
    spool, waiting, last = Spool(path), list[tuple[int, bytes]](), 0
    for step, count in steps:
        if step == "add":
            added = [(number, b"%d" % number) for number in range(last + 1, last + count + 1)]
            spool.add([value for _, value in added], limit_bytes=LIMIT)
            waiting, last = waiting + added, last + count
        elif step == "forget":
            spool.forget(waiting[:count][-1][0] if waiting else last)
            waiting = waiting[count:]
        else:
            spool.close()
            spool = Spool(path)
        assert spool.read(0, 1000) == waiting
        assert spool.read(last - 2, 1) == waiting[-2:][:1] or len(waiting) < 2
        assert (spool.extent().first, spool.extent().last) == (waiting[0][0] if waiting else last + 1, last)
    spool.close()


def test_writers_at_once_lose_nothing(tmp_path: Path) -> None:
    spools = [Spool(tmp_path / FILE_NAME) for _ in range(2)]  # as in two processes

    def write(writer: int) -> None:
        for number in range(30):
            spools[writer % 2].add([b"%d" % writer, b"%d" % number], limit_bytes=LIMIT)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(4)))
    found = spools[0].read(0, 1000)
    assert [number for number, _ in found] == list(range(1, 241))
    for spool in spools:
        spool.close()


def test_what_is_over_the_limit_is_refused_until_some_was_forgotten(tmp_path: Path) -> None:
    spool = Spool(tmp_path / FILE_NAME)

    def fill() -> None:
        for _ in range(1000):
            spool.add([b"x" * 10_000], limit_bytes=1_000_000)

    with pytest.raises(FullError, match=r"more than 1,000,000 bytes of events wait for the stream"):
        fill()
    taken = spool.extent().last
    assert 90 < taken < 110
    spool.forget(taken)
    spool.add([b"x"], limit_bytes=1_000_000)
    assert spool.read(0, 10) == [(taken + 1, b"x")]
    spool.close()


def test_a_damaged_file_is_said_with_its_name(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(SurroundingsError, match=FILE_NAME):
        Spool(tmp_path / FILE_NAME).add([b"x"], limit_bytes=LIMIT)
