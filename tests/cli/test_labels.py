"""`surtitle labels`."""

from pathlib import Path

from surtitle.errors import ExitCode
from tests.cli.conftest import Run


def test_labels_are_added_and_counted(project: Path, run: Run) -> None:
    verdicts = project / "verdicts.csv"
    verdicts.write_text("id,label\nc1,1\nc2,0\n")
    ran = run("labels", "add", verdicts, "--project", project)
    assert (ran.code, ran.out) == (ExitCode.DONE, "2 labels stored, 0 were known.\n")
    again = run("labels", "add", verdicts, "--project", project, "--json")
    assert again.json() == {"stored": 0, "known": 2, "bad_rows": 0, "faults": []}


def test_bad_rows_are_named_and_end_with_1(project: Path, run: Run) -> None:
    verdicts = project / "verdicts.csv"
    verdicts.write_text("id,label\nc1,1\n,0\n")
    ran = run("labels", "add", verdicts, "--project", project)
    assert ran.code == ExitCode.REFUSED
    assert "verdicts.csv, row 2: has no id" in ran.err


def test_a_missing_file_is_wrong_input(project: Path, run: Run) -> None:
    ran = run("labels", "add", project / "none.csv", "--project", project)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "none.csv" in ran.err
