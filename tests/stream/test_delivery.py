"""Each guarantee, proved by crashes at every step of a commit; and refused where it cannot be given."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from surtitle.errors import StreamError, SurroundingsError
from surtitle.stream.deciding import Model
from surtitle.stream.delivery import choose_delivery
from surtitle.stream.ports import AbortedError
from surtitle.stream.testing import Crash, LengthScorer, MemorySink, MemorySource, Rig
from tests.stream.streams import plan, record

RECORDS = [record(n, n / 2, ["chess", "go"][n % 2], text="POISON" if n == 13 else None) for n in range(40)]
STEPS = ("write", "written", "flush", "commit", "committed")
moments = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 6)), max_size=4)


class _At:
    """Raises at some visits of some steps, each once."""

    def __init__(self, moments: list[tuple[str, int]], error: type[BaseException]) -> None:
        self._left = Counter(moments)
        self._seen: Counter[str] = Counter()
        self._error = error

    def __call__(self, step: str) -> None:
        moment = (step, self._seen[step])
        self._seen[step] += 1
        if self._left[moment]:
            self._left[moment] -= 1
            raise self._error("here")


def _rig(folder: Path, **options: Any) -> Rig:
    rig = Rig(folder, plan(["tumbling 5s by client", "session 3s"], lateness_s=2), max_records=7, **options)
    rig.push(*RECORDS)
    return rig


def _ids(rig: Rig) -> list[str]:
    return [decision["id"] for decision in rig.sink.values("decisions")]


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> Rig:
    rig = _rig(tmp_path_factory.mktemp("straight"))
    rig.settle()
    rig.finish()
    assert len(_ids(rig)) == 39
    return rig


fresh_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=20, deadline=None)


@fresh_folder
@given(moments, st.booleans())
def test_exactly_once_decides_each_event_once_and_gives_the_same_windows_whatever_crashes(
    straight: Rig, tmp_path_factory: pytest.TempPathFactory, moments: list[tuple[str, int]], transactional: bool
) -> None:
    rig = _rig(tmp_path_factory.mktemp("state"), sink=MemorySink(transactional=transactional))
    rig.run_with(_At(moments, Crash))
    assert _ids(rig) == _ids(straight)
    assert rig.sink.values("windows") == straight.sink.values("windows")


@fresh_folder
@given(moments)
def test_a_transaction_that_was_aborted_is_done_again(
    straight: Rig, tmp_path_factory: pytest.TempPathFactory, moments: list[tuple[str, int]]
) -> None:
    rig = _rig(tmp_path_factory.mktemp("state"), sink=MemorySink(transactional=True))
    rig.run_with(
        _At([(step, visit) for step, visit in moments if step in ("write", "written", "commit")], AbortedError)
    )
    rig.finish()
    assert _ids(rig) == _ids(straight)
    assert rig.sink.values("windows") == straight.sink.values("windows")


@fresh_folder
@given(moments)
def test_at_least_once_loses_nothing_and_repeats_the_same_bytes(
    straight: Rig, tmp_path_factory: pytest.TempPathFactory, moments: list[tuple[str, int]]
) -> None:
    rig = _rig(tmp_path_factory.mktemp("state"), delivery="at-least-once")
    rig.run_with(_At(moments, Crash))
    assert set(_ids(rig)) == set(_ids(straight))
    decided = {(line["partition"], line["position"]): line for line in rig.sink.values("decisions")}
    assert all(line == decided[line["partition"], line["position"]] for line in rig.sink.values("decisions"))
    assert rig.sink.values("windows")[-1] == straight.sink.values("windows")[-1]


@fresh_folder
@given(moments)
def test_at_most_once_repeats_nothing(
    straight: Rig, tmp_path_factory: pytest.TempPathFactory, moments: list[tuple[str, int]]
) -> None:
    rig = _rig(tmp_path_factory.mktemp("state"), delivery="at-most-once")
    rig.run_with(_At(moments, Crash))
    assert max(Counter(_ids(rig)).values(), default=1) == 1
    assert set(_ids(rig)) <= set(_ids(straight))


def test_a_replay_never_decides_with_two_versions(tmp_path: Path) -> None:
    rig = _rig(tmp_path, delivery="at-least-once")
    versions = iter(range(1, 100))

    def crash_once(step: str) -> None:
        if step == "flush" and rig.model.general.version == 1:
            rig.model = Model("model", next(versions) + 1, LengthScorer())
            raise Crash

    rig.run_with(crash_once)
    seen: dict[int, set[int]] = {}
    for decision in rig.sink.values("decisions"):
        seen.setdefault(decision["position"], set()).add(decision["version"])
    assert all(len(found) == 1 for found in seen.values())
    assert {version for found in seen.values() for version in found} == {1, 2}


def test_a_graceful_stop_repeats_nothing_at_the_next_start(tmp_path: Path) -> None:
    rig = _rig(tmp_path, delivery="at-least-once")
    rig.settle()
    rig.runner.stop()
    rig.turn()
    rig.kill()
    rig.settle()
    assert len(_ids(rig)) == 39


def test_partitions_of_a_scoped_source_have_states_of_their_own(tmp_path: Path) -> None:
    source = MemorySource(["a", "b"], scoped=True)
    rig = Rig(tmp_path, plan(["tumbling 5s"]), source=source, sink=MemorySink(transactional=True), max_records=7)
    rig.push(*RECORDS[::2], partition="a")
    rig.push(*RECORDS[1::2], partition="b")
    rig.run_with(_At([("commit", 1), ("committed", 3)], Crash))
    assert sorted(_ids(rig)) == sorted(f"e{n}" for n in range(40) if n != 13)
    assert {row["scope"] for row in rig.sink.values("windows")} == {"a", "b"}
    assert sum(row["totals"]["count"] for row in rig.sink.values("windows")) == 39


def test_a_sink_that_is_elsewhere_than_the_state_is_refused(tmp_path: Path) -> None:
    rig = _rig(tmp_path, sink=MemorySink(transactional=True))
    rig.settle()
    rig.sink.epochs[""] += 5
    rig.kill()
    with pytest.raises(StreamError, match="do not belong together"):
        rig.settle()


def test_a_sink_that_fails_stops_the_stream_and_nothing_is_lost(tmp_path: Path, straight: Rig) -> None:
    rig = _rig(tmp_path)
    rig.sink.fail_at = _At([("written", 2)], SurroundingsError)
    with pytest.raises(SurroundingsError):
        rig.settle()
    rig.kill()
    rig.settle()
    assert _ids(rig) == _ids(straight)


def test_what_cannot_be_given_is_refused_with_the_reason() -> None:
    source, sink = MemorySource(), MemorySink()
    source.guarantees, source.why_not = frozenset({"at-most-once"}), "it cannot be read again"
    with pytest.raises(
        StreamError, match=r"exactly-once from memory .* it cannot be read again; possible: at-most-once"
    ):
        choose_delivery("exactly-once", source, sink)
    assert choose_delivery("auto", source, sink) == "at-most-once"


def test_exactly_once_into_files_is_refused_where_partitions_move() -> None:
    scoped = MemorySource(scoped=True)
    with pytest.raises(StreamError, match="cannot move"):
        choose_delivery("exactly-once", scoped, MemorySink())
    assert choose_delivery("auto", scoped, MemorySink()) == "at-least-once"
    assert choose_delivery("auto", scoped, MemorySink(transactional=True)) == "exactly-once"


def test_ids_name_each_decision_and_each_row(tmp_path: Path, straight: Rig) -> None:
    assert len(set(straight.sink.ids)) == len(straight.sink.ids) == len(straight.sink.visible)
    assert "memory|p|0|1" in straight.sink.ids
