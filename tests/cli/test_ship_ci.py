"""`surtitle ship ci`."""

from pathlib import Path

import pytest

from surtitle.errors import ExitCode
from tests.cli.conftest import Run


@pytest.fixture
def bare(tmp_path: Path, run: Run) -> Path:
    """A project with no pipeline."""
    (tmp_path / "a.csv").write_text("text,label\nyes it is,1\nno it is not,0\n")
    assert run("new", tmp_path / "bare", "--data", tmp_path / "a.csv", "--bare").code == ExitCode.DONE
    return tmp_path / "bare"


@pytest.mark.parametrize(
    ("forge", "name"), [("github", ".github/workflows/surtitle.yml"), ("gitlab", ".gitlab-ci.yml")]
)
def test_the_pipeline_is_written_and_what_it_cannot_know_is_said(bare: Path, run: Run, forge: str, name: str) -> None:
    ran = run("ship", "ci", forge, "--project", bare)
    assert ran.code == ExitCode.DONE
    assert (bare / name).is_file()
    assert (bare / "ci/smoke.sh").stat().st_mode & 0o111
    assert "data.source is ../a.csv, outside of the project" in ran.err
    again = run("ship", "ci", forge, "--project", bare, "--json").json()
    assert {each["change"] for each in again["files"]} == {"unchanged"}
    assert len(again["notes"]) == 2


def test_an_edited_pipeline_is_not_overwritten(bare: Path, run: Run) -> None:
    run("ship", "ci", "github", "--project", bare)
    workflow = bare / ".github/workflows/surtitle.yml"
    workflow.write_text("mine\n")
    ran = run("ship", "ci", "github", "--project", bare)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "surtitle.yml: has been edited" in ran.err
    assert workflow.read_text() == "mine\n"
    assert run("ship", "ci", "github", "--project", bare, "--force").code == ExitCode.DONE


@pytest.mark.parametrize("arguments", [[], ["bitbucket"]])
def test_another_forge_is_refused(bare: Path, run: Run, arguments: list[str]) -> None:
    ran = run("ship", "ci", *arguments, "--project", bare)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "github" in ran.err
