"""What the policy and the guard say, carried out on a registry."""

from datetime import datetime
from pathlib import Path

import pytest

from surtitle.cycle import registry_of, train
from surtitle.errors import RegistryError
from surtitle.project import Project, load_project
from surtitle.records import Interval
from surtitle.settings import WatchSettings
from surtitle.watch.act import ask_guard, retrain, roll_back
from surtitle.watch.policy import State, Verdict, decide
from surtitle.watch.quality import PeriodQuality
from tests.watch.histories import DAY, START, Row, phrases, talk, write_history

OLD, NEW = phrases(0, 1, 2, 3), phrases(0, 1, 6, 7)
CHANGED, TODAY = 10, START + 16 * DAY
ROWS = talk(20, 200, lambda day: NEW if CHANGED <= day < 16 else OLD)


def until(moment: datetime) -> list[Row]:
    return [row for row in ROWS if row[0] < moment]


def fallen() -> Verdict:
    """Return the policy's verdict on two bad days."""
    periods = [
        PeriodQuality(
            start=START + day * DAY,
            end=START + (day + 1) * DAY,
            version=1,
            n_decisions=200,
            n_labelled=200,
            positives=80,
            auc=Interval(0.6, 0.5, 0.7),
            mature=True,
        )
        for day in (CHANGED, CHANGED + 1)
    ]
    state = State(champion=1, test_auc=Interval(0.9, 0.85, 0.95), trained_at=START, new_labels=1200)
    return decide(periods, state, TODAY, WatchSettings())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A champion of the first ten days, and labels of sixteen."""
    first = write_history(tmp_path, until(START + CHANGED * DAY))
    train(first, now=START + CHANGED * DAY, environ={})
    return write_history(tmp_path, until(TODAY))


def test_a_better_model_is_promoted_once(project: Project) -> None:
    done = retrain(project, fallen(), now=TODAY, environ={})
    assert (done.challenger, done.promoted, done.refused) == (2, True, "")
    assert done.gate is not None
    assert done.gate.passed
    assert sum(done.examples.values()) == len(until(TODAY))
    registry = registry_of(project)
    assert registry.history("champion")[-1].why == "retrained: quality"
    facts = registry.find(2).facts.examples
    assert abs(facts["test"] - done.examples["test"]) <= 1

    again = retrain(project, fallen(), now=TODAY, environ={})
    assert (again.promoted, again.challenger) == (False, None)
    assert registry.aliases()["champion"] == 2
    assert len(registry.versions()) == len(registry.history("champion")) == 2


def test_a_training_that_was_cut_off_before_the_gate_is_not_done_again(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("surtitle.watch.act.promote", killed)
        with pytest.raises(KeyboardInterrupt):
            retrain(project, fallen(), now=TODAY, environ={})
    assert registry_of(project).aliases()["champion"] == 1
    done = retrain(project, fallen(), now=TODAY + DAY, environ={})
    assert done.challenger == 2
    assert len(registry_of(project).versions()) == 2
    assert registry_of(project).aliases()["champion"] == 2


def test_labels_that_contradict_all_before_promote_nothing(project: Project) -> None:
    steady = talk(16, 200, lambda day: OLD)
    flipped = [(time, text, label ^ (time >= START + CHANGED * DAY)) for time, text, label in steady]
    done = retrain(write_history(project.root, flipped), fallen(), now=TODAY, environ={})
    assert "worse than chance: they contradict all before" in done.refused
    assert not done.promoted
    assert registry_of(project).aliases()["champion"] == 1


def test_a_fashion_that_passes_is_rolled_back_once(project: Project) -> None:
    narrow = load_project(project.root, ["watch.window=6d"])
    done = retrain(narrow, fallen(), now=TODAY, environ={})
    assert done.promoted
    assert sum(done.examples.values()) <= 6 * 200
    assert registry_of(project).find(2).facts.data_from == START + CHANGED * DAY

    later = TODAY + 4 * DAY
    write_history(project.root, until(later))
    verdict = ask_guard(narrow, now=later, environ={})[None]
    assert verdict.roll_back
    assert roll_back(narrow, verdict, now=later)
    assert not roll_back(narrow, verdict, now=later)
    assert registry_of(project).aliases()["champion"] == 1
    assert registry_of(project).history("champion")[-1].why == verdict.reason
    assert ask_guard(narrow, now=later, environ={}) == {}


def test_a_champion_that_holds_stays_and_its_trial_ends(project: Project) -> None:
    retrain(project, fallen(), now=TODAY, environ={})
    verdict = ask_guard(project, now=TODAY + DAY, environ={})[None]
    assert (verdict.roll_back, verdict.n_examples) == (False, 0)
    assert ask_guard(project, now=TODAY + 8 * DAY, environ={}) == {}
    assert registry_of(project).aliases()["champion"] == 2


def test_without_new_labels_no_challenger_is_made(tmp_path: Path) -> None:
    project = write_history(tmp_path, until(START + CHANGED * DAY))
    train(project, now=TODAY, environ={})
    done = retrain(project, fallen(), now=TODAY, environ={})
    assert done.challenger is None
    assert done.refused.startswith("of 0 examples for validation none is")


def test_without_a_champion_there_is_nothing_to_retrain(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="there is no champion to retrain; begin with: surtitle train"):
        retrain(write_history(tmp_path, []), fallen(), now=TODAY, environ={})
