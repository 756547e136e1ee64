"""`surtitle demo`."""

from pathlib import Path

import pytest

from surtitle.errors import ExitCode
from tests.cli.conftest import Run, write_comments

STEPS = ["new", "check", "train", "score", "models", "plan"]


def steps_in(out: str) -> list[str]:
    return [line.split()[2] for line in out.splitlines() if line.startswith("$ surtitle ")]


@pytest.fixture(scope="module")
def demo_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo that has run once, small."""
    from surtitle.cli import main

    folder = tmp_path_factory.mktemp("demo") / "demo"
    assert main(["demo", str(folder), "--size", "800", "--json"]) == ExitCode.DONE
    return folder


def test_the_demo_makes_a_project_and_runs_all_of_it(here: Path, run: Run) -> None:
    ran = run("demo", "tour", "--size", "800", "--seed", "3")
    assert ran.code == ExitCode.DONE, ran.err
    assert steps_in(ran.out) == STEPS
    assert "This data is synthetic" in ran.out
    assert (here / "tour" / "comments.csv").is_file()


def test_the_report_of_the_demo_says_that_its_data_is_made_up(demo_once: Path, run: Run) -> None:
    report = Path(run("train", "--project", demo_once, "--json").json()["report"]).read_text(encoding="utf-8")
    assert "synthetic" in report


def test_the_commands_shown_can_be_typed(here: Path, run: Run) -> None:
    import shlex

    out = run("demo", "tour", "--size", "800").out
    (new,) = [line for line in out.splitlines() if line.startswith("$ surtitle new")]
    words = shlex.split(new)[2:]
    (here / "tour" / "surtitle.toml").rename(here / "before.toml")
    assert run(*words).code == ExitCode.DONE
    assert (here / "tour" / "surtitle.toml").read_text() == (here / "before.toml").read_text()


def test_a_second_run_goes_through_what_there_is(demo_once: Path, run: Run) -> None:
    ran = run("demo", demo_once)
    assert ran.code == ExitCode.DONE
    assert steps_in(ran.out) == STEPS[1:]
    assert "Nothing has changed since version 1" in ran.out


def test_json_is_one_object_and_the_story_goes_to_stderr(demo_once: Path, run: Run) -> None:
    ran = run("demo", demo_once, "--json")
    result = ran.json()
    assert (result["version"], result["project"]) == (1, str(demo_once))
    assert steps_in(ran.err) == STEPS[1:]


def test_the_same_seed_makes_up_the_same_comments(demo_once: Path, here: Path, run: Run) -> None:
    run("demo", "again", "--size", "800", "--json")
    assert (here / "again" / "comments.csv").read_bytes() == (demo_once / "comments.csv").read_bytes()


def test_real_data_goes_the_same_way(here: Path, run: Run) -> None:
    write_comments(here / "mine.csv")
    ran = run("demo", "tour", "--data", "mine.csv", "--text", "body", "--label", "removed")
    assert ran.code == ExitCode.DONE, ran.err
    assert steps_in(ran.out) == STEPS
    assert "synthetic" not in ran.out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--text", "body"], "go with --data FILE"),
        (["--data", "a.csv", "--size", "800"], "leave out either them or --data"),
        (["--size", "3"], "--size"),
        (["--data", "nowhere.csv"], "does not exist"),
    ],
)
def test_wrong_use_is_named_and_makes_nothing(here: Path, run: Run, arguments: list[str], message: str) -> None:
    ran = run("demo", "tour", *arguments)
    assert ran.code == ExitCode.WRONG_INPUT
    assert message in ran.err
    assert not (here / "tour").exists()


def test_another_size_in_the_same_folder_is_refused(demo_once: Path, run: Run) -> None:
    ran = run("demo", demo_once, "--size", "900")
    assert ran.code == ExitCode.WRONG_INPUT
    assert "is a project already" in ran.err
