"""The programs that read generated pipelines; in CI each must be there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

BESIDE = Path(sys.executable).parent


def run_checker(name: str, *arguments: str | Path, folder: Path) -> None:
    """Run a program over files; whatever it finds fails the test."""
    found = shutil.which(name, path=f"{BESIDE}{os.pathsep}{os.environ['PATH']}")
    if found is None:
        if os.environ.get("CI") and name != "actionlint":
            pytest.fail(f"{name} is not installed, and CI must not go on without it")
        pytest.skip(f"{name} is not installed")
    command: Sequence[str] = [found, *map(str, arguments)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
