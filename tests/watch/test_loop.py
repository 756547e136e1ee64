"""The loop on a real project: what it does, leaves alone, refuses and takes back, and what it writes down of it."""

from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from surtitle.cycle import registry_of
from surtitle.cycle.opening import load_scorer
from surtitle.errors import RegistryError, SettingsError
from surtitle.watch.acts import read_acts
from surtitle.watch.loop import act_once
from surtitle.watch.overview import look
from tests.registry.helpers import FACTS, build
from tests.watch.histories import DAY, START, phrases, talk, write_history
from tests.watch.worlds import FIRST, World

OLD, NEW = phrases(0, 1, 2, 3), phrases(0, 1, 6, 7)
BEGUN = START + FIRST * DAY
TODAY = START + 16 * DAY
LATE = TODAY + 2 * DAY  # what is written until today has matured


@pytest.fixture(scope="module")
def steady_once(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A trained project in which nothing changes; not to be changed."""
    world = World(tmp_path_factory.mktemp("steady") / "p", talk(22, 200, lambda day: OLD))
    world.begin()
    return world


@pytest.fixture
def steady(steady_once: World, tmp_path: Path) -> World:
    """A trained project in which nothing changes."""
    return steady_once.copied(tmp_path / "p")


@pytest.fixture
def changing(steady: World) -> World:
    """The same project, in which other phrases become rude after the first model was made, for six days."""
    fashion = talk(22, 200, lambda day: NEW if FIRST <= day < 16 else OLD)
    return World(steady.folder, fashion, "watch.window=6d")


def outcomes(world: World) -> list[tuple[str, str]]:
    with read_acts(world.project.state) as log:
        assert log is not None
        return [(act.kind, act.outcome) for act in log.recent()]


def test_a_fashion_is_followed_and_given_up_again(changing: World) -> None:
    changing.live(BEGUN, TODAY)
    done = changing.act(TODAY + DAY)
    [act] = done.acts
    assert (act.kind, act.outcome, act.champion) == ("policy", "promoted", 1)
    assert act.verdict is not None
    assert act.verdict.triggers == ("quality",)
    assert act.contest is not None
    assert act.contest.gate is not None
    assert act.reason.startswith("The difference in AUC, version 2 minus version 1, is +")
    assert changing.champion() == done.overview.champion == 2
    assert done.overview.acts == done.acts

    again = changing.act(TODAY + DAY)
    assert [(each.kind, each.outcome) for each in again.acts] == [("guard", "kept"), ("policy", "waited")]
    assert again.acts[1].verdict is not None
    assert "the last training began 0.0 hours ago" in again.acts[1].verdict.held_back[0]

    changing.live(TODAY + DAY, TODAY + 5 * DAY)
    last = changing.act(TODAY + 6 * DAY)
    assert [(each.kind, each.outcome) for each in last.acts] == [("guard", "rolled_back"), ("policy", "waited")]
    assert last.acts[0].guard is not None
    assert last.acts[0].reason.endswith("it is worse.")
    assert changing.champion() == last.overview.champion == 1
    # Bad days of before the rollback are what it has settled.
    assert last.overview.verdicts[0].periods == ()
    assert len(registry_of(changing.project).versions()) == 2
    assert outcomes(changing) == [
        ("policy", "promoted"),
        ("guard", "kept"),
        ("policy", "waited"),
        ("guard", "rolled_back"),
        ("policy", "waited"),
    ]


def test_where_nothing_changes_nothing_is_trained(steady: World) -> None:
    for day in range(FIRST, 20, 2):
        steady.live(START + day * DAY, START + (day + 2) * DAY)
        [act] = steady.act(START + (day + 4) * DAY).acts
        assert (act.kind, act.outcome) == ("policy", "waited")
    assert len(registry_of(steady.project).versions()) == 1
    assert act.verdict is not None
    assert len(act.verdict.periods) == 3
    assert not act.verdict.bad


def test_a_pass_ends_with_removing_what_never_decided_if_so_set(steady: World) -> None:
    registry = registry_of(steady.project)
    for _ in range(3):
        registry.register(build, FACTS, now=TODAY)
    steady.act(TODAY)
    assert len(registry.expendable(keep=1)) == 2
    World(steady.folder, steady.rows, "watch.keep_versions=1").act(TODAY)
    assert registry.expendable(keep=1) == []
    assert [version.folder.is_dir() for version in registry.versions()] == [True, False, False, True]


def test_labels_that_an_attacker_flipped_promote_nothing(steady: World) -> None:
    steady.live(BEGUN, TODAY, flipped=1.0)
    [act] = steady.act(LATE).acts
    assert (act.kind, act.outcome) == ("policy", "refused")
    assert "they contradict all before" in act.reason
    assert steady.champion() == 1
    # It is not tried again at once, though quality is as bad as before.
    [act] = steady.act(LATE).acts
    assert act.outcome == "alerted"


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.3, 0.5, 0.7])
def test_a_batch_of_which_a_share_was_flipped_gets_no_worse_model_promoted(steady: World, share: float) -> None:
    steady.live(BEGUN, TODAY, flipped=share)
    steady.act(LATE)
    champion = registry_of(steady.project).find("champion")
    later = [row for row in steady.rows if row[0] >= TODAY]
    y = np.array([label for _, _, label in later])
    auc = {
        version.number: roc_auc_score(
            y, load_scorer(steady.project, version).probabilities([text for _, text, _ in later])[:, 1]
        )
        for version in registry_of(steady.project).versions()
    }
    assert auc[champion.number] >= auc[1] - 0.005, (auc, champion.number)


def test_a_training_that_fails_is_written_down_and_not_tried_at_once(changing: World) -> None:
    changing.live(BEGUN, TODAY)
    (changing.folder / "history.csv").rename(changing.folder / "elsewhere.csv")
    [act] = changing.act(LATE).acts
    assert (act.outcome, act.contest) == ("failed", None)
    assert "history.csv" in act.reason
    (changing.folder / "elsewhere.csv").rename(changing.folder / "history.csv")
    assert [each.outcome for each in changing.act(LATE).acts] == ["alerted"]
    # Nothing was learnt from the labels, so they are still new when the cooldown is over.
    assert look(changing.project, now=LATE + DAY).verdicts[0].action == "retrain"


def test_without_a_champion_or_times_nothing_is_begun(tmp_path: Path) -> None:
    project = write_history(tmp_path, [])
    with pytest.raises(RegistryError, match="surtitle train"):
        act_once(project, now=LATE, environ={})
    timeless = World(tmp_path, [], 'data.time=""')
    with pytest.raises(SettingsError, match=r"data\.time"):
        act_once(timeless.project, now=LATE, environ={})


def test_a_project_where_nothing_was_decided_gets_no_record_by_being_looked_at(steady: World) -> None:
    with read_acts(steady.project.state) as log:
        assert log is None
    assert not (steady.project.state / "loop.db").exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("place", "after"),
    [
        ("surtitle.watch.act.train", "cut_off"),
        ("surtitle.watch.act.promote", "promoted"),
        ("surtitle.watch.loop.ActLog.settle", "promoted"),
    ],
)
def test_a_pass_cut_off_in_its_training_is_brought_to_one_end(
    changing: World, monkeypatch: pytest.MonkeyPatch, place: str, after: str
) -> None:
    changing.live(BEGUN, TODAY)
    cut_off(changing, monkeypatch, place, LATE)
    done = changing.act(LATE + DAY)
    assert done.acts[0].outcome == after
    assert changing.champion() == 2
    assert [version.number for version in registry_of(changing.project).versions()] == [1, 2]
    assert [move.to_version for move in registry_of(changing.project).history("champion")] == [1, 2]
    assert len(registry_of(changing.project).verdicts("champion")) == 2
    assert [outcome for _, outcome in outcomes(changing)].count("promoted") == 1


@pytest.mark.slow
def test_a_training_that_is_cut_off_three_times_in_a_row_has_failed(
    changing: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    changing.live(BEGUN, TODAY)
    for _ in range(3):
        cut_off(changing, monkeypatch, "surtitle.watch.act.train", LATE)
    done = changing.act(LATE)
    assert [act.outcome for act in done.acts] == ["failed", "alerted"]
    assert done.acts[0].reason.startswith("It was cut off 3 times in a row")
    assert [act.outcome for act in changing.act(LATE + DAY).acts] == ["promoted"]


@pytest.mark.slow
@pytest.mark.parametrize("place", ["surtitle.watch.act.rollback", "surtitle.watch.loop.ActLog.settle"])
def test_a_pass_cut_off_in_its_rollback_rolls_back_once(
    changing: World, monkeypatch: pytest.MonkeyPatch, place: str
) -> None:
    changing.live(BEGUN, TODAY)
    changing.act(TODAY + DAY)
    changing.live(TODAY + DAY, TODAY + 5 * DAY)
    cut_off(changing, monkeypatch, place, TODAY + 6 * DAY)
    assert outcomes(changing)[-1] == ("guard", "begun")
    done = changing.act(TODAY + 7 * DAY)
    assert (done.acts[0].kind, done.acts[0].outcome) == ("guard", "rolled_back")
    assert changing.champion() == 1
    assert [move.kind for move in registry_of(changing.project).history("champion")] == [
        "promote",
        "promote",
        "rollback",
    ]


def cut_off(world: World, monkeypatch: pytest.MonkeyPatch, place: str, now: datetime) -> None:
    def killed(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(place, killed)
        with pytest.raises(KeyboardInterrupt):
            world.act(now)
