"""Small projects whose models are trained in a second."""

import csv
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

from surtitle.project import Project, load_project

NOW = datetime(2026, 6, 1, tzinfo=UTC)
RUDE = ["you dummy", "what a fool", "stupid idea", "shut up", "nobody asked you, fool", "such a dummy"]
KIND = ["how kind", "thank you", "lovely garden", "good question", "well done", "what a nice day"]
FILLER = ["tomatoes", "roses", "the weather", "my garden", "this thread", "compost", "seeds", "the moderators", "rain"]


def write_comments(path: Path, n: int = 600, *, seed: int = 0, noise: float = 0.15, start: int = 0) -> None:
    """Write labelled comments, a tenth of a day apart."""
    rng = random.Random(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "created", "club", "comment", "removed"])
        for index in range(start, start + n):
            rude = rng.random() < 0.4
            text = f"{rng.choice(RUDE if rude else KIND)} about {rng.choice(FILLER)} and {rng.choice(FILLER)} {index}"
            label = rude if rng.random() > noise else not rude
            created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(days=index / 10)
            writer.writerow([index, created.isoformat(), rng.choice(["rose", "kitchen"]), text, int(label)])


def make_project(root: Path, extra: str = "", *, n: int = 600) -> Project:
    """Make a project with times and clients; `extra` is more of its settings."""
    root.mkdir(parents=True, exist_ok=True)
    write_comments(root / "comments.csv", n)
    (root / "surtitle.toml").write_text(
        '[project]\nname = "garden"\n[data]\nsource = "comments.csv"\ntext = "comment"\nlabel = "removed"\n'
        'time = "created"\nclient = "club"\nid = "id"\n[train]\nc = 1.0\nbalance = "balanced"\n'
        "[evaluate]\nresamples = 100\nmin_slice = 30\n" + extra
    )
    return load_project(root)
