"""The program as a whole: help, version, wrong use, speed of starting."""

import re
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import typer

import surtitle
from surtitle.cli import main
from surtitle.cli.app import COMMANDS as SUMMARIES
from surtitle.cli.app import command_of
from surtitle.cli.ship import COMMANDS as SHIP
from surtitle.errors import ExitCode
from tests.cli.conftest import Run

COMMANDS = [
    "new",
    "update",
    "check",
    "train",
    "score",
    "stream",
    "models",
    "compare",
    "promote",
    "rollback",
    "prune",
    "export",
    "label-next",
    "labels",
    "watch",
    "serve",
    "bench",
    "replay",
    "ship",
    "plan",
    "config",
    "doctor",
    "demo",
]
GROUPS = {"ship": SHIP}
OF_GROUPS = [f"{group} {name}" for group, names in GROUPS.items() for name in names]
HEAVY = [
    "msgspec",
    "surtitle.cli.train",
    "surtitle.project",
    "spacy",
    "sklearn",
    "scipy",
    "numpy",
    "pyarrow",
    "duckdb",
    "pandas",
    "rich",
    "matplotlib",
]


def surtitle_process(*arguments: str, **options: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(  # type: ignore[call-overload,no-any-return]  # options are passed on as they are
        [sys.executable, "-m", "surtitle.cli", *arguments], capture_output=True, text=True, timeout=120, **options
    )


def examples_of(epilog: str) -> list[str]:
    return [line.strip() for line in epilog.splitlines() if "surtitle " in line]


def test_help_lists_every_command_with_a_whole_sentence(run: Run) -> None:
    ran = run("--help")
    assert ran.code == 0
    listed = re.findall(r"^  ([\w-]+) +(.+)$", ran.out.split("Commands:")[1].split("Begin")[0], re.MULTILINE)
    assert [name for name, _ in listed] == COMMANDS
    assert [line for _, line in listed if line.endswith("...")] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_shows_an_example(run: Run, command: str) -> None:
    ran = run(command, "--help")
    assert ran.code == 0
    assert "Examples:" in ran.out
    assert f"surtitle {command}" in ran.out


@pytest.mark.parametrize("command", COMMANDS)
def test_the_examples_of_a_command_can_be_typed(command: str) -> None:
    known = command_of(command)
    for line in examples_of(known.epilog):
        words: Sequence[str] = shlex.split(line.split("|")[-1].split(" > ")[0])
        assert list(words[:2]) == ["surtitle", command]
        known.make_context(command, list(words[2:]))


@pytest.mark.parametrize("command", COMMANDS)
def test_the_list_says_what_the_command_says_of_itself(command: str) -> None:
    assert command_of(command).help.splitlines()[0] == SUMMARIES[command]


@pytest.mark.parametrize("command", [*(name for name in COMMANDS if name not in GROUPS), *OF_GROUPS])
def test_every_command_takes_json_and_h(run: Run, command: str) -> None:
    assert "--json" in run(*command.split(), "-h").out


def test_the_version_is_printed(run: Run) -> None:
    assert run("--version").out == f"surtitle {surtitle.__version__}\n"


def test_without_a_command_help_is_shown(run: Run) -> None:
    ran = run()
    assert "Commands:" in ran.out
    assert ran.code == ExitCode.DONE


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["trian"], "Did you mean 'train'"),
        (["train", "--sett", "a"], "--sett"),
        (["promote"], "VERSION"),
        (["new"], "NAME"),
        (["demo", "--size", "many"], "--size"),
    ],
)
def test_wrong_use_says_what_and_where_help_is(run: Run, arguments: list[str], message: str) -> None:
    ran = run(*arguments)
    assert ran.code == ExitCode.WRONG_INPUT
    assert message in ran.err
    assert re.search(r"See: surtitle( \w+)? --help", ran.err)
    assert ran.out == ""


def test_help_imports_nothing_heavy() -> None:
    code = (
        f"import sys; from surtitle.cli import main; main(['--help']); print([m for m in {HEAVY} if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_program_runs_as_a_module() -> None:
    assert surtitle_process("--version").stdout == f"surtitle {surtitle.__version__}\n"


def test_a_full_disk_behind_stdout_is_told() -> None:
    with open("/dev/full", "w") as full:  # noqa: PTH123 a device
        done = subprocess.run(
            [sys.executable, "-m", "surtitle.cli", "--help"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
        )
    assert done.returncode == ExitCode.SURROUNDINGS
    assert "the disk is full" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_reader_that_goes_away_is_no_fault() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "surtitle.cli", "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == ExitCode.DONE


def test_main_gives_back_an_int() -> None:
    assert type(main(["--version"])) is int


def test_typer_raises_what_the_guard_expects() -> None:
    assert issubclass(typer.BadParameter, typer.TyperException)


def test_nothing_but_the_command_writes_to_stderr_when_the_process_ends(project: Path) -> None:
    # DuckDB complains there of objects that were not freed, which would look like an error of ours.
    done = surtitle_process("check", "--project", str(project))
    assert (done.returncode, done.stderr) == (ExitCode.DONE, "")
