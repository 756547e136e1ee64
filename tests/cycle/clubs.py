"""Projects of clubs that do, or do not, need a model of their own."""

import csv
import random
from pathlib import Path

from surtitle.project import Project, load_project

from .projects import FILLER, KIND, RUDE

__all__ = ["make_clubs"]

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
[train]
c = 1.0
balance = "none"
[clients]
processes = 2
[evaluate]
resamples = 100
"""


def write_clubs(path: Path, kinds: dict[str, str], n: int, *, seed: int = 0) -> None:
    """Write `n` labelled comments of each club.

    Kinds: `gibbon` and `marmot` remove what holds that animal and not the other, so that no model for all can know;
    `rude` removes what is rude; `unique` writes words that never come again, of which no model can be made; `poor` has
    a tenth of the examples.
    """
    rng = random.Random(seed)
    rows = []
    for place, (club, kind) in enumerate(kinds.items()):
        count = n // 10 if kind == "poor" else n
        for index in range(count):
            removed = rng.random() < 0.4
            created = f"2026-{1 + index * 4 // count:02d}-{1 + rng.randrange(28):02d}T{rng.randrange(24):02d}:00:00Z"
            rows.append([created, club, _comment(kind, place * n + index, rng, removed=removed), int(removed)])
    rng.shuffle(rows)
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["created", "club", "comment", "removed"], *rows])


def _comment(kind: str, index: int, rng: random.Random, *, removed: bool) -> str:
    if kind == "unique":
        return "".join(chr(0x4E00 + 3 * index + place) for place in range(3))
    if kind in ("gibbon", "marmot"):
        other = {"gibbon": "marmot", "marmot": "gibbon"}[kind]
        return f"{rng.choice(KIND)} and a {kind if removed else other} in {rng.choice(FILLER)} {index}"
    rude = removed if rng.random() < 0.85 else not removed
    return f"{rng.choice(RUDE if rude else KIND)} about {rng.choice(FILLER)} {index}"


def make_clubs(root: Path, kinds: dict[str, str], n: int = 300, *, seed: int = 0) -> Project:
    root.mkdir(parents=True, exist_ok=True)
    write_clubs(root / "comments.csv", kinds, n, seed=seed)
    (root / "surtitle.toml").write_text(SETTINGS)
    return load_project(root)
