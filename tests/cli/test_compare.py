"""`surtitle compare`: what the gate would say, as text, Markdown and a picture, with nothing moved."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from surtitle.errors import ExitCode
from tests.cli.conftest import Run


def test_a_worse_version_is_told_and_nothing_is_moved_or_recorded(worse: Path, tmp_path: Path, run: Run) -> None:
    comment, picture = tmp_path / "comment.md", tmp_path / "comparison.svg"
    ran = run("compare", "2", "--project", worse, "--markdown", comment, "--picture", picture)
    assert ran.code == ExitCode.REFUSED
    assert "The gate would refuse" in ran.out
    assert run("models", "--project", worse, "--json").json()["aliases"]["champion"] == 1
    text = comment.read_text(encoding="utf-8")
    assert "version 2 against the champion, version 1: the gate says no" in text
    assert "●" in text
    assert "| all | -0" in text
    assert "| AUC |" in text
    ElementTree.parse(picture)
    assert "does not pass the gate" in picture.read_text(encoding="utf-8")
    assert run("promote", "2", "--project", worse, "--json").json()["verdict"]["passed"] is False


def test_the_verdict_is_the_one_that_promote_gives(worse: Path, run: Run) -> None:
    compared = run("compare", "2", "--project", worse, "--json").json()
    assert compared["passed"] is False
    assert compared["comparison"]["verdict"] == run("promote", "2", "--project", worse, "--json").json()["verdict"]


def test_the_champion_itself_needs_no_comparison(trained_once: Path, tmp_path: Path, run: Run) -> None:
    comment = tmp_path / "comment.md"
    ran = run("compare", "1", "--project", trained_once, "--markdown", comment, "--picture", tmp_path / "a.svg")
    assert ran.code == ExitCode.DONE
    assert "is the champion" in ran.out
    assert "leaves the model as it is" in comment.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["9"], ExitCode.WRONG_INPUT, "there is no version 9"),
        (["challenger"], ExitCode.WRONG_INPUT, "no version has the alias challenger"),
        (["1", "--markdown", "nowhere/comment.md"], ExitCode.SURROUNDINGS, "nowhere/comment.md"),
    ],
)
def test_what_cannot_be_compared_is_told(
    trained_once: Path, here: Path, run: Run, arguments: list[str], code: ExitCode, message: str
) -> None:
    ran = run("compare", *arguments, "--project", trained_once)
    assert ran.code == code
    assert message in ran.err
