import shutil
from pathlib import Path

import pytest

from surtitle.cycle import open_scorer, promote, registry_of, rollback, train
from surtitle.errors import ArtefactError, RegistryError, UsageError
from surtitle.project import Project, load_project

from .projects import NOW, make_project, write_comments


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a good champion and a challenger that is as good."""
    root = tmp_path_factory.mktemp("template")
    train(make_project(root, n=1500), now=NOW, environ={})
    train(make_project(root, "[features]\nmax_word_terms = 5000\n", n=1500), now=NOW, environ={})
    return root


@pytest.fixture
def project(template: Path, tmp_path: Path) -> Project:
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return load_project(tmp_path)


def make_worse(project: Project) -> Project:
    """Train a version that sees punctuation only, and has the champion's data."""
    worse = load_project(project.root, ["features.char_ngrams=[]", "features.max_word_terms=2"])
    assert train(worse, now=NOW, environ={}).version == 3
    return worse


def test_a_challenger_that_is_not_worse_becomes_champion(project: Project) -> None:
    promotion = promote(project, "2", now=NOW, environ={})
    assert promotion.verdict is not None
    assert promotion.verdict.passed
    assert promotion.verdict.overall is not None
    assert promotion.verdict.overall.low > -0.01
    assert set(promotion.verdict.slices) == {"client=kitchen", "client=rose"}
    assert registry_of(project).aliases()["champion"] == 2
    assert registry_of(project).verdicts("champion")[-1].verdict == promotion.verdict
    assert open_scorer(project).version == 2


def test_a_worse_challenger_is_refused_and_the_verdict_is_kept(project: Project) -> None:
    worse = make_worse(project)
    promotion = promote(worse, "3", now=NOW, environ={})
    assert promotion.move is None
    assert promotion.verdict is not None
    assert promotion.verdict.overall is not None
    assert promotion.verdict.overall.high < 0
    registry = registry_of(project)
    assert registry.aliases()["champion"] == 1
    assert not registry.verdicts("champion")[-1].verdict.passed


def test_force_overrules_the_gate_and_says_so_in_the_history(project: Project) -> None:
    worse = make_worse(project)
    promotion = promote(worse, "3", now=NOW, environ={}, force=True, why="a test of the pager")
    assert promotion.move is not None
    assert (promotion.move.forced, promotion.move.why) == (True, "a test of the pager")
    assert registry_of(project).history("champion")[-1] == promotion.move


def test_force_needs_a_reason(project: Project) -> None:
    with pytest.raises(UsageError, match="--why"):
        promote(project, "2", now=NOW, environ={}, force=True, why=" ")


def test_rollback_brings_the_champion_before_back(project: Project) -> None:
    promote(project, "2", now=NOW, environ={})
    move = rollback(project, now=NOW)
    assert (move.from_version, move.to_version) == (2, 1)
    assert open_scorer(project).version == 1
    with pytest.raises(RegistryError):
        rollback(project, now=NOW)


def test_the_gate_looks_only_at_texts_that_neither_model_was_fitted_on(project: Project) -> None:
    """The champion has seen part of what is now the test split: those examples are left out."""
    write_comments(project.root / "comments.csv", 1000)
    train(project, now=NOW, environ={})
    promotion = promote(project, "3", now=NOW, environ={}, force=True, why="to see the numbers")
    assert promotion.verdict is not None
    # Of 1,000 comments the last 200 are the test split; version 1 was fitted on the first 1,200 of 1,500.
    assert promotion.verdict.n_examples == 0
    assert promotion.verdict.overall is None
    assert not promotion.verdict.passed


def test_a_client_gets_a_champion_of_its_own_and_loses_it_again(project: Project) -> None:
    refused = promote(project, "2", now=NOW, environ={}, client="rose")
    assert refused.move is None  # it is as good as the general champion, and a client's own has to be better
    promotion = promote(project, "2", now=NOW, environ={}, client="rose", force=True, why="they asked for it")
    assert promotion.move is not None
    registry = registry_of(project)
    assert registry.aliases() == {"champion": 1, "champion@rose": 2, "challenger": 2}
    champion = registry.resolve("champion", "rose")
    assert champion is not None
    assert champion.number == 2
    rollback(project, now=NOW, client="rose")
    champion = registry.resolve("champion", "rose")
    assert champion is not None
    assert champion.number == 1


def test_what_is_champion_already_is_not_promoted_again(project: Project) -> None:
    with pytest.raises(RegistryError, match="version 1 is champion already"):
        promote(project, "1", now=NOW, environ={})


def test_an_unknown_version_is_refused(project: Project) -> None:
    with pytest.raises(RegistryError, match="9"):
        promote(project, "9", now=NOW, environ={})


def test_a_damaged_challenger_is_refused_and_the_champion_stays(project: Project) -> None:
    weights = registry_of(project).find(2).folder / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-8])
    with pytest.raises(ArtefactError, match=r"weights.safetensors.*truncated"):
        promote(project, "2", now=NOW, environ={})
    assert registry_of(project).aliases()["champion"] == 1


def test_models_of_other_classes_are_not_compared_but_can_be_forced(project: Project) -> None:
    path = project.root / "comments.csv"
    path.write_text(path.read_text().replace(",1\n", ",yes\n").replace(",0\n", ",no\n"))
    train(project, now=NOW, environ={})
    with pytest.raises(RegistryError, match="cannot be compared"):
        promote(project, "3", now=NOW, environ={})
    promotion = promote(project, "3", now=NOW, environ={}, force=True, why="labels have new names")
    assert promotion.verdict is None
    assert promotion.move is not None
