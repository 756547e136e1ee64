"""How good a model is that is made of labels chosen by `surtitle label-next`, and of as many drawn at random.

Real texts whose labels are known play the labeller. Each seed begins with the same labels drawn at random; then, in
rounds, a model is trained, further texts are chosen by it, and their labels are added. The other arm draws them. Both
models are measured on the same texts that nobody was asked about.
"""

import csv
import gzip
import shutil
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, TextIO

import numpy as np

from _claims import Claim, arguments, machine, need_data, tell, versions
from surtitle.cycle import train
from surtitle.cycle.opening import load_scorer, registry_of
from surtitle.evaluate import measure
from surtitle.models import class_indices
from surtitle.project import Project, load_project
from surtitle.watch.asking import select

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SETS = {
    "davidson_hate_offensive": ("labeled_data.csv", "tweet", "class", "macro_f1"),
    "crisislex_t6": ("tweets.csv.gz", "text", "label", "auc"),
}
BEGIN, ROUND = 300, 200


class Row(NamedTuple):
    """A text and its label."""

    id: str
    text: str
    label: str


def main() -> None:
    """Print a claim for each set."""
    options = arguments(__doc__ or "")
    names, seeds, rounds = (["davidson_hate_offensive"], 1, 1) if options.quick else (list(SETS), 4, 3)
    for name in names:
        *_, metric = SETS[name]
        rows = read(name)
        gains, values = [], []
        for seed in range(seeds):
            chosen, drawn = (play(rows, seed, rounds, metric, chooses=chooses) for chooses in (True, False))
            gains.append(chosen - drawn)
            values.append((chosen, drawn))
            print(f"{name}, seed {seed}: {chosen:.3f} chosen, {drawn:.3f} drawn", file=sys.stderr)
        means = np.mean(values, axis=0)
        tell(
            Claim(
                claim=f"{name}: {metric} by {BEGIN} labels and {rounds} times {ROUND} chosen by label-next",
                value=round(float(means[0]), 3),
                unit=metric,
                peer={"name": "as many drawn at random", "value": round(float(means[1]), 3)},
                versions=versions("surtitle"),
                note=f"gain of each of {seeds} seeds: {', '.join(f'{gain:+.3f}' for gain in gains)}; {machine()}",
            ),
            as_json=options.json,
        )


def read(name: str) -> list[Row]:
    """Return all texts of a set that occur once."""
    file, text, label, _ = SETS[name]
    path = need_data(name) / file
    with opened(path) as stream:
        found = {row[text]: row[label] for row in csv.DictReader(stream)}
    return [Row(f"r{place}", text, label) for place, (text, label) in enumerate(found.items())]


def opened(path: Path) -> TextIO:
    return gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else path.open(encoding="utf-8")


def play(rows: Sequence[Row], seed: int, rounds: int, metric: str, *, chooses: bool) -> float:
    """Return how good the last model of one arm is."""
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(rows))
    test, pool = [rows[place] for place in order[:4000]], [rows[place] for place in order[4000:16_000]]
    known = dict.fromkeys(row.id for row in pool[:BEGIN])
    folder = Path(tempfile.mkdtemp(prefix="surtitle-bench-"))
    try:
        for turn in range(rounds):
            left = [row for row in pool if row.id not in known]
            if chooses:
                project = fit(folder / f"{turn}", [row for row in pool if row.id in known])
                write(folder / "events.csv", left)
                asked = select(project, folder / "events.csv", ROUND, random=0.2, seed=seed, now=NOW).events
                known |= dict.fromkeys(each.id for each in asked)
            else:
                known |= dict.fromkeys(left[place].id for place in rng.permutation(len(left))[:ROUND].tolist())
        return quality(fit(folder / "last", [row for row in pool if row.id in known]), test, metric)
    finally:
        shutil.rmtree(folder)


def fit(folder: Path, rows: Sequence[Row]) -> Project:
    """Return a project with a champion made of some labels."""
    folder.mkdir()
    write(folder / "data.csv", rows)
    settings = '[data]\nsource = "data.csv"\nid = "id"\n[evaluate]\nresamples = 100\n'
    (folder / "surtitle.toml").write_text(settings)
    project = load_project(folder)
    train(project, now=NOW, environ={})
    return project


def write(path: Path, rows: Sequence[Row]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(Row._fields)
        writer.writerows(rows)


def quality(project: Project, test: Sequence[Row], metric: str) -> float:
    """Return the champion's figure on texts that it has not seen."""
    scorer = load_scorer(project, registry_of(project).find("champion"))
    probs = scorer.probabilities([row.text for row in test])
    y = class_indices([row.label for row in test], scorer.rule.classes)
    found = measure(y, probs, scorer.rule.chosen(probs), resamples=100, confidence=0.95, seed=0, names=(metric,))
    return found[metric].value


if __name__ == "__main__":
    main()
