"""`surtitle models`."""

from pathlib import Path

from surtitle.errors import ExitCode
from tests.cli.conftest import Run


def test_versions_aliases_metrics_and_data_span_are_listed(trained_once: Path, run: Run) -> None:
    out = run("models", "--project", trained_once).out
    assert [word for word in ("version", "alias", "AUC", "macro F1", "data from, to") if word not in out] == []
    (row,) = [line for line in out.splitlines() if "champion" in line]
    assert "2026-01-01, 2026-09-" in row
    assert row.count("[") == 2


def test_json_lists_all_metrics(trained_once: Path, run: Run) -> None:
    listed = run("models", "--project", trained_once, "--json").json()
    (version,) = listed["versions"]
    assert (version["version"], version["aliases"], listed["aliases"]) == (1, ["champion"], {"champion": 1})
    assert len(version["metrics"]) == 6
    assert version["data_from"].startswith("2026-01-01")


def test_a_project_without_versions_says_what_to_do(project: Path, run: Run) -> None:
    ran = run("models", "--project", project)
    assert (ran.code, ran.out) == (ExitCode.DONE, "")
    assert "surtitle train" in ran.err
    assert run("models", "--project", project, "--json").json() == {"versions": [], "aliases": {}}
