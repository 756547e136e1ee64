"""`surtitle prune`: what goes, what is told of it, and what it refuses."""

from pathlib import Path

import pytest

from surtitle.registry import Registry
from tests.cli.conftest import Run
from tests.registry.helpers import FACTS, NOW, build


@pytest.fixture
def refused(project: Path) -> Path:
    """A project with a champion, and twelve versions that never became one."""
    registry = Registry(project / ".surtitle" / "registry")
    for _ in range(13):
        registry.register(build, FACTS, now=NOW)
    registry.set_alias("champion", 1, now=NOW, why="")
    return project


def kept(project: Path) -> list[int]:
    return sorted(int(path.name) for path in (project / ".surtitle" / "registry" / "versions").iterdir())


def test_the_newest_ten_stay_if_nothing_is_said(refused: Path, run: Run) -> None:
    would = run("prune", "--dry-run", "--project", refused)
    assert (would.code, would.out) == (0, "The files of versions 2, 3 would go: 0.1 MB.\n")
    assert len(kept(refused)) == 13
    done = run("prune", "--project", refused)
    assert (done.code, done.out) == (0, "The files of versions 2, 3 are gone: 0.1 MB.\n")
    assert kept(refused) == [1, *range(4, 14)]
    again = run("prune", "--project", refused)
    assert (again.code, again.out) == (0, "Nothing to remove: every version was a champion, has an alias, or is new.\n")


def test_many_are_counted_and_json_names_them(refused: Path, run: Run) -> None:
    assert "The files of 11 versions would go" in run("prune", "--keep", "1", "--dry-run", "--project", refused).out
    found = run("prune", "--keep", "1", "--project", refused, "--json").json()
    assert found == {"removed": list(range(2, 13)), "bytes": 11 * 70_005, "dry_run": False}
    assert kept(refused) == [1, 13]


def test_a_version_without_files_is_still_listed_and_refused_by_name(refused: Path, run: Run) -> None:
    run("prune", "--keep", "1", "--project", refused)
    assert len(run("models", "--project", refused, "--json").json()["versions"]) == 13
    ran = run("promote", "2", "--project", refused)
    assert ran.code == 2
    assert "version 2 has lost its files" in ran.err
    assert "surtitle prune" in ran.err


@pytest.mark.parametrize("keep", ["0", "-1", "all"])
def test_what_would_leave_nothing_new_is_refused(refused: Path, run: Run, keep: str) -> None:
    ran = run("prune", "--keep", keep, "--project", refused)
    assert ran.code == 2
    assert "--keep" in ran.err
    assert len(kept(refused)) == 13


def test_where_there_are_no_versions_nothing_goes(project: Path, run: Run) -> None:
    assert run("prune", "--project", project).out.startswith("Nothing to remove")
