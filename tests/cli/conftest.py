"""The command line run in this process, and a small project to run it on."""

import json
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from surtitle.cli import main

FRIENDLY = ["what a lovely opening", "thank you for the game", "that endgame was clever", "i learned a lot today"]
RUDE = ["you are a dummy", "what an idiotic move", "shut up you fool", "only a clown plays that"]


class Ran(NamedTuple):
    """What a command gave."""

    code: int
    out: str
    err: str

    def json(self) -> Any:
        """Return the one JSON object on stdout."""
        (line,) = self.out.splitlines()
        return json.loads(line)


Run = Callable[..., Ran]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Return a function that runs `surtitle` with arguments."""

    def call(*arguments: str | Path) -> Ran:
        capsys.readouterr()
        code = main([str(argument) for argument in arguments])
        return Ran(code, *capsys.readouterr())

    return call


def write_comments(path: Path, n: int = 600, seed: int = 0) -> None:
    """Write labelled comments that can be told apart, with noise, of two clients, in order of time."""
    rng = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        file.write("id,body,removed,created_utc,forum\n")
        for number in range(n):
            rude = rng.random() < 0.4
            phrase = rng.choice(RUDE if rude else FRIENDLY)
            removed = rude != (rng.random() < 0.08)
            day = f"2026-{1 + number * 9 // n:02}-{1 + number % 28:02}T{number % 24:02}:00:00Z"
            file.write(f"c{number},{phrase} number {number},{int(removed)},{day},{rng.choice(['chess', 'go'])}\n")


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with one trained version; not to be changed."""
    folder = tmp_path_factory.mktemp("cli")
    write_comments(folder / "comments.csv")
    project = folder / "moderation"
    arguments = f"new {project} --data {folder / 'comments.csv'} --set evaluate.resamples=100"
    assert main(arguments.split()) == 0
    assert main(["train", "--project", str(project)]) == 0
    return project


@pytest.fixture(scope="session")
def worse_once(trained_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained project with a version 2 that knows hardly anything; not to be changed."""
    project = copy_of(trained_once, tmp_path_factory.mktemp("worse"))
    poor = "--set features.char_ngrams=[] --set features.max_word_terms=1"
    assert main(["train", "--project", str(project), *poor.split()]) == 0
    return project


def copy_of(project: Path, folder: Path) -> Path:
    """Copy a project and the data beside it into `folder`."""
    shutil.copytree(project.parent, folder / "copy")
    return folder / "copy" / project.name


@pytest.fixture
def trained(trained_once: Path, tmp_path: Path) -> Path:
    """A copy of the trained project, with its data, to change at will."""
    return copy_of(trained_once, tmp_path)


@pytest.fixture
def worse(worse_once: Path, tmp_path: Path) -> Path:
    """A copy of the project whose version 2 knows hardly anything, to change at will."""
    return copy_of(worse_once, tmp_path)


@pytest.fixture
def project(tmp_path: Path, run: Run) -> Path:
    """A project that nothing has been done in yet."""
    write_comments(tmp_path / "comments.csv")
    folder = tmp_path / "moderation"
    made = run("new", folder, "--data", tmp_path / "comments.csv", "--set", "evaluate.resamples=100")
    assert made.code == 0
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder
