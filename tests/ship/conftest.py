"""checkov, which both Dockerfiles and manifests are shown to."""

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.ship.image.machines import held

CHECKOV = "3.3.30"


@pytest.fixture(scope="session")
def checkov() -> Path:
    """checkov in an environment of its own, as its pins do not go together with ours; installed once on a machine."""
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "surtitle-tests"
    folder = cache / f"checkov-{CHECKOV}-{sys.version_info.major}.{sys.version_info.minor}"
    cache.mkdir(parents=True, exist_ok=True)
    with held(folder.with_suffix(".lock")):
        if not (folder / "whole").exists():
            venv.create(folder, with_pip=True, clear=True)
            pip = [str(folder / "bin/python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            command = [*pip, f"checkov=={CHECKOV}"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
            if done.returncode != 0:
                assert "CI" not in os.environ, done.stderr
                pytest.skip(f"checkov cannot be installed here: {done.stderr[-200:]}")
            (folder / "whole").touch()
    return folder / "bin/checkov"
