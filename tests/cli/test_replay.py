"""`surtitle replay`."""

import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

import pytest

from surtitle.errors import ExitCode
from tests.cli.conftest import Run
from tests.watch.histories import phrases, talk, write_history

CHANGED = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("replay")
    write_history(made, talk(18, 300, lambda day: phrases(0, 1, 2, 3) if day < CHANGED else phrases(0, 1, 6, 7)))
    return made


def test_replay_tells_compares_and_draws(folder: Path, run: Run, tmp_path: Path) -> None:
    picture = tmp_path / "loop.svg"
    ran = run("replay", "--project", folder, "--first", "2026-03-09", "--picture", picture)
    assert ran.code == ExitCode.DONE, ran.err
    assert "1 trainings, 1 promotions, 0 rollbacks" in ran.out
    assert "trained (quality): promoted version 2. The difference in AUC" in ran.err
    root = ElementTree.parse(picture).getroot()
    assert root.tag.endswith("svg")
    assert "v2" in "".join(root.itertext())
    assert not (folder / ".surtitle" / "registry").exists()


def test_json_holds_every_training_with_its_numbers(folder: Path, run: Run, tmp_path: Path) -> None:
    page = tmp_path / "loop.html"
    ran = run(
        "replay",
        folder / "history.csv",
        "--project",
        folder,
        "--first",
        "0.4",
        "--by",
        "client",
        "--picture",
        page,
        "--json",
    )
    outcome = ran.json()
    [training] = outcome["retrainings"]
    assert training["verdict"]["triggers"] == ["quality"]
    assert training["contest"]["gate"]["passed"]
    assert outcome["total"]["loop"]["accuracy"]["value"] > outcome["total"]["static"]["accuracy"]["value"]
    assert [part["name"] for part in outcome["parts"]] == ["None"]
    assert page.read_text(encoding="utf-8").count("<tr>") == 5


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--speed", "fast"], '--speed fast: write a number above 0, such as 3600, or "max"'),
        (["--first", "2031-01-01"], "--first 2031-01-01: write a share between 0 and 1, or a time within 2026-03-01"),
        (["--first", "1.5"], "--first 1.5: write a share between 0 and 1"),
        (["--picture", "loop.png"], "--picture loop.png: name a file that ends with .svg or .html"),
        (["--label-delay", "soon"], "watch.maturity: 'soon' is not a duration"),
        (["--by", "mood"], "mood"),
        (["--set", "watch.period=1s"], "watch.period: divides the history into"),
    ],
)
def test_wrong_use_is_told(arguments: list[str], message: str, folder: Path, run: Run) -> None:
    ran = run("replay", "--project", folder, *arguments)
    assert ran.code == ExitCode.WRONG_INPUT
    assert message in ran.err


def test_a_replay_that_is_killed_leaves_nothing_but_prepared_data(folder: Path, tmp_path: Path) -> None:
    write_history(tmp_path, talk(10, 100, lambda day: phrases(0, 1)))
    command = [sys.executable, "-m", "surtitle.cli", "replay", "--speed", "1", "--project", str(tmp_path)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    cache = tmp_path / ".surtitle" / "cache" / "prepare"
    while process.poll() is None and not (
        list(cache.glob("*/prepared.json")) and not list(cache.glob(".unfinished-*"))
    ):
        time.sleep(0.01)
    process.kill()
    process.wait()
    left = {path.relative_to(tmp_path).parts[:3] for path in tmp_path.rglob("*") if path.is_file()}
    assert {parts[:2] for parts in left} == {("history.csv",), ("surtitle.toml",), (".surtitle", "cache")}
    assert not list(cache.glob(".unfinished-*"))
