"""Models of clients' own: trained side by side, judged by the gate, left alone where nothing has changed."""

import csv
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest

from surtitle.artefact import load_artefact
from surtitle.cycle import ClientsTrained, promote, registry_of, rollback, train, train_clients
from surtitle.cycle.client_crew import Crew
from surtitle.cycle.client_work import Block, Setup, Task
from surtitle.errors import RegistryError, SettingsError, SurroundingsError, UsageError
from surtitle.project import Project, load_project
from surtitle.settings import Settings
from tests.processes import die_with_parent

from .clubs import make_clubs
from .projects import NOW, make_project

FAILING = "unreadable"


def outcomes(trained: ClientsTrained) -> dict[str, str]:
    return {result.client: result.outcome for result in trained.results}


KINDS = {"apes": "gibbon", "mountains": "marmot", "tea": "rude", FAILING: "unique", "tiny": "poor", "a/b": "rude"}
EXPECTED = {
    "apes": "promoted",
    "mountains": "promoted",
    "tea": "refused",
    FAILING: "failed",
    "tiny": "poor",
    "a/b": "failed",
}


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, ClientsTrained]:
    root = tmp_path_factory.mktemp("clubs")
    project = make_clubs(root, KINDS)
    train(project, now=NOW, environ={})
    return root, train_clients(project, now=NOW, environ={})


@pytest.fixture
def project(first_run: tuple[Path, ClientsTrained], tmp_path: Path) -> Project:
    shutil.copytree(first_run[0], tmp_path / "clubs")
    return load_project(tmp_path / "clubs")


def test_those_that_gain_get_a_model_of_their_own_and_the_others_do_not(
    first_run: tuple[Path, ClientsTrained],
) -> None:
    root, trained = first_run
    assert outcomes(trained) == EXPECTED
    registry = registry_of(load_project(root))
    own = {f"champion@{result.client}": result.version for result in trained.of("promoted")}
    assert registry.aliases() == {"champion": 1, **own}
    for result in trained.of("promoted"):
        assert result.difference is not None
        assert result.difference.low > 0


def test_a_failing_client_says_why_and_what_to_do(first_run: tuple[Path, ClientsTrained]) -> None:
    told = {result.client: result.reason for result in first_run[1].results}
    assert told[FAILING].startswith("the training texts give no terms")
    assert "cannot stand in an alias" in told["a/b"]
    assert told["tiny"] == "It has 30 labelled examples; clients.min_examples is 300."


def test_each_version_is_whole_and_says_whose_it_is(first_run: tuple[Path, ClientsTrained]) -> None:
    root, trained = first_run
    registry = registry_of(load_project(root))
    versions = {version.number: version for version in registry.versions()}
    assert sorted(versions) == [1, 2, 3, 4]
    for result in trained.of("promoted") + trained.of("refused"):
        assert result.version is not None
        version = registry.verify(result.version)
        assert version.facts.client == result.client
        assert sum(version.facts.examples.values()) == result.examples == 300
        load_artefact(version.folder)
        report = (version.folder / "report.html").read_text()
        assert f"clubs for {result.client}" in report
        assert f"version {version.number}" in report.lower()


