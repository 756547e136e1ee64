"""What every benchmark prints: one JSON line per claim, the machine, and the real data's place."""

import argparse
import json
import os
import platform
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


@dataclass(frozen=True)
class Claim:
    """One measured figure beside its floor and its peer."""

    claim: str
    value: float
    unit: str
    floor: float | None = None
    holds: bool | None = None
    peer: dict[str, object] = field(default_factory=dict)
    ratio: float | None = None
    versions: dict[str, str] = field(default_factory=dict)
    note: str = ""


def parser(description: str) -> argparse.ArgumentParser:
    """Return a parser of --quick and --json, for scripts that take more."""
    made = argparse.ArgumentParser(description=description)
    made.add_argument("--quick", action="store_true", help="a smaller run, under 50 s")
    made.add_argument("--json", action="store_true", help="JSON lines only")
    return made


def arguments(description: str) -> argparse.Namespace:
    """Read --quick and --json."""
    return parser(description).parse_args()


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of Python and of the packages named."""
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def machine() -> str:
    """Say on what this runs."""
    cpu = next((line.split(":")[1].strip() for line in _cpu_lines() if line.startswith("model name")), "unknown")
    return f"{cpu}, {len(os.sched_getaffinity(0))} cores, {platform.system()} {platform.release()}"


def _cpu_lines() -> Sequence[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.is_file() else []


def tell(claim: Claim, *, as_json: bool) -> None:
    """Print a claim: for programs, or for people too."""
    print(json.dumps(asdict(claim)), flush=True)
    if not as_json and claim.holds is False:
        print(f"  MISSED: {claim.claim}: {claim.value:g} {claim.unit}, floor {claim.floor:g}", file=sys.stderr)


def need_data(name: str) -> Path:
    """Return the folder of a real data set, or end the script saying that it is absent."""
    folder = DATA / name
    if not folder.is_dir():
        sys.exit(f"skipped: no real data in {DATA}")
    return folder
