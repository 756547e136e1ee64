"""`surtitle watch --act` killed by SIGKILL at random moments, in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_a_loop_that_is_killed_again_and_again_trains_and_promotes_once_for_each_reason(
    tmp_path: Path, deep: bool
) -> None:
    kills = 30 if deep else 12
    arguments = [sys.executable, "-m", "tests.watch.torture", "--folder", str(tmp_path / "p"), "--kills", str(kills)]
    done = subprocess.run(arguments, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    places = {name: found.pop(name, 0) for name in tuple(found) if name.startswith("killed_")}
    assert places.get("killed_in_the_training", 0) >= 1, places
    faults = set(found) - {"kills", "rounds", "rounds_left_alone", "promoted", "whole_s", "leftovers"}
    assert not faults, found
    assert found["leftovers"] == []
    assert found["kills"] >= kills
    assert found["promoted"] >= 1
