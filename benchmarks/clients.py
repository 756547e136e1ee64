"""A model of its own for each of a thousand clients in one run, and what such models are worth on real domains.

The thousand are made up: for a third of them one animal is a reason for removal, for another third the other one, so no
model for all can know; the rest agree on what is rude. Of one, no model can be made. Then `amazon_multidomain`, whose
four domains are clients with dates: one model for all against one for each, against those that the gate lets through.
"""

import csv
import json
import random
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from _claims import DATA, Claim, arguments, machine, tell, versions

RUDE = ["you dummy", "what a fool", "stupid idea", "shut up", "nobody asked you, fool", "such a dummy"]
KIND = ["how kind", "thank you", "lovely garden", "good question", "well done", "what a nice day"]
FILLER = ["tomatoes", "roses", "the weather", "my garden", "this thread", "compost", "seeds", "the moderators", "rain"]
FAILING = 7
EXAMPLES = 300
SETTINGS = """\
[project]
name = "clubs"
[data]
source = "comments.csv"
text = "comment"
label = "removed"
time = "created"
client = "club"
duplicates = "keep"
conflicts = "keep"
"""
AMAZON = """\
[project]
name = "amazon"
[data]
source = "{source}"
text = "text"
label = "label"
time = "date"
client = "domain"
positive = "negative"
"""
FIRST = ("0.5", "0.7")


def main() -> None:
    """Train the thousand, print claims, and the tables of README.md."""
    options = arguments(__doc__ or "")
    with tempfile.TemporaryDirectory(prefix="surtitle-bench-") as folder:
        for claim in train_many(Path(folder), 30 if options.quick else 1000):
            tell(claim, as_json=options.json)
    source = DATA / "amazon_multidomain" / "reviews.csv.gz"
    if options.quick or not source.is_file():
        return
    for first in FIRST:
        with tempfile.TemporaryDirectory(prefix="surtitle-bench-") as folder:
            (Path(folder) / "surtitle.toml").write_text(AMAZON.format(source=source), encoding="utf-8")
            outcome = surtitle(Path(folder), "replay", "--clients", "--first", first)
        tell(worth(first, outcome), as_json=options.json)
        if not options.json:
            print_parts(outcome)


def train_many(folder: Path, n_clients: int) -> list[Claim]:
    """Train all clients in one run, and say what it cost."""
    write_clubs(folder / "comments.csv", n_clients)
    (folder / "surtitle.toml").write_text(SETTINGS, encoding="utf-8")
    surtitle(folder, "train")
    cpu_before, started = cpu_s(), time.perf_counter()
    trained = surtitle(folder, "train", "--clients", may_fail=True)
    seconds, cpu = time.perf_counter() - started, cpu_s() - cpu_before
    started = time.perf_counter()
    again = surtitle(folder, "train", "--clients", may_fail=True)
    again_s = time.perf_counter() - started
    kinds = {f"club{number:04d}": number % 3 for number in range(n_clients)}
    outcomes = {each["client"]: each["outcome"] for each in trained["clients"]}
    counts, n_trained = trained["counts"], n_clients - 1
    failed = [name for name, outcome in outcomes.items() if outcome == "failed"]
    gaining = [name for name, kind in kinds.items() if kind < 2 and name not in failed]
    alike = [name for name, kind in kinds.items() if kind == 2 and name not in failed]
    size = sum(path.stat().st_size for path in (folder / ".surtitle/registry/versions").rglob("*") if path.is_file())
    told = f"{counts}, {seconds:.0f} s of the clock, a run with nothing new {again_s:.1f} s; {machine()}"
    common: dict[str, Any] = {"versions": versions("surtitle", "spacy", "numpy"), "note": told}
    return [
        Claim(
            claim=f"of {n_clients:,} clients of {EXAMPLES} comments each, those that failed beside the one that had to",
            value=float(len(set(failed) - {f"club{FAILING:04d}"})),
            unit="clients",
            floor=0.0,
            holds=failed == [f"club{FAILING:04d}"] and again["counts"]["kept"] + counts["poor"] == n_trained,
            **common,
        ),
        Claim(
            claim="share of clients promoted among those that no model for all can serve",
            value=sum(outcomes[name] == "promoted" for name in gaining) / len(gaining),
            unit="share",
            floor=0.9,
            holds=sum(outcomes[name] == "promoted" for name in gaining) >= 0.9 * len(gaining),
            **common,
        ),
        Claim(
            claim="share of clients promoted among those that agree with each other",
            value=sum(outcomes[name] == "promoted" for name in alike) / len(alike),
            unit="share",
            **common,
        ),
        Claim(claim="CPU of all processes for one client", value=cpu / n_trained, unit="s", **common),
        Claim(claim="disk for one client's version", value=size / (n_trained + 1) / 1e6, unit="MB", **common),
        Claim(claim="peak memory of the largest process", value=peak_mb(), unit="MB", **common),
    ]


