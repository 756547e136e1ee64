from datetime import timedelta
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.records import Interval
from surtitle.settings import WatchSettings
from surtitle.watch.policy import State, Verdict, decide, span_of
from surtitle.watch.quality import PeriodQuality
from tests.watch.days import DAY, START, play

TEST = Interval(0.90, 0.88, 0.92)
GOOD, BAD = Interval(0.90, 0.87, 0.93), Interval(0.80, 0.77, 0.83)


def day(number: int, auc: Interval | None, **changes: Any) -> PeriodQuality:
    given: dict[str, Any] = {
        "start": START + number * DAY,
        "end": START + (number + 1) * DAY,
        "version": 1,
        "n_decisions": 1000,
        "n_labelled": 900,
        "positives": 300,
        "auc": auc,
        "mature": True,
    }
    return PeriodQuality(**(given | changes))


def state(**changes: Any) -> State:
    given: dict[str, Any] = {"champion": 1, "test_auc": TEST, "trained_at": START, "new_labels": 900}
    return State(**(given | changes))


def verdict(history: list[PeriodQuality], known: State | None = None, at: int = 10, **numbers: Any) -> Verdict:
    return decide(history, known or state(), START + at * DAY, WatchSettings(**numbers))


def test_two_bad_periods_of_three_are_a_reason() -> None:
    assert verdict([day(1, BAD), day(2, GOOD), day(3, BAD)]).triggers == ("quality",)
    assert verdict([day(1, BAD), day(2, GOOD), day(3, GOOD), day(4, BAD)]).triggers == ()


def test_a_fall_that_chance_explains_is_not_bad() -> None:
    wide = Interval(0.86, 0.79, 0.93)
    assert verdict([day(1, wide), day(2, wide)]).bad == ()


def test_a_period_whose_whole_interval_is_below_the_floor_is_bad() -> None:
    told = verdict([day(1, BAD)], state(test_auc=None), floor=0.85)
    assert told.bad[0].bad == "AUC 0.800 [0.770, 0.830] lies below the floor of 0.85"
    assert verdict([day(1, BAD)], state(test_auc=None), floor=0.8).bad == ()


@pytest.mark.parametrize(
    "passed_over",
    [{"version": 2}, {"client": "chess"}, {"mature": False}, {"positives": 29}, {"positives": 880}, {"auc": None}],
)
def test_periods_that_do_not_concern_the_champion_are_passed_over(passed_over: dict[str, Any]) -> None:
    told = verdict(
        [day(n, passed_over.get("auc", BAD), **{k: v for k, v in passed_over.items() if k != "auc"}) for n in (1, 2)]
    )
    assert told.periods == ()
    assert told.action == "wait"
    assert told.reasons[0].startswith("No matured period of version 1 could be judged yet")


def test_periods_of_before_a_rollback_do_not_count() -> None:
    fallen = [day(1, BAD), day(2, BAD), day(5, BAD)]
    assert verdict(fallen, state(since=START + 3 * DAY)).triggers == ()


def test_a_client_has_a_history_of_its_own() -> None:
    told = verdict([day(n, BAD, client="chess") for n in (1, 2)], state(client="chess"))
    assert (told.action, told.client) == ("retrain", "chess")


def test_labels_and_schedule_are_reasons_when_asked_for() -> None:
    assert verdict([], new_labels=900).triggers == ("labels",)
    assert verdict([], new_labels=901).triggers == ()
    assert verdict([], every="10d").triggers == ("schedule",)
    assert verdict([], every="11d").triggers == ()


def test_drift_alone_only_alerts() -> None:
    told = verdict([], state(drift=("unseen terms doubled",)))
    assert (told.action, told.triggers) == ("alert", ())
    assert "unseen terms doubled" in told.reasons[-1]


def test_what_holds_a_training_back_is_told() -> None:
    fallen = [day(1, BAD), day(2, BAD)]
    told = verdict(fallen, state(training=True, new_labels=0), at=0)
    assert told.action == "alert"
    assert told.held_back == (
        "a training is running",
        "the last training began 0.0 hours ago, within the cooldown of 24.0 hours",
        "no label has come since the last training",
    )


