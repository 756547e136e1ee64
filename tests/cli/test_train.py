"""`surtitle train`."""

import re
from pathlib import Path

import pytest

from surtitle.errors import ExitCode
from tests.cli.conftest import Run

METRICS = {"auc", "average_precision", "macro_f1", "log_loss", "brier", "ece"}


def test_a_second_run_says_that_nothing_has_changed(trained: Path, run: Run) -> None:
    ran = run("train", "--project", trained)
    assert ran.code == ExitCode.DONE
    assert "Nothing has changed since version 1 of moderation; nothing was done." in ran.out
    assert run("train", "--project", trained, "--json").json()["fresh"] is False


def test_the_summary_names_sizes_metrics_report_and_next_step(trained: Path, run: Run) -> None:
    ran = run("train", "--project", trained, "--set", "train.c=1.0")
    assert ran.code == ExitCode.DONE, ran.err
    assert "Version 2 of moderation, not yet the champion" in ran.out
    assert re.search(r"Examples: train \d+, validation \d+, test \d+", ran.out)
    assert re.search(r"AUC +0\.\d{3} +0\.\d{3} to [01]\.\d{3}", ran.out)
    assert "Report: " in ran.out
    assert "Next: surtitle promote 2" in ran.out


def test_json_has_what_programs_rely_on(trained_once: Path, run: Run) -> None:
    result = run("train", "--project", trained_once, "--json").json()
    assert set(result) >= {"version", "artefact", "report", "metrics", "split", "seconds"}
    assert set(result["metrics"]) == METRICS
    assert all(set(interval) == {"value", "low", "high"} for interval in result["metrics"].values())
    assert set(result["split"]) == {"train", "validation", "test"}
    assert Path(result["artefact"]).is_dir()
    assert Path(result["report"]).read_text(encoding="utf-8").lower().startswith("<!doctype html>")


def test_wrong_settings_train_nothing(project: Path, run: Run) -> None:
    ran = run("train", "--project", project, "--set", "train.c=-1")
    assert ran.code == ExitCode.WRONG_INPUT
    assert "train.c" in ran.err
    assert not (project / ".surtitle").exists()


def test_bad_data_is_refused_with_its_faults(project: Path, run: Run) -> None:
    (project.parent / "comments.csv").write_text("id,body,removed,created_utc,forum\nc1,text,1,2026-01-01,go\n")
    ran = run("train", "--project", project)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "fault" in ran.err
    assert ran.out == ""


@pytest.mark.parametrize("flags", [("--force", "--clients"), ("--clients", "--client", "chess")])
def test_flags_that_contradict_each_other_are_refused(project: Path, run: Run, flags: tuple[str, ...]) -> None:
    ran = run("train", "--project", project, *flags)
    assert ran.code == ExitCode.WRONG_INPUT
    assert flags[0] in ran.err


def test_clients_that_are_too_poor_are_counted(trained: Path, run: Run) -> None:
    ran = run("train", "--project", trained, "--clients", "--set", "clients.min_examples=1000")
    assert (ran.code, ran.out) == (ExitCode.DONE, "2 of 2 clients have too few examples.\n")
    result = run("train", "--project", trained, "--client", "go", "--set", "clients.min_examples=1000", "--json").json()
    assert result["base"] == 1
    assert result["counts"] == {"promoted": 0, "refused": 0, "kept": 0, "poor": 1, "failed": 0}
    assert [each["client"] for each in result["clients"]] == ["go"]


def test_a_client_that_is_not_there_is_refused(trained: Path, run: Run) -> None:
    ran = run("train", "--project", trained, "--client", "ludo")
    assert ran.code == ExitCode.WRONG_INPUT
    assert "no example is of client 'ludo'; there are: chess, go" in ran.err
