"""Quality over time: each period, version and client by its own labels, measured again only when something came."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from surtitle.models import DecisionRule
from surtitle.project import Project, load_project
from surtitle.records import Thresholds
from surtitle.watch import over_time
from surtitle.watch.over_time import Watched, measure_over_time
from surtitle.watch.quality import measure_period
from surtitle.watch.rows import DecisionRow, LabelRow, Position, micros
from surtitle.watch.store import WatchStore

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
RULE = DecisionRule(("0", "1"), (1.0, 1.0), Thresholds(review=0.3, remove=0.7))
Make = Callable[..., None]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    settings = "[evaluate]\nresamples = 100\n[watch]\nmaturity = '2d'\n"
    (tmp_path / "surtitle.toml").write_text(f'[data]\nsource = "x.csv"\n{settings}')
    return load_project(tmp_path)


def fill(
    store: WatchStore,
    *,
    day: int = 0,
    n: int = 400,
    version: int = 1,
    labelled: float = 1.0,
    seed: int = 0,
    clients: tuple[str | None, ...] = ("chess", "go"),
    noise: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Add calibrated decisions of a day and their labels; return scores and the truth of those with a label."""
    rng = np.random.default_rng((seed, day, version))
    scores = rng.beta(0.6, 0.9, n)
    y = rng.random(n) < np.where(rng.random(n) < noise, 0.5, scores)
    at = micros(START + day * DAY) + np.arange(n)
    keys = (day * 1_000_000 + version * 100_000 + np.arange(n)).tolist()
    decisions = [
        DecisionRow(key, version, clients[key % len(clients)], "allow", score, time, time)
        for key, score, time in zip(keys, scores.tolist(), at.tolist(), strict=True)
    ]
    store.add_decisions(decisions, source="d", position=Position())
    told = rng.random(n) < labelled
    labels = [LabelRow(key, str(int(value)), 0) for key, value, is_told in zip(keys, y, told, strict=True) if is_told]
    store.add_labels(labels, source="l", position=Position())
    return scores[told], y[told]


def measured(project: Project, store: WatchStore, now: datetime = START + 10 * DAY) -> list[Watched]:
    return measure_over_time(project, store, {1: RULE, 2: RULE}, now=now)


def test_each_version_and_client_has_figures_of_its_own(project: Project) -> None:
    with WatchStore(project.state) as store:
        first = fill(store, version=1, labelled=0.5)
        second = fill(store, version=2)
        found = measured(project, store)
    assert [(each.quality.version, each.quality.client) for each in found] == [
        (version, client) for version in (1, 2) for client in (None, "chess", "go")
    ]
    for each, (scores, y) in ((found[0], first), (found[3], second)):
        assert each.quality.auc is not None
        assert each.quality.auc.value == pytest.approx(roc_auc_score(y, scores))
        assert (each.quality.n_decisions, each.quality.n_labelled) == (400, len(y))
        assert sum(each.scores) == 400
    assert sum(each.quality.n_labelled for each in found[1:3]) == len(first[1])


def test_a_period_is_mature_when_its_labels_can_have_come(project: Project) -> None:
    with WatchStore(project.state) as store:
        for day in range(4):
            fill(store, day=day, clients=(None,))
        found = measured(project, store, now=START + 4 * DAY)
    assert [each.quality.mature for each in found] == [True, True, False, False]


def test_only_what_has_changed_is_measured_again(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[datetime] = []
    measure = measure_period

    def spy(*args: Any, **given: Any) -> object:
        done.append(given["start"])
        return measure(*args, **given)

    monkeypatch.setattr(over_time, "measure_period", spy)
    with WatchStore(project.state) as store:
        for day in range(3):
            fill(store, day=day, clients=(None,), labelled=0.5)
        before = measured(project, store)
        assert len(done) == 3
        assert measured(project, store) == before
        assert len(done) == 3
        store.add_labels([LabelRow(1_100_007, "1", 99)], source="l", position=Position())
        measured(project, store)
    assert done[3:] == [START + DAY]


def test_an_estimate_is_believed_while_labels_agree_and_doubted_once_they_do_not(project: Project) -> None:
    with WatchStore(project.state) as store:
        for day, (noise, labelled) in enumerate([(0.0, 1.0), (0.5, 1.0), (0.5, 0.0), (0.0, 1.0), (0.0, 0.0)]):
            fill(store, day=day, n=3000, noise=noise, labelled=labelled, clients=(None,))
        found = measured(project, store)
    estimates = [each.estimate for each in found]
    assert all(each is not None for each in estimates)
    assert [each.reliable for each in estimates if each] == [True, False, False, True, True]
    assert estimates[2] is not None
    assert estimates[2].reasons[0].startswith("labels of 2026-03-02")
    assert found[2].trust is None
    assert found[2].quality.auc is None


def test_labels_of_another_task_count_as_none_and_are_told(project: Project) -> None:
    with WatchStore(project.state) as store:
        fill(store, n=10, labelled=0.0)
        labels = [LabelRow(100_000, "spam", 1), LabelRow(100_001, "1", 1), LabelRow(100_001, "0", 2)]
        store.add_labels(labels, source="l", position=Position())
        whole = measured(project, store)[0]
    assert (whole.quality.n_labelled, whole.unknown_labels, whole.contradicted) == (1, 1, 1)
    assert whole.quality.positives == 0


def test_decisions_of_a_version_that_is_not_there_are_passed_over(project: Project) -> None:
    with WatchStore(project.state) as store:
        fill(store, version=9)
        assert measured(project, store) == []


def test_of_many_classes_the_share_of_right_choices_is_told(project: Project) -> None:
    rule = DecisionRule(("a", "b", "c"), (1.0, 1.0, 1.0))
    rows = [DecisionRow(key, 1, None, "abc"[key % 3], 0.8, micros(START), 0) for key in range(90)]
    with WatchStore(project.state) as store:
        store.add_decisions(rows, source="d", position=Position())
        labels = [LabelRow(key, "abc"[key % 3] if key < 60 else "a", 0) for key in range(90)]
        store.add_labels(labels, source="l", position=Position())
        [found] = measure_over_time(project, store, {1: rule}, now=START)
    assert found.quality.accuracy is not None
    assert found.quality.accuracy.value == pytest.approx(70 / 90)
    assert (found.quality.auc, found.estimate, found.quality.positives) == (None, None, None)


def test_times_far_apart_cost_no_more_than_the_periods_between_them_hold(project: Project) -> None:
    rows = [DecisionRow(key, 1, None, "allow", 0.5, time, 0) for key, time in enumerate((-(10**15), 0, 4 * 10**15))]
    with WatchStore(project.state) as store:
        store.add_decisions(rows, source="d", position=Position())
        assert [each.quality.n_decisions for each in measured(project, store)] == [1, 1, 1]


def test_nothing_decided_is_no_history(project: Project) -> None:
    with WatchStore(project.state) as store:
        assert measured(project, store) == []
