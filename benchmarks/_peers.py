"""Peers in virtual environments of their own, build/peers/NAME, made when first wanted and kept."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

__all__ = ["environment"]

_HOME = Path(__file__).resolve().parents[1] / "build" / "peers"
_PATIENCE_S = 900


def environment(name: str, packages: Sequence[str], *, may_install: bool) -> tuple[Path | None, str]:
    """Return the programs' folder of an environment with these packages, or None and the reason why there is none.

    Parameters
    ----------
    name : str
        Of the environment.
    packages : sequence of str
        With their versions; where they have changed, the environment is made anew.
    may_install : bool
        Whether there is time for that.
    """
    home = _HOME / name
    done, wanted = home / ".done", "\n".join(packages)
    if not done.is_file() or done.read_text() != wanted:
        if not may_install:
            return None, f"{' and '.join(packages)} not installed in build/peers/{name}; a run without --quick does it"
        commands = (
            [sys.executable, "-m", "venv", "--clear", str(home)],
            [str(home / "bin" / "python"), "-m", "pip", "install", "-q", "--disable-pip-version-check", *packages],
        )
        for command in commands:
            try:
                subprocess.run(command, capture_output=True, text=True, check=True, timeout=_PATIENCE_S)
            except subprocess.CalledProcessError as error:
                return None, f"{name} could not be installed: {error.stderr.strip().splitlines()[-1:]}"
            except (OSError, subprocess.TimeoutExpired) as error:
                return None, f"{name} could not be installed: {error}"
        done.write_text(wanted)
    return home / "bin", ""