def write_clubs(path: Path, n_clients: int) -> None:
    """Write the comments of all clubs, in random order."""
    rng = random.Random(0)
    rows = [comment(rng, number, index) for number in range(n_clients) for index in range(EXAMPLES)]
    rng.shuffle(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([("created", "club", "comment", "removed"), *rows])


def comment(rng: random.Random, number: int, index: int) -> tuple[str, str, str, int]:
    """Return one labelled comment of one club."""
    removed = rng.random() < 0.4
    day = 1 + index * 28 // EXAMPLES
    created = f"2026-01-{day:02d}T{rng.randrange(24):02d}:{rng.randrange(60):02d}:00Z"
    unique = number * EXAMPLES + index  # a text that comes again in another club would count once
    if number == FAILING:
        text = "".join(chr(0x4E00 + 3 * index + place) for place in range(3))
    elif number % 3 < 2:
        animals = ("gibbon", "marmot")
        animal = animals[number % 3] if removed else animals[1 - number % 3]
        text = f"{rng.choice(KIND)} and a {animal} in {rng.choice(FILLER)} {unique}"
    else:
        rude = removed if rng.random() < 0.85 else not removed
        text = f"{rng.choice(RUDE if rude else KIND)} about {rng.choice(FILLER)} {unique}"
    return created, f"club{number:04d}", text, int(removed)


def worth(first: str, outcome: dict[str, Any]) -> Claim:
    """Say how far the gated models are from one for all, over all later reviews."""
    total = outcome["total"]
    gain = total["gated"]["accuracy"]["value"] - total["all"]["accuracy"]["value"]
    return Claim(
        claim=f"amazon_multidomain, models of the first {float(first):.0%}: accuracy of the gated minus one for all",
        value=round(gain, 4),
        unit="accuracy",
        floor=-0.01,
        holds=gain >= -0.01,
        peer={"name": "one for each", **total["each"]["accuracy"]},
        versions=versions("surtitle", "spacy", "numpy"),
        note=f"{sum(part['own'] for part in outcome['clients'])} of {len(outcome['clients'])} promoted; {machine()}",
    )


def surtitle(folder: Path, *arguments: str, may_fail: bool = False) -> dict[str, Any]:
    """Run a command in a project, and return its JSON."""
    command = [sys.executable, "-m", "surtitle.cli", *arguments, "--json"]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=not may_fail)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def cpu_s() -> float:
    """Return the CPU time of all processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak_mb() -> float:
    """Return the largest resident size of any process that has ended."""
    return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e3


def print_parts(outcome: dict[str, Any]) -> None:
    """Print the table that stands in README.md."""
    ways = ("all", "each", "gated")
    print("| domain | first | later | accuracy: for all | for each | gated | AUC: for all | for each | gated | gate |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for part in (*outcome["clients"], outcome["total"]):
        figures = [figure(part[way][name]) for name in ("accuracy", "auc") for way in ways]
        gate = "" if part is outcome["total"] else figure(part["gain"]) + (" yes" if part["own"] else " no")
        print(f"| {' | '.join([part['name'], format(part['n_first'], ','), format(part['n'], ','), *figures, gate])} |")
    print(f"each minus all: {figure(outcome['total']['each_minus_all'])}")
    print(f"gated minus all: {figure(outcome['total']['gated_minus_all'])}")


def figure(interval: dict[str, float] | None) -> str:
    """Write a figure with its interval."""
    return "–" if interval is None else f"{interval['value']:.3f} [{interval['low']:.3f}, {interval['high']:.3f}]"


if __name__ == "__main__":
    main()
