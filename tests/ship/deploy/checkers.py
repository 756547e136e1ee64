"""The field's own checkers, run over generated files."""

import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

__all__ = ["YAMLLINT", "check", "lay_out", "program", "tool"]

YAMLLINT = "{extends: default, rules: {line-length: {max: 130, allow-non-breakable-inline-mappings: true}}}"
_ON_DEBIAN = {"nginx": "nginx", "promtool": "prometheus", "systemd-analyze": "systemd"}


def program(name: str) -> str:
    """Return the path of a program, or skip the test."""
    found = shutil.which(name, path=f"{Path(sys.executable).parent}:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin")
    if found is None:
        pytest.skip(f"{name} is not installed; Debian has it in {_ON_DEBIAN.get(name, name)}")
    return found


def tool(name: str) -> str:
    """Return the path of a checker that the extra `dev` brings, or skip the test."""
    path = Path(sys.executable).with_name(name)
    if not path.exists():
        pytest.skip(f"{name} is not installed; run: pip install -c constraints.txt -e '.[dev]'")
    return str(path)


def check(*command: str | Path, cwd: Path | None = None) -> str:
    """Run a checker that is to find nothing; return what it printed."""
    done = subprocess.run(
        [str(each) for each in command], cwd=cwd, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def lay_out(folder: Path, files: Mapping[str, str]) -> Path:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    return folder
