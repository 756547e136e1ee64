"""`surtitle check`."""

from pathlib import Path

from surtitle.errors import ExitCode
from tests.cli.conftest import Run


def test_clean_data_says_what_is_next(project: Path, run: Run) -> None:
    ran = run("check", "--project", project)
    assert ran.code == ExitCode.DONE
    assert "No errors. Next: surtitle train" in ran.out


def test_findings_come_with_row_numbers_and_the_worst_first(project: Path, run: Run) -> None:
    with (project.parent / "comments.csv").open("a") as file:
        file.write("x1,,1,2026-09-30T00:00:00Z,chess\nx2,not a time,1,whenever,chess\nbroken\n")
    ran = run("check", "--project", project)
    assert ran.code == ExitCode.DONE
    assert "comments.csv:601" in ran.out
    assert "comments.csv:602" in ran.out
    assert "comments.csv:603" in ran.out
    assert ran.out.index("Warnings") < ran.out.index("No errors")


def test_an_error_refuses(project: Path, run: Run) -> None:
    (project.parent / "comments.csv").write_text(
        "id,body,removed,created_utc,forum\n"
        + "".join(f"c{n},text number {n},1,2026-01-{1 + n % 28:02},go\n" for n in range(50))
    )
    ran = run("check", "--project", project)
    assert ran.code == ExitCode.REFUSED
    assert "Errors: training refuses this data" in ran.out
    assert "→" in ran.out


def test_json_gives_the_findings(project: Path, run: Run) -> None:
    with (project.parent / "comments.csv").open("a") as file:
        file.write("x1,,1,2026-09-30T00:00:00Z,chess\n")
    found = run("check", "--project", project, "--json").json()
    assert found["ok"] is True
    assert found["counts"]["warning"] >= 1
    (finding,) = [finding for finding in found["findings"] if finding["check"] == "text"]
    assert finding["places"] == ["comments.csv:601"]


def test_a_wrong_column_is_named_with_the_nearest(project: Path, run: Run) -> None:
    ran = run("check", "--project", project, "--set", "data.text=bodie")
    assert ran.code in (ExitCode.REFUSED, ExitCode.WRONG_INPUT)
    assert "did you mean 'body'" in ran.out + ran.err