def test_a_clients_model_is_what_training_on_its_examples_alone_would_give(
    first_run: tuple[Path, ClientsTrained], tmp_path: Path
) -> None:
    """Promise 1: the shared text path changes no weight."""
    root, trained = first_run
    alone = make_clubs(tmp_path, {"apes": "gibbon"})
    with (root / "comments.csv").open(encoding="utf-8") as file:
        rows = [row for number, row in enumerate(csv.reader(file)) if number == 0 or row[1] == "apes"]
    with (tmp_path / "comments.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows(rows)
    (version,) = [result.version for result in trained.results if result.client == "apes"]
    assert version is not None
    ours = load_artefact(registry_of(load_project(root)).find(version).folder)[1]
    theirs = load_artefact(train(alone, now=NOW, environ={}).artefact)[1]
    # The cuts in time are everybody's, so the splits are nearly, but not quite, those of the client alone.
    texts = [row[2] for row in rows[1:60]]
    both = np.corrcoef(ours.probabilities(texts)[:, 1], theirs.probabilities(texts)[:, 1])
    assert both[0, 1] > 0.95


def test_a_second_run_does_nothing(project: Project) -> None:
    again = train_clients(project, now=NOW + timedelta(days=1), environ={}, names=["apes", "mountains", "tea"])
    assert set(outcomes(again).values()) == {"kept"}
    assert len(registry_of(project).versions()) == 4
    told = {result.client: result.reason for result in again.results}
    assert "is its champion" in told["apes"]
    assert "since the gate refused" in told["tea"]


def test_a_model_that_was_rolled_back_is_not_promoted_again(project: Project) -> None:
    rollback(project, now=NOW, client="apes")
    again = train_clients(project, now=NOW, environ={}, names=["apes"])
    assert outcomes(again) == {"apes": "kept"}
    assert "rolled back" in again.results[0].reason
    assert "champion@apes" not in registry_of(project).aliases()


def test_a_run_that_was_stopped_before_the_verdict_goes_on_there(project: Project) -> None:
    with closing(sqlite3.connect(project.state / "registry" / "registry.db")) as db, db:
        db.execute("DELETE FROM moves WHERE alias = 'champion@apes'")
        db.execute("DELETE FROM verdicts WHERE alias = 'champion@apes'")
    again = train_clients(project, now=NOW, environ={}, names=["apes"])
    assert outcomes(again) == {"apes": "promoted"}
    assert len(registry_of(project).versions()) == 4


def test_training_for_all_stays_apart_from_the_clients_versions(project: Project) -> None:
    """The newest version for all becomes challenger, however many a client has had since."""
    changed = load_project(project.root, ["features.max_word_terms=5000"])
    assert train(changed, now=NOW, environ={}).version == 5
    assert registry_of(project).aliases()["challenger"] == 5


def test_a_first_model_of_its_own_must_gain_also_when_promoted_by_hand(project: Project) -> None:
    (refused,) = [v.number for v in registry_of(project).versions() if v.facts.client == "tea"]
    promotion = promote(project, str(refused), now=NOW, environ={}, client="tea")
    assert promotion.move is None
    assert promotion.verdict is not None
    assert promotion.verdict.epsilon == 0.0


def test_without_a_column_of_clients_there_is_nothing_to_train(tmp_path: Path) -> None:
    project = load_project(make_project(tmp_path).root, ["data.client="])
    with pytest.raises(SettingsError, match=r"data\.client"):
        train_clients(project, now=NOW, environ={})


def test_without_a_champion_there_is_nobody_to_beat(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="surtitle train"):
        train_clients(make_project(tmp_path), now=NOW, environ={})


def test_an_unknown_client_is_refused_with_those_that_there_are(project: Project) -> None:
    with pytest.raises(UsageError, match="no example is of client 'nobody'; there are: a/b, apes"):
        train_clients(project, now=NOW, environ={}, names=["nobody"])


def test_data_without_times_is_divided_all_the_same(project: Project) -> None:
    timeless = load_project(project.root, ["data.time=", "clients.min_examples=299"])
    again = train_clients(timeless, now=NOW, environ={}, names=["apes"])
    (result,) = again.results
    # The examples are divided otherwise, so this is another model, judged against the client's own of before.
    assert result.version == 5
    assert result.outcome in ("promoted", "refused")


def test_processes_that_die_at_once_end_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surtitle.cycle.client_crew._SCRIPT", "import sys; sys.exit('no such room')")
    setup = Setup(root="", settings=Settings(), rules=None, classes=("0", "1"), base=1, now=NOW, parent=os.getpid())
    tasks = [Task(client=str(number), place=0, sizes=(1, 1, 1), digest="") for number in range(5)]
    lock = os.open(tmp_path / "lock", os.O_CREAT | os.O_RDWR)
    try:
        crew = Crew(setup, processes=1, folder=tmp_path, lock=lock)
        with pytest.raises(SurroundingsError, match=r"3 processes that train .* no such room"):
            list(crew.train([Block("", tasks)]))
    finally:
        os.close(lock)


@pytest.mark.slow
def test_a_process_that_is_killed_costs_one_client_and_no_more(tmp_path: Path) -> None:
    project = make_clubs(tmp_path, {f"club{n}": "gibbon" if n % 2 else "marmot" for n in range(12)}, n=300)
    train(project, now=NOW, environ={})
    script = "import os, surtitle.cycle.client_work as w\nold = w._Worker._fit\n"
    script += "def fit(self, task, *rest):\n    if task.client == 'club5': os.kill(os.getpid(), 9)\n"
    script += "    return old(self, task, *rest)\nw._Worker._fit = fit\nw.work()"
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("surtitle.cycle.client_crew._SCRIPT", script)
        trained = train_clients(project, now=NOW, environ={})
    (failed,) = trained.of("failed")
    assert (failed.client, failed.reason) == ("club5", "the process that trained it was ended by signal 9")
    assert len(trained.of("promoted")) >= 10
    assert outcomes(train_clients(project, now=NOW, environ={}))["club5"] in ("promoted", "refused")


def check_whole(project: Project) -> set[str | None]:
    """Every version that can be seen is whole; return the clients that have one, none of them twice."""
    registry = registry_of(project)
    owners = [registry.verify(version.number).facts.client for version in registry.versions()]
    assert len(owners) == len(set(owners))
    return set(owners)


@pytest.mark.slow
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_a_run_stopped_anywhere_leaves_whole_versions_and_goes_on(tmp_path: Path, blow: signal.Signals) -> None:
    clubs = {f"club{n:02d}": "gibbon" if n % 2 else "marmot" for n in range(16)}
    project = make_clubs(tmp_path, clubs)
    train(project, now=NOW, environ={})
    command = [sys.executable, "-m", "surtitle.cli", "train", "--clients", "--json"]
    done: set[str | None] = set()
    for count in (2, 5, 9):
        process = subprocess.Popen(
            command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, preexec_fn=die_with_parent
        )
        wait_for_versions(project, count, process)
        process.send_signal(blow)
        message = process.communicate()[1].decode()
        assert "Traceback" not in message, message
        before = done
        # Who was killed leaves processes that end after their present client; the next run waits for them.
        done = check_whole(project)
        assert before <= done
    last = subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    result = msgspec.json.decode(last.stdout)
    assert check_whole(project) == {None, *clubs}
    assert result["counts"]["failed"] == 0
    aliases = registry_of(project).aliases()
    moves = [move.alias for move in registry_of(project).history()]
    assert len(moves) == len(set(moves)) == len(aliases)
    assert not (project.state / "clients").exists()


def wait_for_versions(project: Project, count: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 300
    while len(registry_of(project).versions()) <= count and process.poll() is None:
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.slow
def test_two_hundred_clients_train_in_one_run_and_a_failing_one_stops_nobody(tmp_path: Path) -> None:
    kinds = {f"club{n:03d}": ("gibbon", "marmot", "rude", "rude")[n % 4] for n in range(200)}
    kinds["club007"] = "unique"
    project = make_clubs(tmp_path, kinds)
    train(project, now=NOW, environ={})
    trained = train_clients(project, now=NOW, environ={})
    found = outcomes(trained)
    assert [name for name, outcome in found.items() if outcome == "failed"] == ["club007"]
    told_apart = [name for name, kind in kinds.items() if kind in ("gibbon", "marmot")]
    assert sum(found[name] == "promoted" for name in told_apart) >= 0.95 * len(told_apart)
    # Of clients that gain nothing, at most the gate's 2.5 % may slip through, give or take chance.
    assert sum(found[name] == "promoted" for name, kind in kinds.items() if kind == "rude") <= 8
    registry = registry_of(project)
    assert len(trained.of("poor")) <= 2  # of some class, by chance, fewer than five for validation
    assert len(registry.versions()) == 200 - len(trained.of("poor"))
    assert len([alias for alias in registry.aliases() if "@" in alias]) == len(trained.of("promoted"))
