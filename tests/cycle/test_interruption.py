"""Ctrl-C and kill -9 in every stage: nothing half-written is ever seen, and the next run recovers."""

import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from surtitle.artefact import load_artefact
from surtitle.cycle import open_scorer, registry_of, train
from surtitle.project import Project

from .projects import NOW, make_project


class Interrupting:
    """A reporter under which Ctrl-C is pressed at one of the things it is told; it remembers what those were."""

    def __init__(self, at: int = -1) -> None:
        self.at = at
        self.told: list[tuple[str, str]] = []
        self.stage = ""

    def start(self, stage: str, total: int | None = None) -> None:
        self.stage = stage
        self._tell("start")

    def advance(self, steps: int) -> None:
        self._tell("advance")

    def done(self, message: str) -> None:
        self._tell("done")

    def _tell(self, what: str) -> None:
        self.told.append((what, self.stage))
        if len(self.told) - 1 == self.at:
            raise KeyboardInterrupt


def check_whole(project: Project) -> int:
    """Every version that can be seen is complete and loads; return how many there are."""
    versions = registry_of(project).versions()
    for version in versions:
        registry_of(project).verify(version.number)
        load_artefact(version.folder)
        assert (version.folder / "report.html").is_file()
    return len(versions)


@pytest.mark.slow
def test_ctrl_c_at_any_point_of_a_training_leaves_nothing_half_done(tmp_path: Path, deep: bool) -> None:
    rehearsal = Interrupting()
    train(make_project(tmp_path / "rehearsal"), now=NOW, environ={}, reporter=rehearsal)
    points = [at for at, (what, _) in enumerate(rehearsal.told) if what != "advance"]
    points += [at for at, (what, stage) in enumerate(rehearsal.told) if (what, stage) == ("advance", "fit")][:2]
    # The first of each stage, and of the others each third, where there is no time for all.
    stages = [rehearsal.told[at][1] for at in points]
    points = [at for place, at in enumerate(points) if deep or place % 3 == 0 or stages[place] not in stages[:place]]
    project = make_project(tmp_path / "project")
    interrupted_in = set()
    for at in points:
        shutil.rmtree(project.state, ignore_errors=True)
        reporter = Interrupting(at)
        with pytest.raises(KeyboardInterrupt):
            train(project, now=NOW, environ={}, reporter=reporter)
        interrupted_in.add(reporter.stage)
        # Once the version's row is committed it stands, also when its last word was cut off.
        assert check_whole(project) <= 1
        assert train(project, now=NOW, environ={}).version == 1
        assert check_whole(project) == 1
        assert open_scorer(project).version == 1
    assert {"read the labelled data", "write the splits", "tokenise", "fit", "evaluate", "register"} <= interrupted_in


@pytest.mark.slow
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_a_training_process_stopped_at_any_moment_is_made_good_by_the_next(
    tmp_path: Path, blow: signal.Signals, deep: bool
) -> None:
    rounds = 16 if deep else 9
    project = make_project(tmp_path, n=400)
    command = [sys.executable, "-m", "surtitle.cli", "train", "--json"]
    start = time.monotonic()
    subprocess.run([*command, "--set", "train.c=0.9"], cwd=tmp_path, check=True, capture_output=True)
    whole_s = time.monotonic() - start
    codes = []
    rng = random.Random(int(blow))
    for number in range(rounds):
        process = subprocess.Popen(
            [*command, "--set", f"train.c={1 + number}"],
            cwd=tmp_path,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        try:
            process.wait(timeout=rng.uniform(0.25, 1.1) * whole_s)
        except subprocess.TimeoutExpired:
            process.send_signal(blow)
        message = process.communicate()[1].decode()
        codes.append(process.returncode)
        assert "Traceback" not in message, message
        check_whole(project)
    # -2: the interrupt came while Python itself was starting or ending.
    stopped = {130, -2} if blow == signal.SIGINT else {-9}
    assert sum(code in stopped for code in codes) >= rounds // 3, codes
    assert set(codes) <= {0, *stopped}, codes
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert np.isfinite(open_scorer(project).scorer.score(["you dummy"])[0].score)
    assert not list((project.state / "registry").glob("**/*.tmp"))
