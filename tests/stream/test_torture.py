"""Real processes, killed by SIGKILL at random moments."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]


def _torture(folder: Path, *options: str) -> Any:
    arguments = [sys.executable, "-m", "tests.stream.torture", "--folder", str(folder), *options]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _is_exact(found: Any) -> bool:
    exact = found["lost"] == found["twice"] == found["windows_twice"] == found["late"] == 0
    return bool(exact and found["tumbling_as_pandas"] and found["sessions_as_pandas"])


def test_exactly_once_survives_kill_9(tmp_path: Path) -> None:
    found = _torture(tmp_path, "--events", "6000", "--kills", "8")
    assert found["kills"] > 3
    assert _is_exact(found), found


@pytest.mark.slow
def test_exactly_once_survives_200_kills_over_200_000_events(tmp_path: Path) -> None:
    found = _torture(tmp_path, "--seed", "1")
    assert found["kills"] == 200
    assert _is_exact(found), found


@pytest.mark.slow
def test_at_least_once_loses_nothing(tmp_path: Path) -> None:
    found = _torture(tmp_path, "--events", "20000", "--kills", "30", "--delivery", "at-least-once")
    assert found["lost"] == 0, found


@pytest.mark.slow
def test_at_most_once_repeats_nothing(tmp_path: Path) -> None:
    found = _torture(tmp_path, "--events", "20000", "--kills", "30", "--delivery", "at-most-once")
    assert found["twice"] == 0, found
