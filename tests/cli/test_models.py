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


def test_a_client_without_a_model_of_its_own_has_the_general_champion(trained_once: Path, run: Run) -> None:
    ran = run("models", "--project", trained_once, "--client", "chess")
    assert (ran.code, ran.out) == (ExitCode.DONE, "chess has the general champion, version 1.\n")
    assert "surtitle train --client NAME" in ran.err
    listed = run("models", "--project", trained_once, "--client", "chess", "--json").json()
    assert listed == {
        "client": "chess",
        "champion": 1,
        "own": False,
        "versions": [],
        "aliases": {},
        "moves": [],
        "verdicts": [],
    }


def test_a_clients_versions_and_moves_are_listed_and_a_rollback_is_seen(trained: Path, run: Run) -> None:
    pinned = ("promote", "1", "--client", "chess", "--why", "they asked for it", "--project", trained)
    assert run(*pinned).code == ExitCode.DONE
    ran = run("models", "--project", trained, "--client", "chess")
    assert "champion@chess" in ran.out
    assert "promote: champion@chess is version 1. they asked for it" in ran.out
    assert ran.out.endswith("chess has its own champion, version 1.\n")
    assert "1 clients have a champion of their own" in run("models", "--project", trained).err
    assert run("rollback", "--client", "chess", "--project", trained).code == ExitCode.DONE
    listed = run("models", "--project", trained, "--client", "chess", "--json").json()
    assert (listed["champion"], listed["own"], listed["aliases"]) == (1, False, {})
    assert [move["kind"] for move in listed["moves"]] == ["promote", "rollback"]
    assert [version["version"] for version in listed["versions"]] == [1]
    assert run("models", "--project", trained, "--client", "go", "--json").json()["moves"] == []