def test_verdict_survives_json() -> None:
    told = verdict([day(1, BAD), day(2, BAD)])
    assert msgspec.json.decode(msgspec.json.encode(told), type=Verdict) == told


intervals = st.tuples(*[st.floats(0.5, 1.0)] * 3).map(sorted).map(lambda ends: Interval(ends[1], ends[0], ends[2]))
histories = st.lists(
    st.builds(
        day,
        st.integers(0, 30),
        st.none() | intervals,
        positives=st.integers(0, 900),
        mature=st.booleans(),
        version=st.integers(1, 2),
    ),
    max_size=12,
)
policies = st.builds(
    WatchSettings,
    cooldown=st.sampled_from(["0s", "1d", "3d"]),
    new_labels=st.sampled_from([0, 500, 2000]),
    every=st.sampled_from(["", "2d", "7d"]),
    floor=st.sampled_from([0.0, 0.8]),
    min_positives=st.sampled_from([1, 30, 400]),
)


@given(histories, policies, st.lists(st.tuples(st.floats(0, 3), st.integers(0, 1000)), max_size=30))
def test_never_two_retrains_within_the_cooldown(
    history: list[PeriodQuality], policy: WatchSettings, moments: list[tuple[float, int]]
) -> None:
    now, known, retrained = START + 31 * DAY, state(trained_at=START), []
    for days, labels in moments:
        now += timedelta(days=days)
        known = msgspec.structs.replace(known, new_labels=known.new_labels + labels)
        if decide(history, known, now, policy).action == "retrain":
            retrained.append(now)
            known = msgspec.structs.replace(known, trained_at=now, new_labels=0)
    gaps = [later - earlier for earlier, later in pairwise(retrained)]
    assert all(gap >= span_of(policy.cooldown) for gap in gaps)


@given(histories, policies, st.integers(0, 3000), st.booleans(), st.booleans())
def test_no_retrain_without_a_trigger_nor_while_one_runs(
    history: list[PeriodQuality], policy: WatchSettings, labels: int, training: bool, drift: bool
) -> None:
    known = state(new_labels=labels, training=training, drift=("drift",) if drift else ())
    told = decide(history, known, START + 31 * DAY, policy)
    assert (told.action == "retrain") == bool(told.triggers and not told.held_back)
    assert not (told.action == "retrain" and training)
    if not told.bad and not policy.every and not policy.new_labels:
        assert told.action != "retrain"


@given(histories, policies)
def test_under_the_minimum_of_positives_no_quality_trigger(history: list[PeriodQuality], policy: WatchSettings) -> None:
    poor = [msgspec.structs.replace(quality, positives=policy.min_positives - 1) for quality in history]
    assert "quality" not in decide(poor, state(), START + 31 * DAY, policy).triggers


@given(histories, policies, st.randoms())
def test_the_order_of_the_history_does_not_matter(
    history: list[PeriodQuality], policy: WatchSettings, rng: Any
) -> None:
    history = list({quality.end: quality for quality in history}.values())
    shuffled = list(history)
    rng.shuffle(shuffled)
    now = START + 31 * DAY
    assert decide(shuffled, state(), now, policy) == decide(history, state(), now, policy)


def retrains(told: list[Verdict]) -> list[int]:
    return [evening for evening, verdict in enumerate(told, start=1) if verdict.action == "retrain"]


def test_stable_quality_gives_few_false_retrains() -> None:
    counts = [len(retrains(play([0.85] * 200, WatchSettings(), n=800, seed=seed))) for seed in range(3)]
    assert sum(counts) <= 0.01 * 200 * len(counts)


@pytest.mark.slow
@pytest.mark.parametrize("n", [500, 2500])
def test_stable_quality_gives_few_false_retrains_over_many_runs(n: int) -> None:
    counts = [len(retrains(play([0.85] * 200, WatchSettings(), n=n, seed=seed))) for seed in range(5)]
    assert sum(counts) <= 0.01 * 200 * len(counts)


@pytest.mark.parametrize("seed", range(5))
def test_a_fall_of_5_points_is_acted_on_within_2_matured_periods(seed: int) -> None:
    fell, late = 20, 7
    told = play([0.85] * fell + [0.80] * 5, WatchSettings(), n=6000, seed=seed, late=late)
    assert retrains(told)[0] == fell + 2 + late
