"""Made-up labelled histories, and replays of them."""

import csv
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from surtitle.cycle.ahead import RulesAhead
from surtitle.progress import SILENT
from surtitle.project import Project, load_project
from surtitle.watch.history import History, project_of, read_history
from surtitle.watch.outcome import Outcome, summarise_replay
from surtitle.watch.replay import Replay

NOW = datetime(2026, 12, 1, tzinfo=UTC)
START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
SETTINGS = """
[data]
source = "history.csv"
time = "created"
[features]
char_ngrams = []
[train]
c = 1.0
balance = "none"
[evaluate]
resamples = 100
[watch]
gate_examples = 100
min_positives = 20
"""
FILLER = ("tomatoes", "roses", "the weather", "my garden", "this thread", "compost", "seeds", "the moderators", "rain")

Row = tuple[datetime, str, int]


class Told(NamedTuple):
    """A replay that has been walked to its end."""

    replay: Replay
    history: History
    outcome: Outcome


def replayed(folder: Path, rows: Iterable[Row], *overrides: str, first: int) -> Told:
    """Write a history and replay it; the first model is made of the first `first` days."""
    write_history(folder, rows)
    project = project_of(load_project(folder, overrides), None)
    history = read_history(project, now=NOW, environ={}, reporter=SILENT)
    with RulesAhead(project.settings) as ahead:
        n_first = history.place(START + first * DAY)
        replay = Replay(project, history, n_first=n_first, ahead=ahead, reporter=SILENT)
        steps = list(replay.steps())
    return Told(replay, history, summarise_replay(replay, history, steps, project.settings))


def write_history(folder: Path, rows: Iterable[Row]) -> Project:
    """Write a project and its history."""
    with (folder / "history.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["created", "text", "label"])
        writer.writerows((created.isoformat(), text, label) for created, text, label in rows)
    (folder / "surtitle.toml").write_text(SETTINGS, encoding="utf-8")
    return load_project(folder)


def talk(days: int, per_day: int, rude: Callable[[int], tuple[str, ...]], seed: int = 0) -> list[Row]:
    """Make comments up; `rude` says which of the phrases are rude on a day, and a tenth of the labels is noise."""
    rng = random.Random(seed)
    phrases = [f"phrase{number}" for number in range(12)]
    rows = []
    for index in range(days * per_day):
        day = index // per_day
        phrase = rng.choice(phrases)
        text = f"{phrase} about {rng.choice(FILLER)} and {rng.choice(FILLER)} number {index}"
        label = (phrase in rude(day)) != (rng.random() < 0.1)
        rows.append((START + index * DAY / per_day, text, int(label)))
    return rows


def phrases(*numbers: int) -> tuple[str, ...]:
    """Return phrases of `talk` by their numbers."""
    return tuple(f"phrase{number}" for number in numbers)
