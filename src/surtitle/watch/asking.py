"""From a file of events to those that a person should label: read once, in bounded memory."""

import csv
import heapq
import io
import os
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.cycle.opening import load_scorer, registry_of
from surtitle.cycle.reference import load_sketch
from surtitle.cycle.seen import is_new, load_seen
from surtitle.errors import ArtefactError, RegistryError, UsageError
from surtitle.evaluate.sketch import Sketch, WordCounter, words_in
from surtitle.inbox.labels import LABELS_FILE
from surtitle.models import LinearScorer, Scorer
from surtitle.prepare.identity import text_key
from surtitle.progress import SILENT, Reporter
from surtitle.project import Project
from surtitle.registry import Version
from surtitle.replacing import replacing
from surtitle.watch.choose import Asked, Candidate, Wanted, choose, closeness, weigh
from surtitle.watch.chosen import ChosenEvent, ChosenStore
from surtitle.watch.reading import read_labels
from surtitle.watch.rows import Position, key_of
from surtitle.watch.text_files import EventText, read_events

__all__ = ["MOST_ASKED", "Selection", "refuse_existing", "select", "write_asked"]

MOST_ASKED = 10_000
_POOL_PER_LABEL = 20
_SMALLEST_POOL, _LARGEST_POOL = 2000, 20_000
_SPREADSHEET = ("=", "+", "-", "@", "\t", "\r")


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """The events to label.

    Parameters
    ----------
    number : int
        Of the choice, as the watch tells its quality.
    version : int
        Whose uncertainty it went by.
    population : int
        How many events there were to choose from: without a label, and not of training.
    events : tuple of Asked
        In an order that tells nothing.
    notes : tuple of str
        What could not be looked at, and why.
    """

    number: int
    version: int
    population: int
    events: tuple[Asked, ...]
    notes: tuple[str, ...]


class _Largest:
    """Keeps the candidates with the largest keys; with `distinct`, one of each text."""

    def __init__(self, size: int, *, distinct: bool = False) -> None:
        self._size = size
        self._distinct = distinct
        self._heap: list[tuple[float, int, int, Candidate]] = []
        self._texts: set[int] = set()
        self._tick = count()

    def add(self, keys: NDArray[np.float64], texts: Sequence[int], make: Callable[[int], Candidate]) -> None:
        """Keep what belongs to the largest of some keys, with the keys of their texts."""
        for place in np.argsort(-keys, kind="stable").tolist():
            if len(self._heap) == self._size and keys[place] <= self._heap[0][0]:
                return
            text = texts[place]
            if self._distinct and text in self._texts:
                continue
            self._texts.add(text)
            heapq.heappush(self._heap, (float(keys[place]), -next(self._tick), text, make(place)))
            if len(self._heap) > self._size:
                self._texts.discard(heapq.heappop(self._heap)[2])

    def in_order(self) -> list[Candidate]:
        """Return them, the largest key first."""
        return [each[3] for each in sorted(self._heap, key=lambda each: each[:2], reverse=True)]


class _Scan:
    """What is kept of the events while they pass by."""

    def __init__(self, n: int, scorer: Scorer, sketch: Sketch | None, rng: np.random.Generator) -> None:
        size = min(max(_POOL_PER_LABEL * n, _SMALLEST_POOL), _LARGEST_POOL)
        self._scorer = scorer
        self._rng = rng
        self._sketch = sketch
        self._counter = None if sketch is None else WordCounter(sketch.cleaning, sketch.words)
        self.population = 0
        self.uncertain = _Largest(size, distinct=True)
        # Two draws: what is chosen for a reason, out of the first, must not depend on the second.
        self.some = _Largest(size)
        self.drawn = _Largest(n)

    def add(self, events: Sequence[EventText], texts: Sequence[int]) -> None:
        """Look at some events, with the keys of their texts."""
        rule = self._scorer.rule
        probs = self._scorer.probabilities([event.text for event in events])
        near, chosen = closeness(probs, rule), rule.chosen(probs)

        def make(place: int) -> Candidate:
            event, label = events[place], int(chosen[place])
            score = probs[place, 1 if probs.shape[1] == 2 else label]
            return Candidate(event.id, event.text, event.client, float(score), rule.classes[label], float(near[place]))

        self.population += len(events)
        if self._counter is not None:
            self._counter.add([event.text for event in events])
        self.uncertain.add(near, texts, make)
        self.some.add(self._rng.random(len(events)), texts, make)
        self.drawn.add(self._rng.random(len(events)), texts, make)

    def new_words(self) -> dict[str, int]:
        """Return how many texts hold each word that training hardly knew."""
        if self._counter is None or self._sketch is None:
            return {}
        known = len(self._sketch.words)
        found = zip(self._counter.words[known:], self._counter.texts_with[known:-1].tolist(), strict=False)
        return {word: n for word, n in found if any(map(str.isalpha, word))}

    def pool(self) -> list[Candidate]:
        """Return what may be chosen for a reason, each text once."""
        return list({each.text: each for each in (*self.uncertain.in_order(), *self.some.in_order())}.values())


