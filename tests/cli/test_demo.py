"""`surtitle demo`."""

import contextlib
import io
import re
import shlex
import tomllib
from pathlib import Path
from typing import NamedTuple

import pytest

from surtitle.cli import main
from surtitle.errors import ExitCode
from tests.cli.conftest import Run, write_comments

STEPS = ["new", "check", "train", "score", "models", "plan"]


def steps_in(out: str) -> list[str]:
    return [line.split()[2] for line in out.splitlines() if line.startswith("$ surtitle ")]


class Tour(NamedTuple):
    """A demo that has run, and what it printed."""

    folder: Path
    out: str


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Tour:
    """A demo that has run once, small."""
    folder = tmp_path_factory.mktemp("demo") / "tour"
    with contextlib.redirect_stdout(io.StringIO()) as out:
        assert main(["demo", str(folder), "--size", "500", "--seed", "3"]) == ExitCode.DONE
    return Tour(folder, out.getvalue())


def test_the_demo_makes_a_project_and_runs_all_of_it(tour: Tour) -> None:
    assert steps_in(tour.out) == STEPS
    assert "This data is synthetic" in tour.out
    assert (tour.folder / "comments.csv").is_file()


def test_the_report_of_the_demo_says_that_its_data_is_made_up(tour: Tour, run: Run) -> None:
    report = Path(run("train", "--project", tour.folder, "--json").json()["report"]).read_text(encoding="utf-8")
    assert "synthetic" in report


def test_the_command_shown_for_the_project_can_be_typed(tour: Tour, here: Path, run: Run) -> None:
    (line,) = [line for line in tour.out.splitlines() if line.startswith("$ surtitle new")]
    words = ["new", str(tour.folder.parent / "again"), *shlex.split(line)[4:]]
    assert run(*words).code == ExitCode.DONE
    again = (tour.folder.parent / "again" / "surtitle.toml").read_text().replace("../tour/", "")
    assert _data_of(again) == _data_of((tour.folder / "surtitle.toml").read_text())


def _data_of(settings: str) -> object:
    return tomllib.loads(settings)["data"]


def test_a_second_run_goes_through_what_there_is(tour: Tour, run: Run) -> None:
    ran = run("demo", tour.folder)
    assert ran.code == ExitCode.DONE
    assert steps_in(ran.out) == STEPS[1:]
    assert "Nothing has changed since version 1" in ran.out


def test_json_is_one_object_and_the_story_goes_to_stderr(tour: Tour, run: Run) -> None:
    ran = run("demo", tour.folder, "--json")
    result = ran.json()
    assert (result["version"], result["project"]) == (1, str(tour.folder))
    assert steps_in(ran.err) == STEPS[1:]


def test_a_small_sample_has_no_loop_to_show(tour: Tour, run: Run) -> None:
    assert not (tour.folder / "drifted.csv").exists()
    assert run("demo", tour.folder, "--json").json()["picture"] is None


@pytest.mark.slow
def test_it_ends_with_a_community_that_drifts_and_a_loop_that_follows(here: Path, run: Run) -> None:
    ran = run("demo", "tour", "--size", "5000")
    assert ran.code == ExitCode.DONE
    assert steps_in(ran.out) == [*STEPS, "replay"]
    assert "from 20 July on its moderators judge by other rules" in ran.out
    assert "trained (quality): promoted version" in ran.err
    picture = (here / "tour" / "loop.html").read_text(encoding="utf-8")
    assert 'class="promoted"' in picture
    (total,) = [line for line in ran.out.splitlines() if line.startswith("all ")]
    static, loop = (float(figure) for figure in re.findall(r"(\d\.\d+) \[", total)[2:])
    assert loop > static + 0.05
    assert str(Path("tour") / "loop.html") in ran.out


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
        (["--data", "a.csv", "--size", "500"], "leave out either them or --data"),
        (["--size", "3"], "--size"),
        (["--data", "nowhere.csv"], "does not exist"),
    ],
)
def test_wrong_use_is_named_and_makes_nothing(here: Path, run: Run, arguments: list[str], message: str) -> None:
    ran = run("demo", "tour", *arguments)
    assert ran.code == ExitCode.WRONG_INPUT
    assert message in ran.err
    assert not (here / "tour").exists()


def test_another_size_in_the_same_folder_is_refused(tour: Tour, run: Run) -> None:
    ran = run("demo", tour.folder, "--size", "900")
    assert ran.code == ExitCode.WRONG_INPUT
    assert "is a project already" in ran.err
