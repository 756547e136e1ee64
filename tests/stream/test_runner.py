from pathlib import Path

from surtitle.stream.deciding import Model
from surtitle.stream.looking import try_again
from surtitle.stream.testing import LengthScorer, MemorySource, Rig
from tests.stream.streams import SECOND, plan, record


def _decided(rig: Rig) -> list[str]:
    return [line["id"] for line in rig.outputs("decisions")]


def test_a_new_model_decides_from_the_next_batch_on(tmp_path: Path) -> None:
    rig = Rig(tmp_path, plan([]))
    rig.push(record(0, 0))
    rig.settle()
    rig.model = Model("model", 2, LengthScorer())
    rig.push(record(1, 1))
    assert [line["version"] for line in rig.outputs("decisions")] == [1, 2]


def test_the_scorer_is_asked_once_for_a_batch(tmp_path: Path) -> None:
    rig = Rig(tmp_path, plan([]))
    rig.push(*[record(n, n) for n in range(500)])
    rig.settle()
    assert isinstance(rig.model.general.scorer, LengthScorer)
    assert rig.model.general.scorer.calls == 1


def test_windows_close_on_an_idle_stream(tmp_path: Path) -> None:
    rig = Rig(tmp_path, plan(["tumbling 10s"]))
    rig.push(record(0, 0))
    rig.settle()
    for _ in range(60):
        rig.advance_time(SECOND)
    (row,) = rig.outputs("windows")
    assert row["final"]


def test_a_paused_partition_is_not_idle(tmp_path: Path) -> None:
    rig = Rig(tmp_path, plan(["tumbling 10s"]), source=MemorySource(["p", "q"]))
    rig.push(record(0, 0))
    rig.push(record(1, 0), partition="q")
    rig.settle()
    rig.source.paused.add("q")
    rig.push(record(2, 80))
    for _ in range(100):
        rig.advance_time(SECOND)
    assert rig.outputs("windows") == []


def test_a_dead_letter_that_was_mended_is_decided_once(tmp_path: Path) -> None:
    rig = Rig(tmp_path, plan([]))
    rig.push(record(0, 0), b"broken", record(2, 2))
    assert _decided(rig) == ["e0", "e2"]
    assert try_again(tmp_path / "state-.db", mended={1: record(1, 1)}) == 1
    rig.advance_time(2 * SECOND)
    rig.advance_time(2 * SECOND)
    rig.crash()
    assert _decided(rig) == ["e0", "e2", "e1"]
    assert rig.runner._units[""].state.letters_to_try(10) == []


def test_a_dead_letter_that_fails_again_stays(tmp_path: Path) -> None:
    rig = Rig(tmp_path, plan([]))
    rig.push(b"broken")
    rig.settle()
    assert try_again(tmp_path / "state-.db") == 1
    rig.advance_time(2 * SECOND)
    rig.advance_time(2 * SECOND)
    assert rig.runner._units[""].tally.dead == 1
    assert try_again(tmp_path / "state-.db") == 1


def test_positions_are_acknowledged_after_the_commit(tmp_path: Path) -> None:
    rig = Rig(tmp_path, plan([]))
    rig.push(record(0, 0))
    rig.settle()
    assert rig.source.acknowledged == {"p": "1"}


def test_an_idle_stream_commits_nothing(tmp_path: Path) -> None:
    rig = Rig(tmp_path, plan(["tumbling 10s"]))
    rig.push(record(0, 0))
    rig.settle()
    epoch = rig.runner._units[""].epoch
    for _ in range(5):
        rig.advance_time(SECOND)
    assert rig.runner._units[""].epoch == epoch
