import json
import multiprocessing
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from surtitle.cycle import open_scorer, registry_of, train
from surtitle.errors import DataError, SettingsError
from surtitle.models import LinearScorer
from surtitle.prepare import prepare
from surtitle.project import Project, load_project

from .projects import NOW, make_project, write_comments


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = make_project(tmp_path_factory.mktemp("garden"))
    train(project, now=NOW, environ={})
    return project


def test_a_table_of_text_and_labels_becomes_a_registered_champion(tmp_path: Path) -> None:
    result = train(make_project(tmp_path), now=NOW, environ={})
    assert (result.version, result.fresh, result.champion) == (1, True, True)
    assert result.classes == ("0", "1")
    assert 0.6 < result.metrics["auc"].low < result.metrics["auc"].value < 0.95
    assert sum(result.split.values()) == 600
    assert result.report.read_text().startswith("<!doctype html>")
    assert sorted(path.name for path in result.artefact.iterdir()) == [
        "chunks.json",
        "evaluation.json",
        "manifest.json",
        "report.html",
        "seen.safetensors",
        "sketch.json",
        "tokenizer.json",
        "vocabulary.json",
        "weights.safetensors",
    ]


def test_training_again_with_nothing_changed_does_nothing(trained: Project) -> None:
    again = train(trained, now=NOW + timedelta(days=1), environ={})
    assert (again.version, again.fresh) == (1, False)
    assert len(registry_of(trained).versions()) == 1


def test_the_measured_scores_are_those_of_the_registered_model(trained: Project) -> None:
    """Promise 1: training and using go through one path."""
    evaluation = json.loads((registry_of(trained).find(1).folder / "evaluation.json").read_text())
    test = prepare(trained, now=NOW, environ={}).load("test")
    probabilities = open_scorer(trained).scorer.probabilities(test["text"].to_pylist())[:, 1]
    y = np.array(test["label"].to_pylist()) == "1"
    wins = (probabilities[y][:, None] > probabilities[~y]) + 0.5 * (probabilities[y][:, None] == probabilities[~y])
    assert evaluation["metrics"]["auc"]["value"] == pytest.approx(wins.mean(), abs=1e-12)


def test_a_training_killed_before_it_set_its_alias_is_made_good_by_the_next(tmp_path: Path) -> None:
    project = make_project(tmp_path, n=300)
    train(project, now=NOW, environ={})
    with closing(sqlite3.connect(project.state / "registry" / "registry.db")) as db, db:
        db.execute("DELETE FROM moves")  # what a kill between the two commits leaves
    assert registry_of(project).aliases() == {}
    again = train(project, now=NOW, environ={})
    assert (again.version, again.fresh, again.champion) == (1, False, True)
    assert open_scorer(project).version == 1


def test_two_trainings_of_the_same_data_give_the_same_artefact(tmp_path: Path) -> None:
    folders = [train(make_project(tmp_path / name), now=NOW, environ={}).artefact for name in ("one", "other")]
    for name in ("weights.safetensors", "vocabulary.json", "seen.safetensors"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()


@pytest.mark.parametrize("change", ["[features]\nword_ngrams = [1, 1]\n", "[costs]\nreview = 0.1\n"])
def test_a_changed_setting_gives_a_new_version_which_is_the_challenger(tmp_path: Path, change: str) -> None:
    train(make_project(tmp_path), now=NOW, environ={})
    result = train(make_project(tmp_path, change), now=NOW, environ={})
    assert (result.version, result.fresh, result.champion) == (2, True, False)
    assert registry_of(load_project(tmp_path)).aliases() == {"champion": 1, "challenger": 2}


def test_changed_data_gives_a_new_version(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    train(project, now=NOW, environ={})
    write_comments(tmp_path / "comments.csv", 700)
    assert train(project, now=NOW, environ={}).version == 2


def test_settings_that_change_no_answer_do_not_train_again(trained: Project) -> None:
    again = train(load_project(trained.root, ["owners.data=me"]), now=NOW, environ={})
    assert not again.fresh


def test_force_trains_although_nothing_has_changed(tmp_path: Path) -> None:
    project = make_project(tmp_path, n=300)
    train(project, now=NOW, environ={})
    assert train(project, now=NOW, environ={}, force=True).version == 2


def test_many_classes_are_scored_and_their_action_is_the_class(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    lines = (tmp_path / "comments.csv").read_text().splitlines()
    lines[1:] = [f"{line[:-1]}{'rude' if line.endswith('1') else 'kind'}" for line in lines[1:]]
    lines[1:] = [f"{line.rpartition(',')[0]},other" if i % 5 == 0 else line for i, line in enumerate(lines[1:])]
    (tmp_path / "comments.csv").write_text("\n".join(lines) + "\n")
    result = train(project, now=NOW, environ={})
    assert result.classes == ("kind", "other", "rude")
    scored = open_scorer(project).scorer.score(["you dummy, what a fool"])[0]
    assert scored.action == scored.label == "rude"


OWN = """
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.naive_bayes import ComplementNB
from sklearn.pipeline import make_pipeline

def make():
    return make_pipeline(TfidfVectorizer(), ComplementNB())
"""


def test_an_own_estimator_is_trained_kept_and_used(tmp_path: Path) -> None:
    (tmp_path / "own_bayes.py").write_text(OWN)
    make_project(tmp_path)
    project = load_project(tmp_path, ["train.estimator=own_bayes:make"])
    result = train(project, now=NOW, environ={})
    assert result.metrics["auc"].value > 0.6
    assert (result.artefact / "estimator.skops").is_file()
    model = open_scorer(project).scorer
    assert not isinstance(model, LinearScorer)
    assert model.score(["you dummy"])[0].score > model.score(["thank you"])[0].score
    (tmp_path / "own_bayes.py").write_text(OWN.replace("ComplementNB()", "ComplementNB(alpha=2)"))
    assert train(project, now=NOW, environ={}).fresh, "a changed estimator must train again"


def test_an_own_estimator_that_is_none_is_refused_before_anything_is_registered(tmp_path: Path) -> None:
    (tmp_path / "own_nothing.py").write_text("def make():\n    return 3\n")
    make_project(tmp_path)
    project = load_project(tmp_path, ["train.estimator=own_nothing:make"])
    with pytest.raises(SettingsError, match=r"train.estimator.*own_nothing:make returned 3"):
        train(project, now=NOW, environ={})
    assert registry_of(project).versions() == []


def test_texts_without_a_common_term_are_refused(tmp_path: Path) -> None:
    make_project(tmp_path)
    project = load_project(tmp_path, ["features.min_examples=100000"])
    with pytest.raises(DataError, match=r"features.min_examples.*lower it"):
        train(project, now=NOW, environ={})


def _train(root: Path) -> int:
    return train(load_project(root), now=NOW, environ={}).version


def test_two_trainings_at_once_take_turns_and_do_the_work_once(tmp_path: Path) -> None:
    make_project(tmp_path)
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        assert pool.map(_train, [tmp_path, tmp_path]) == [1, 1]
    assert len(registry_of(load_project(tmp_path)).versions()) == 1