def select(
    project: Project,
    path: Path,
    n: int,
    *,
    random: float,
    seed: int,
    now: datetime,
    client: str | None = None,
    reporter: Reporter = SILENT,
) -> Selection:
    """Choose the events most worth a label, and write down which, so that their labels can be weighted.

    Events with a label, and texts that the model was fitted on, are passed over.

    Parameters
    ----------
    project : Project
        With a champion.
    path : Path
        The events, as of `read_events`.
    n : int
        How many, at most `MOST_ASKED`.
    random : float
        The share of them drawn at random, above 0.
    seed : int
        Of what is drawn; another one for each choice of a project is taken from it.
    now : datetime
        Aware; written beside the choice.
    client : str, optional
        Only events of this client, by its own champion if it has one.
    reporter : Reporter
        Told of the progress.

    Raises
    ------
    RegistryError
        If there is no champion.
    DataError, UsageError
        As of `read_events`; or if no event is left to choose from.
    SurroundingsError
        If the disk is full or may not be written.
    """
    version = registry_of(project).resolve("champion", client)
    if version is None:
        raise RegistryError("there is no champion to choose by; begin with: surtitle train")
    store, notes = ChosenStore(project.state), list[str]()
    rng = np.random.default_rng([seed, len(store.selections())])
    scorer, sketch = load_scorer(project, version), _optional(load_sketch, version, notes)
    scan = _Scan(n, scorer, sketch, rng)
    reporter.start("look at events")
    for events, texts in _unlabelled(project, path, version, client, notes):
        scan.add(events, texts)
        reporter.advance(len(events))
    reporter.done(f"{scan.population:,} events without a label")
    if not scan.population:
        whose = f" of client {client}" if client else ""
        raise UsageError(f"{path.name} holds no event{whose} without a label that is new to the model")
    asked, recorded = _ask(scan, scorer, sketch, Wanted.of(n, random=random), rng)
    number = store.add(recorded, at=now, version=version.number, client=client, population=scan.population)
    return Selection(
        number=number, version=version.number, population=scan.population, events=asked, notes=tuple(notes)
    )


def _ask(
    scan: _Scan, scorer: Scorer, sketch: Sketch | None, wanted: Wanted, rng: np.random.Generator
) -> tuple[tuple[Asked, ...], list[ChosenEvent]]:
    """Return the rows for whoever labels, and what is written down of them."""
    pool, new_words = scan.pool(), scan.new_words()
    words = [frozenset[str]() if sketch is None else words_in(each.text, sketch.cleaning) for each in pool]
    chosen = choose(pool, _rows(scorer, [each.text for each in pool]), words, new_words, wanted)
    taken, n = {each.candidate.id for each in chosen}, wanted.uncertain + wanted.new_terms + wanted.random
    drawn = [each for each in scan.drawn.in_order() if each.id not in taken][: n - len(chosen)]
    recorded = [_record(each.candidate, random=False) for each in chosen]
    recorded += [_record(each, random=True) for each in drawn]
    return tuple(weigh(chosen, drawn, scan.population, rng)), recorded


def _record(each: Candidate, *, random: bool) -> ChosenEvent:
    return ChosenEvent(each.id, random, each.score, each.label)


def _rows(scorer: Scorer, texts: Sequence[str]) -> sparse.csr_array:
    """Return the model's own weighted terms; of an estimator of the user's, hashed words."""
    if isinstance(scorer, LinearScorer):
        return scorer.rows(texts)
    from sklearn.feature_extraction.text import HashingVectorizer

    return sparse.csr_array(HashingVectorizer(alternate_sign=False).transform(texts))


def _unlabelled(
    project: Project, path: Path, version: Version, client: str | None, notes: list[str]
) -> Iterator[tuple[list[EventText], list[int]]]:
    """Yield the events to choose from, with the keys of their texts."""
    batches = read_labels(project.state / LABELS_FILE, Position())
    labelled = np.unique(np.array([row.key for batch in batches for row in batch.rows], np.int64))
    seen = _optional(load_seen, version, notes)
    for events in read_events(project, path):
        ours = [event for event in events if client is None or event.client == client]
        texts = np.array([text_key(event.text) for event in ours], np.uint64)
        free = ~np.isin(np.array([key_of(event.id) for event in ours], np.int64), labelled)
        free &= True if seen is None else is_new(texts, seen)
        if free.any():
            places = np.flatnonzero(free).tolist()
            yield [ours[place] for place in places], texts[free].tolist()


def _optional(load: Callable[[Path], Any], version: Version, notes: list[str]) -> Any:
    """Return what a version says of its training, or None where it does not."""
    try:
        return load(version.folder)
    except ArtefactError as error:
        notes.append(str(error))
        return None


def write_asked(events: Sequence[Asked], path: Path) -> None:
    """Write rows to be filled in, as JSON lines or CSV, by the file's name; a file that is there is not overwritten.

    In CSV, a text that a spreadsheet would take for a formula gets an apostrophe before it.

    Raises
    ------
    UsageError
        If the file is there, or cannot be written.
    """
    refuse_existing(path)
    try:
        with replacing(path) as beside, beside.open("wb") as file:
            file.write(_json_lines(events) if path.suffix == ".jsonl" else _csv(events))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; name a file that can be written with --out") from error


def refuse_existing(path: Path) -> None:
    """Refuse a file that is there: it may hold labels already.

    Raises
    ------
    UsageError
        If it is.
    """
    if path.exists():
        raise UsageError(f"{path} exists, maybe with labels in it; name another file with --out")


def _json_lines(events: Sequence[Asked]) -> bytes:
    return b"".join(msgspec.json.encode(each) + b"\n" for each in events)


def _csv(events: Sequence[Asked]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(Asked.__struct_fields__)
    for each in events:
        safe = f"'{each.text}" if each.text.startswith(_SPREADSHEET) else each.text
        writer.writerow(msgspec.structs.astuple(msgspec.structs.replace(each, text=safe)))
    return text.getvalue().encode("utf-8", "surrogatepass")
