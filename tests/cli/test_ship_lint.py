"""`surtitle ship lint` as a person and as a program meet it."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest

from surtitle.cli.app import command_of
from surtitle.errors import ExitCode
from surtitle.ship.lint import RULES
from tests.cli.conftest import Run
from tests.cli.test_app import examples_of
from tests.ship.lint.frames import framed

CLEAN = framed(RULES["cd"].good)
MENDABLE = framed(RULES["apt-lists"].bad)


@pytest.fixture
def dockerfile(here: Path) -> Path:
    """A Dockerfile in the current folder, with one finding, a warning."""
    path = here / "Dockerfile"
    path.write_text(MENDABLE)
    return path


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """What standard input gives."""
    data = io.BytesIO()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(data, encoding="utf-8"))
    return data


def test_a_finding_is_shown_with_its_place_its_reason_and_the_mended_line(run: Run, dockerfile: Path) -> None:
    ran = run("ship", "lint")
    assert ran.code == ExitCode.REFUSED
    assert "Dockerfile:2:5: warning apt-lists: the lists of packages stay in the image" in ran.out
    assert "why: They are tens of megabytes" in ran.out
    assert "write: RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 \\" in ran.out
    assert "&& rm -rf /var/lib/apt/lists/*" in ran.out
    assert "1 finding in 1 file: 1 warning. 1 can be mended by: surtitle ship lint --fix" in ran.out


def test_a_clean_file_is_no_finding(run: Run, dockerfile: Path) -> None:
    dockerfile.write_text(CLEAN)
    assert run("ship", "lint") == (ExitCode.DONE, "No findings in 1 file.\n", "")


def test_mending_writes_the_file_and_says_what_is_left(run: Run, dockerfile: Path) -> None:
    assert run("ship", "lint", "--fix").out == "1 mended. No findings in 1 file.\n"
    assert run("ship", "lint").code == ExitCode.DONE


@pytest.mark.parametrize(("level", "code"), [("info", 1), ("warning", 1), ("error", 0)])
def test_the_level_decides_the_exit_code(run: Run, dockerfile: Path, level: str, code: int) -> None:
    assert run("ship", "lint", "--fail-on", level).code == code


def test_a_rule_can_be_left_out(run: Run, dockerfile: Path) -> None:
    assert run("ship", "lint", "--ignore", "apt-lists").code == ExitCode.DONE


def test_the_projects_dockerfile_is_found_from_a_folder_below(
    run: Run, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (project / "Dockerfile").write_text(MENDABLE)
    (project / "below").mkdir()
    monkeypatch.chdir(project / "below")
    assert f"{project / 'Dockerfile'}:2:5:" in run("ship", "lint").out


def test_several_files_and_folders_are_looked_at_once_each(run: Run, dockerfile: Path, here: Path) -> None:
    (here / "deploy").mkdir()
    (here / "deploy/gpu.Dockerfile").write_text(MENDABLE)
    result = run("ship", "lint", ".", "Dockerfile", "deploy", "--json").json()
    assert result["files"] == 2
    assert [finding["file"] for finding in result["findings"]] == ["Dockerfile", "deploy/gpu.Dockerfile"]


def test_json_has_every_field(run: Run, dockerfile: Path) -> None:
    result = run("ship", "lint", "--json").json()
    assert result["counts"] == {"error": 0, "warning": 1, "info": 0}
    (finding,) = result["findings"]
    assert finding["rule"] == "apt-lists"
    assert finding["mended"].endswith("&& rm -rf /var/lib/apt/lists/*")


def test_standard_input_is_looked_at(run: Run, stdin: io.BytesIO) -> None:
    stdin.write(MENDABLE.encode())
    stdin.seek(0)
    assert "stdin:2:5: warning apt-lists" in run("ship", "lint", "-").out


def test_the_forms_of_code_hosts_are_printed(run: Run, dockerfile: Path) -> None:
    assert json.loads(run("ship", "lint", "--sarif").out)["version"] == "2.1.0"
    assert run("ship", "lint", "--github").out.startswith("::warning file=Dockerfile,line=2,")
    assert json.loads(run("ship", "lint", "--gitlab").out)[0]["check_name"] == "apt-lists"


def test_the_rules_are_listed_and_explained(run: Run) -> None:
    listed = run("ship", "lint", "--list").out
    assert all(name in listed for name in RULES)
    assert len(run("ship", "lint", "--list", "--json").json()["rules"]) == len(RULES)
    explained = run("ship", "lint", "--explain", "apt-lists").out
    assert RULES["apt-lists"].reason in explained
    assert RULES["apt-lists"].source in explained


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing"], "missing: there is no such file"),
        ([], "there is no "),
        (["."], "there is no Dockerfile in this folder"),
        (["--json", "--sarif"], "--json and --sarif exclude each other"),
        (["--ignore", "apt-list"], "did you mean 'apt-lists'?"),
        (["--explain", "xyz"], "see --list"),
        (["--list", "--sarif"], "print text or --json"),
        (["-", "--fix"], "name the file"),
        (["--fail-on", "style"], "--fail-on"),
        (["/dev/zero"], "is no regular file"),
    ],
)
def test_wrong_use_says_what_to_do(run: Run, here: Path, arguments: list[str], message: str) -> None:
    ran = run("ship", "lint", *arguments)
    assert ran.code == ExitCode.WRONG_INPUT
    assert message in ran.err
    assert ran.out == ""


def test_nothing_in_a_file_acts_on_the_terminal(run: Run, dockerfile: Path) -> None:
    dockerfile.write_bytes(b"FROM a:1\nENV A\x1b[2J b\nF\x1b[31mOO x\n")
    assert "\x1b" not in run("ship", "lint").out


def test_a_full_disk_leaves_the_file_as_it_was(run: Run, dockerfile: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    assert run("ship", "lint", "--fix").code == ExitCode.SURROUNDINGS
    assert dockerfile.read_text() == MENDABLE
    assert [path.name for path in dockerfile.parent.iterdir()] == ["Dockerfile"]


def test_the_examples_can_be_typed() -> None:
    known = command_of("ship lint")
    for line in examples_of(known.epilog):
        known.make_context("lint", line.partition(" < ")[0].partition(" > ")[0].split()[3:])


def test_a_reader_that_goes_away_is_no_fault(dockerfile: Path) -> None:
    done = subprocess.run(
        f"{sys.executable} -m surtitle.cli ship lint --list | head -1",
        shell=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stderr == ""
