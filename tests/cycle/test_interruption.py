"""Ctrl-C and kill -9 in every stage: nothing half-written is ever seen, and the next run recovers."""

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from surtitle.artefact import load_artefact
from surtitle.cycle import open_scorer, registry_of, train
from surtitle.project import Project, load_project

from .projects import NOW, make_project


class Interrupting:
    """A reporter under which Ctrl-C is pressed at the n-th thing it is told."""

    def __init__(self, after: int) -> None:
        self.left = after
        self.stages: list[str] = []

    def start(self, stage: str, total: int | None = None) -> None:
        self.stages.append(stage)
        self._count()

    def advance(self, steps: int) -> None:
        self._count()

    def done(self, message: str) -> None:
        self._count()

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise KeyboardInterrupt


def check_whole(project: Project) -> int:
    """Every version that can be seen is complete and loads; return how many there are."""
    versions = registry_of(project).versions()
    for version in versions:
        registry_of(project).verify(version.number)
        load_artefact(version.folder)
        assert (version.folder / "report.html").is_file()
    return len(versions)


@pytest.mark.parametrize("processes", [1, 2])
@pytest.mark.slow
def test_ctrl_c_at_every_point_of_a_training_leaves_nothing_half_done(tmp_path: Path, processes: int) -> None:
    project = load_project(make_project(tmp_path, n=300).root, [f"train.processes={processes}"])
    interrupted_in = set()
    for after in range(200):
        reporter = Interrupting(after)
        try:
            train(project, now=NOW, environ={}, reporter=reporter)
        except KeyboardInterrupt:
            interrupted_in.add(reporter.stages[-1])
            # Once the version's row is committed it stands, also if its alias was still to be set.
            assert check_whole(project) <= 1
            continue
        break
    assert {"read the labelled data", "write the splits", "tokenise", "fit", "evaluate", "register"} <= interrupted_in
    assert check_whole(project) == 1
    assert open_scorer(project).version == 1


@pytest.mark.slow
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_a_training_process_stopped_at_any_moment_is_made_good_by_the_next(
    tmp_path: Path, blow: signal.Signals
) -> None:
    project = make_project(tmp_path, n=400)
    command = [sys.executable, "-m", "surtitle.cli", "train", "--json"]
    start = time.monotonic()
    subprocess.run([*command, "--set", "train.c=0.9"], cwd=tmp_path, check=True, capture_output=True)
    whole_s = time.monotonic() - start
    codes = []
    rng = random.Random(int(blow))
    for number in range(16):
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
    stopped = 130 if blow == signal.SIGINT else -9
    assert codes.count(stopped) >= 5, codes
    assert set(codes) <= {0, stopped}, codes
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    assert np.isfinite(open_scorer(project).scorer.score(["you dummy"])[0].score)
    assert not list((project.state / "registry").glob("**/*.tmp"))
