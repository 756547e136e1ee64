"""`surtitle watch --act`: what it prints, how it is stopped, and what it refuses."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from surtitle.cli._acting import keep_on
from surtitle.cycle.lock import loop_lock
from surtitle.errors import ExitCode, SurroundingsError
from surtitle.project import load_project
from tests.cli.conftest import Run
from tests.cli.test_watch import FAST, decided
from tests.processes import die_with_parent

__all__ = ["decided"]


def test_a_pass_tells_what_it_decided_and_the_watch_shows_it_afterwards(decided: Path, run: Run) -> None:
    assert run("labels", "add", decided / "verdicts.csv", "--project", decided).code == 0
    done = run("watch", "--act", "--project", decided, "--json", *FAST)
    assert done.code == ExitCode.DONE
    found = done.json()
    assert set(found) == {"at", "acts", "overview"}
    [act] = found["acts"]
    assert (act["kind"], act["outcome"], act["champion"]) == ("policy", "waited", 1)
    assert act["verdict"]["periods"]
    assert found["overview"]["acts"] == found["acts"]

    page = decided / "page.html"
    later = run("watch", "--project", decided, "--page", page, *FAST)
    assert "what the loop did" in later.out
    assert "policy  waited" in re.sub(r" +", "  ", later.out)
    assert "What the loop did" in page.read_text(encoding="utf-8")
    assert run("watch", "--project", decided, "--json", *FAST).json()["acts"] == found["acts"]


def test_with_every_each_decision_is_a_line_of_a_log(trained: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses: list[float] = []

    def keep_on_once(once: Callable[[], int], pause_s: float) -> int:
        pauses.append(pause_s)
        return once()

    monkeypatch.setattr("surtitle.cli.watch.keep_on", keep_on_once)
    ran = run("watch", "--act", "--every", "90m", "--project", trained)
    assert ran.code == ExitCode.DONE
    assert pauses == [5400.0]
    [line] = ran.out.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d champion, policy: waited\. No matured period .*", line)


def test_a_training_that_fails_ends_with_1(decided: Path, run: Run) -> None:
    run("labels", "add", decided / "verdicts.csv", "--project", decided)
    (decided.parent / "comments.csv").unlink()
    ran = run(
        "watch", "--act", "--project", decided, *FAST, "--set", "watch.new_labels=1", "--set", "watch.cooldown=0s"
    )
    assert ran.code == ExitCode.REFUSED
    assert "comments.csv: does not exist; check data.source" in ran.out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--every", "1h"), "--every goes with --act"),
        (("--act", "--every", "soon"), "--every: 'soon' is not a duration; write a whole number and ms"),
        (("--act", "--every", "0s"), "--every: '0s' is no time at all"),
        (("--act", "--set", "watch.shadow=soon"), "watch.shadow: 'soon' is not a duration"),
        (("--act", "--set", "watch.shadow=0d"), "watch.shadow: is '0d', no time at all"),
        (("--act", "--set", "data.time="), "data.time"),
        (("--act", "--page", "no/such/folder/page.html"), "--page"),
    ],
)
def test_what_cannot_be_done_is_said(trained: Path, run: Run, arguments: tuple[str, ...], told: str) -> None:
    ran = run("watch", "--project", trained, *arguments)
    assert ran.code == ExitCode.WRONG_INPUT
    assert told in ran.err


def test_a_project_without_a_version_is_refused(project: Path, run: Run) -> None:
    ran = run("watch", "--act", "--project", project)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "surtitle train" in ran.err


def test_a_second_one_is_told_who_acts(trained: Path, run: Run) -> None:
    with loop_lock(load_project(trained).state):
        ran = run("watch", "--act", "--project", trained)
    assert ran.code == ExitCode.WRONG_INPUT
    assert re.search(r"another process \(\d+\) acts in this project already", ran.err)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, ExitCode.DONE), (signal.SIGINT, ExitCode.INTERRUPTED)])
def test_a_signal_ends_it_wherever_it_is(number: signal.Signals, code: ExitCode) -> None:
    passes: list[str] = []
    before = signal.getsignal(number)

    def once() -> int:
        passes.append("begun")
        if len(passes) == 3:
            signal.raise_signal(number)
        passes.append("ended")
        return 0

    assert keep_on(once, 1e-3) == code
    assert passes == ["begun", "ended", "begun"]
    assert signal.getsignal(number) is before


def test_what_goes_wrong_later_is_told_and_tried_again(capsys: pytest.CaptureFixture[str]) -> None:
    passes: list[int] = []

    def once() -> int:
        passes.append(len(passes))
        if len(passes) == 2:
            raise SurroundingsError("the disk is full")
        if len(passes) == 3:
            signal.raise_signal(signal.SIGTERM)
        return 0

    assert keep_on(once, 1e-3) == ExitCode.DONE
    assert passes == [0, 1, 2]
    assert "the disk is full" in capsys.readouterr().err


def test_what_goes_wrong_at_once_ends_it() -> None:
    def once() -> int:
        raise SurroundingsError("the disk is full")

    with pytest.raises(SurroundingsError, match="the disk is full"):
        keep_on(once, 1e-3)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_process_goes_on_until_a_signal_comes(trained: Path, number: signal.Signals, code: int) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "surtitle.cli", "watch", "--act", "--every", "200ms", "--json"],
        cwd=trained,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=die_with_parent,
        text=True,
    )
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(3)]
    time.sleep(0.1)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    passes = [json.loads(line) for line in (*lines, *out.splitlines())]
    assert all([act["outcome"] for act in each["acts"]] == ["waited"] for each in passes)
    assert len({each["at"] for each in passes}) == len(passes) >= 3
    assert "Traceback" not in err
