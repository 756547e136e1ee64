"""`surtitle config`."""

import tomllib
from pathlib import Path

import pytest

from surtitle.errors import ExitCode
from tests.cli.conftest import Run


def test_every_setting_is_printed_as_a_file_that_reads_back(project: Path, run: Run) -> None:
    ran = run("config", "--project", project)
    assert ran.code == 0
    tree = tomllib.loads(ran.out)
    assert tree["data"]["text"] == "body"
    assert tree["data"]["max_bad_rows"] == 0.01
    assert "# the column with the text" in ran.out


def test_only_what_changed_is_printed_when_asked(project: Path, run: Run) -> None:
    tree = tomllib.loads(run("config", "--project", project, "--changed").out)
    assert tree["evaluate"] == {"resamples": 100}
    assert "train" not in tree


def test_overrides_show(project: Path, run: Run) -> None:
    assert tomllib.loads(run("config", "--project", project, "--set", "train.c=3").out)["train"]["c"] == 3.0


def test_json_holds_the_whole_tree(project: Path, run: Run) -> None:
    assert run("config", "--project", project, "--json").json()["split"]["test"] == 0.2


def test_secrets_stay_references(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PW", "hunter2")
    overrides = ["data.source=", "data.sql=SELECT 1", "data.database=postgresql://me:${PW}@host/base"]
    ran = run("config", "--project", project, *(part for text in overrides for part in ("--set", text)))
    assert ran.code == 0, ran.err
    assert "${PW}" in ran.out
    assert "hunter2" not in ran.out + ran.err


def test_every_fault_is_told(project: Path, run: Run) -> None:
    ran = run("config", "--project", project, "--set", "train.c=a", "--set", "train.d=1")
    assert ran.code == ExitCode.WRONG_INPUT
    assert "has 2 faults" in ran.err


def test_the_project_is_found_from_below(project: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "notes").mkdir()
    monkeypatch.chdir(project / "notes")
    assert run("config").code == 0


def test_no_project_says_how_to_make_one(here: Path, run: Run) -> None:
    ran = run("config")
    assert ran.code == ExitCode.WRONG_INPUT
    assert "surtitle new NAME --data FILE" in ran.err
