"""The record of what the loop decided: kept once, found again, bounded."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from surtitle.errors import SurroundingsError
from surtitle.watch import acts
from surtitle.watch.acts import Act, ActLog, read_acts
from surtitle.watch.contest import Contest

START = datetime(2026, 3, 1, tzinfo=UTC)


def made(outcome: Any, hour: int = 0, **fields: Any) -> Act:
    facts: dict[str, Any] = {"kind": "policy", "client": None, "champion": 1, "reason": "So."} | fields
    return Act(at=START + timedelta(hours=hour), outcome=outcome, **facts)


@pytest.fixture
def log(tmp_path: Path) -> Iterator[ActLog]:
    with ActLog(tmp_path) as opened:
        yield opened


def test_what_came_of_an_act_takes_its_place(log: ActLog) -> None:
    number, act = log.add(made("begun"))
    assert log.begun() == [(number, act)]
    log.settle(number, made("promoted"))
    assert log.begun() == []
    assert log.recent() == (made("promoted"),)


def test_the_newest_are_told_and_idle_ones_do_not_crowd_out_the_others(log: ActLog) -> None:
    log.add(made("promoted"))
    log.add_all([made("waited", hour) for hour in range(1, 100)])
    log.add_all([made("refused", hour) for hour in range(100, 200)])
    told = log.recent()
    assert [act.outcome for act in told] == ["waited"] * 20 + ["refused"] * 80
    assert [act.at for act in told] == sorted(act.at for act in told)


def test_only_idle_ones_are_ever_forgotten(log: ActLog, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acts, "_MOST_IDLE", 3)
    log.add(made("promoted"))
    log.add_all([made("waited", hour) for hour in range(1, 9)])
    log.trim()
    assert [act.at.hour for act in log.recent()] == [0, 6, 7, 8]


def test_the_last_training_of_each_client_is_known(log: ActLog) -> None:
    log.add_all([made("promoted", 1), made("waited", 9), made("cut_off", 8), made("rolled_back", 7, kind="guard")])
    log.add_all([made("refused", 2, client="go"), made("failed", 5, client="go")])
    assert log.last_trainings(failed=False) == {None: made("x", 1).at, "go": made("x", 2).at}
    assert log.last_trainings(failed=True) == {None: made("x", 1).at, "go": made("x", 5).at}


def test_trainings_cut_off_in_a_row_are_counted_by_client(log: ActLog) -> None:
    log.add_all([made("cut_off", 1), made("promoted", 2), made("cut_off", 3), made("waited", 4), made("cut_off", 5)])
    log.add_all([made("begun", 6), made("refused", 7, client="go")])
    assert (log.cut_off_in_a_row(None), log.cut_off_in_a_row("go"), log.cut_off_in_a_row("chess")) == (2, 0, 0)


def test_a_challenger_is_in_the_shadow_until_that_has_ended(log: ActLog) -> None:
    assert log.in_shadow() is None
    entered = made("in_shadow", 1, contest=Contest(challenger=2, examples={}))
    log.add(entered)
    log.add(made("waited", 2, kind="shadow"))
    assert log.in_shadow() == entered
    number, _ = log.add(made("begun", 3, kind="shadow"))
    assert log.in_shadow() == entered
    log.settle(number, made("refused", 3, kind="shadow"))
    assert log.in_shadow() is None
    log.add(made("in_shadow", 4))
    assert log.in_shadow() == made("in_shadow", 4)


def test_what_was_written_is_read_by_another(tmp_path: Path, log: ActLog) -> None:
    log.add(made("kept", kind="guard"))
    with read_acts(tmp_path) as other:
        assert other is not None
        assert other.recent() == (made("kept", kind="guard"),)


def test_reading_makes_no_file(tmp_path: Path) -> None:
    with read_acts(tmp_path) as nothing:
        assert nothing is None
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_file_is_named_with_the_way_out(tmp_path: Path) -> None:
    (tmp_path / "loop.db").write_bytes(b"not a database" * 100)
    with pytest.raises(SurroundingsError, match=r"loop\.db.*move it away"), ActLog(tmp_path):
        pass


def test_an_act_that_cannot_be_read_is_no_defect(tmp_path: Path, log: ActLog) -> None:
    log._db.execute("INSERT INTO acts (at, kind, outcome, value) VALUES (0, 'policy', 'begun', '{}')")
    with pytest.raises(SurroundingsError, match=r"loop\.db.*move it away"):
        log.begun()
