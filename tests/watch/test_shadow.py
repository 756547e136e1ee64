"""A challenger in the shadow of a real service, and what is said of it when its time is over."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from surtitle.cycle import registry_of
from surtitle.records import Interval
from surtitle.settings import DataSettings, Settings, WatchSettings
from surtitle.watch.shadow import judge_shadow
from tests.serve.services import serving, wait_until
from tests.watch.histories import DAY, START, Row, phrases, talk
from tests.watch.worlds import FIRST, World

SETTINGS = Settings(data=DataSettings(source="a.csv"), watch=WatchSettings(shadow="2d", maturity="1d"))
SINCE = datetime(2026, 3, 1, tzinfo=UTC)
OVER = SINCE + 3 * DAY


@pytest.mark.parametrize(
    ("difference", "now", "over", "passed", "told"),
    [
        (Interval(0.02, 0.01, 0.03), OVER - timedelta(seconds=1), False, False, "until 2026-03-04 00:00"),
        (Interval(0.02, 0.01, 0.03), OVER, True, True, "not worse"),
        (Interval(0.0, -0.004, 0.02), OVER, True, True, "not worse"),
        (Interval(0.0, -0.02, 0.02), OVER, True, False, "its lower end must be above -0.01"),
        (None, OVER, True, False, "only 900 events that both scored have labels"),
    ],
)
def test_it_is_judged_once_when_its_time_is_over(
    difference: Interval | None, now: datetime, over: bool, passed: bool, told: str
) -> None:
    verdict = judge_shadow(4, 3, SINCE, difference, now, SETTINGS, n_examples=900)
    assert (verdict.over, verdict.passed) == (over, passed)
    assert told in verdict.reason


OLD, NEW = phrases(0, 1, 2, 3), phrases(0, 1, 6, 7)


@pytest.fixture
def changed(tmp_path: Path) -> World:
    """A world of now in which other phrases have been rude for the last six days; a challenger is in the shadow."""
    shift = datetime.now(UTC) - (START + 16 * DAY)
    rows = [(time + shift, text, label) for time, text, label in talk(20, 200, _rude_words)]
    begun = START + FIRST * DAY + shift
    world = World(tmp_path / "p", rows, "watch.shadow=1d", "watch.maturity=1h", begun=begun)
    world.begin()
    world.live(begun, datetime.now(UTC))
    [act] = world.act(datetime.now(UTC)).acts
    assert (act.outcome, act.reason) == ("in_shadow", "Version 2 passed the gate and is now in the shadow.")
    assert registry_of(world.project).aliases() == {"champion": 1, "challenger": 2}
    return world


def _rude_words(day: int) -> tuple[str, ...]:
    return OLD if day < FIRST else NEW


@pytest.mark.slow
def test_a_challenger_that_stands_the_shadow_of_the_service_is_promoted(changed: World) -> None:
    later = [row for row in changed.rows if row[0] > datetime.now(UTC)][:600]
    _serve(changed, later)
    now = datetime.now(UTC)
    waiting = changed.act(now + timedelta(hours=12))
    assert [(act.kind, act.outcome) for act in waiting.acts] == [("shadow", "waited"), ("policy", "alerted")]
    assert waiting.acts[1].reason.startswith("Held back: ")
    assert "version 2 is in the shadow" in " ".join(waiting.overview.verdicts[0].held_back)
    changed.label(later, now)
    done = changed.act(now + timedelta(days=2))
    [act] = done.acts
    assert (act.kind, act.outcome) == ("shadow", "promoted")
    assert act.shadow is not None
    assert act.shadow.n_examples == 600
    assert act.shadow.difference is not None
    assert act.shadow.difference.low > 0.0
    assert changed.champion() == 2
    assert changed.act(now + timedelta(days=2)).acts[0].kind == "guard"


def _serve(world: World, rows: list[Row]) -> None:
    with serving(world.folder, "serve.shadow=1.0") as running:
        events = [{"id": text.rpartition(" ")[2], "text": text} for _, text, _ in rows]
        assert running.decide(events).status == 200
        kept = f'surtitle_shadow_total{{result="kept"}} {len(rows)}.0'
        wait_until(lambda: kept in running.call("GET", "/metrics").body.decode(), "all of them")


@pytest.mark.slow
def test_a_challenger_that_nobody_let_score_is_refused(changed: World) -> None:
    [shadow, policy] = changed.act(datetime.now(UTC) + timedelta(days=2)).acts
    assert (shadow.outcome, policy.outcome) == ("refused", "alerted")
    assert "does the service run, with serve.shadow above 0?" in shadow.reason
    assert changed.champion() == 1


@pytest.mark.slow
def test_a_challenger_of_a_champion_that_was_replaced_meanwhile_is_dropped(changed: World) -> None:
    registry = registry_of(changed.project)
    registry.set_alias("champion", 2, now=datetime.now(UTC), why="by hand")
    done = changed.act(datetime.now(UTC) + timedelta(hours=3))
    assert [(act.kind, act.outcome) for act in done.acts] == [("shadow", "refused"), ("policy", "waited")]
    assert "has been replaced by version 2 meanwhile" in done.acts[0].reason
    assert len(registry.history("champion")) == 2
