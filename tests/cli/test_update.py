"""`surtitle update`, as a user runs it."""

from pathlib import Path

import pytest

from surtitle.errors import ExitCode
from surtitle.ship.template import updating
from surtitle.ship.template.rendering import render_template
from tests.cli.conftest import Run


@pytest.fixture
def newer(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project whose template has moved on since: the Makefile is another."""

    def render(*arguments: object) -> dict[str, str]:
        files = render_template(*arguments)  # type: ignore[arg-type]  # passed on as they come
        return files | {"Makefile": files["Makefile"].replace("surtitle check", "surtitle check --json")}

    monkeypatch.setattr(updating, "render_template", render)
    return project


def test_without_a_newer_template_there_is_nothing_to_do(project: Path, run: Run) -> None:
    ran = run("update", "--project", project)
    assert (ran.code, ran.out) == (ExitCode.DONE, "The project is up to date with the template.\n")


def test_a_check_says_what_would_be_and_writes_nothing(newer: Path, run: Run) -> None:
    before = (newer / "Makefile").read_text()
    ran = run("update", "--check", "--project", newer)
    assert ran.code == ExitCode.REFUSED
    assert "Makefile" in ran.out
    assert "would be" in ran.out
    assert (newer / "Makefile").read_text() == before


def test_an_edit_stays_and_the_newer_text_comes_in(newer: Path, run: Run) -> None:
    makefile = newer / "Makefile"
    makefile.write_text(makefile.read_text().replace("surtitle serve\n", "surtitle serve --workers 2\n"))
    ran = run("update", "--project", newer, "--json")
    assert ran.code == ExitCode.DONE
    assert ran.json() == {
        "done": True,
        "counts": {"merged": 1},
        "files": [{"path": "Makefile", "change": "merged", "written": "Makefile"}],
    }
    assert "surtitle serve --workers 2\n" in makefile.read_text()
    assert "surtitle check --json\n" in makefile.read_text()


def test_a_conflict_is_named_and_refused(newer: Path, run: Run) -> None:
    makefile = newer / "Makefile"
    makefile.write_text(makefile.read_text().replace("surtitle check\n", "surtitle check --set data.since=2026\n"))
    ran = run("update", "--project", newer)
    assert ran.code == ExitCode.REFUSED
    assert "look for <<<<<<<" in ran.out
    assert "1 of 1 files need you" in ran.err
    again = run("update", "--project", newer)
    assert again.code == ExitCode.WRONG_INPUT
    assert "Makefile: still has conflict marks" in again.err


def test_without_a_project_it_says_how_to_make_one(here: Path, run: Run) -> None:
    ran = run("update")
    assert ran.code == ExitCode.WRONG_INPUT
    assert "surtitle new" in ran.err


def test_a_machine_without_git_is_told(newer: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    makefile = newer / "Makefile"
    makefile.write_text("# mine\n" + makefile.read_text())
    before = makefile.read_text()
    monkeypatch.setenv("PATH", "")
    ran = run("update", "--project", newer)
    assert ran.code == ExitCode.SURROUNDINGS
    assert "install git" in ran.err
    assert makefile.read_text() == before
