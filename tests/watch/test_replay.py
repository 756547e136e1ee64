from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from surtitle.errors import DataError, SettingsError
from surtitle.project import load_project
from surtitle.simulate import Comment, generate
from surtitle.watch.history import project_of
from tests.watch.histories import DAY, START, Row, Told, phrases, replayed, talk, write_history

OLD, NEW = phrases(0, 1, 2, 3), phrases(0, 1, 6, 7)
CHANGED = 12


@pytest.fixture(scope="module")
def changed(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """From day 12 on other phrases are rude."""
    rows = talk(24, 300, lambda day: OLD if day < CHANGED else NEW)
    return replayed(tmp_path_factory.mktemp("changed"), rows, first=8)


def test_the_loop_recovers_from_a_change_and_the_first_model_does_not(changed: Told) -> None:
    outcome = changed.outcome
    last = outcome.periods[-1]
    assert last.loop.auc is not None
    assert last.static.auc is not None
    assert last.loop.auc.low > last.static.auc.high
    assert outcome.total.difference is not None
    assert outcome.total.difference.low > 0
    assert outcome.rollbacks == 0


def test_it_acts_as_soon_as_two_bad_periods_have_matured(changed: Told) -> None:
    first = changed.outcome.retrainings[0]
    assert first.verdict.triggers == ("quality",)
    assert first.contest.promoted
    assert first.verdict.bad[0].start == START + CHANGED * DAY
    assert first.verdict.at == START + (CHANGED + 3) * DAY
    assert first.delay_s == 3 * 86_400


def test_until_then_both_say_the_same(changed: Told) -> None:
    before = changed.history.place(changed.outcome.retrainings[0].verdict.at)
    rows = slice(changed.outcome.first_examples, before)
    np.testing.assert_array_equal(changed.replay.static[rows], changed.replay.loop[rows])
    assert (changed.replay.static[: rows.start] == 0).all()


def test_no_label_is_used_before_it_has_come(changed: Told) -> None:
    for training in changed.outcome.retrainings:
        known = changed.history.place(training.verdict.at - DAY)
        assert sum(training.contest.examples.values()) <= known


def test_what_has_not_changed_is_not_trained_again(tmp_path: Path) -> None:
    told = replayed(tmp_path, talk(16, 200, lambda day: OLD), first=8)
    assert told.outcome.retrainings == ()
    np.testing.assert_array_equal(told.replay.static, told.replay.loop)


def test_a_fashion_that_passes_is_rolled_back(tmp_path: Path) -> None:
    """Four days of another taste: a model of these days alone is promoted, and is worse once they are over."""
    rows = talk(24, 300, lambda day: NEW if 12 <= day < 15 else OLD)
    told = replayed(tmp_path, rows, "watch.window=3d", "watch.cooldown=7d", first=8)
    assert [training.contest.promoted for training in told.outcome.retrainings] == [True]
    [verdict] = told.outcome.guarded
    assert verdict.roll_back
    assert verdict.difference is not None
    assert verdict.difference.high < 0
    assert told.outcome.rollbacks == 1
    after = told.history.place(verdict.at)
    np.testing.assert_array_equal(told.replay.loop[after:], told.replay.static[after:])


def community(seed: int = 5) -> list[Comment]:
    return list(generate(7_000, seed=seed, start=START, days=28))


def flipped(comments: list[Comment], start: datetime, end: datetime, every: int) -> list[Row]:
    rows = []
    for place, comment in enumerate(comments):
        attacked = start <= comment.created_utc < end and place % every == 0
        label = 1 - comment.label if attacked else comment.label
        rows.append((comment.created_utc, comment.text, label))
    return rows


@pytest.mark.parametrize("every", [1, *(pytest.param(every, marks=pytest.mark.slow) for every in (2, 3))])
def test_a_poisoned_batch_of_labels_promotes_no_worse_model(tmp_path: Path, every: int) -> None:
    """An attacker flips every label, or a part of them, for two days; the policy trains on whatever comes."""
    comments = community()
    rows = flipped(comments, START + 16 * DAY, START + 18 * DAY, every)
    overrides = ("watch.new_labels=400", "data.duplicates=keep", "data.conflicts=keep")
    told = replayed(tmp_path, rows, *overrides, first=12)
    assert told.outcome.retrainings
    after = told.history.place(START + 18 * DAY)
    places = [int(row) - 1 for row in told.history.table["id"].to_pylist()[after:]]
    truth = [comments[place].label for place in places]
    loop, static = (roc_auc_score(truth, probs[after:, 1]) for probs in (told.replay.loop, told.replay.static))
    assert loop >= static - 0.01


def test_labels_that_contradict_all_before_are_left_to_a_person(tmp_path: Path) -> None:
    rows = flipped(community(), START + 16 * DAY, START + 28 * DAY, 1)
    told = replayed(tmp_path, rows, "watch.new_labels=400", first=12)
    contests = [training.contest for training in told.outcome.retrainings if training.verdict.at > START + 19 * DAY]
    assert contests
    assert not any(contest.promoted for contest in contests)
    assert any("worse than chance: they contradict all before" in contest.refused for contest in contests)


def test_first_examples_of_one_class_are_refused(tmp_path: Path) -> None:
    rows = [
        (time, text, int(number > 600 and number % 2))
        for number, (time, text, _) in enumerate(talk(8, 200, lambda day: OLD))
    ]
    with pytest.raises(DataError, match=r"the first 400 examples make no model: .* none is 1; let the first part be"):
        replayed(tmp_path, rows, first=2)


def test_history_without_times_is_refused(tmp_path: Path) -> None:
    write_history(tmp_path, [])
    with pytest.raises(SettingsError, match=r"data\.time: names no column") as caught:
        project_of(load_project(tmp_path, ["data.time=''"]), None)
    assert "nothing can be replayed" in str(caught.value)
