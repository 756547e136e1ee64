"""A model of its own for each client that has enough labels and gains from it.

The labelled data is prepared and divided once, for all. Each client's model is fitted on the client's share of train
and validation alone, and judged on its share of test, which neither it nor the general champion has seen: the gate lets
a first model of its own through only if it is shown to be *better* there than the general champion (see
`surtitle.registry.gate`), and a later one if it is not worse than the client's own champion. Clients that are too poor,
or gain nothing, are left with the general one.

Each step is whole or has not happened, and what is left to do follows from the registry and the data alone. So a run
that was interrupted goes on where it was, and one with nothing new does nothing: a version of the same examples and
settings is not trained again, one that was judged against the same champion is not judged again, and one that was
champion and is no more, since somebody rolled it back, is left alone.
"""

import hashlib
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from surtitle.artefact.files import read_manifest
from surtitle.cycle.ahead import RulesAhead
from surtitle.cycle.client_crew import Crew
from surtitle.cycle.client_work import Block, ClientResult, Setup, Task
from surtitle.cycle.keys import training_key
from surtitle.cycle.lock import training_lock
from surtitle.cycle.opening import registry_of
from surtitle.cycle.registering import REPORT_NAME
from surtitle.errors import Fault, RegistryError, SettingsError, UsageError
from surtitle.models import class_indices
from surtitle.prepare import SPLITS, Prepared, prepare
from surtitle.prepare.arrow import to_numbers
from surtitle.progress import SILENT, Reporter
from surtitle.project import Project
from surtitle.registry import Registry, Version, alias_of
from surtitle.registry.names import is_client
from surtitle.settings import Settings
from surtitle.text.native import native_threads

__all__ = ["ClientResult", "ClientsTrained", "lacking", "train_clients"]

_FOLDER = "clients"
_MOST_CLIENTS, _MOST_ROWS = 20, 50_000


class ClientsTrained(msgspec.Struct, frozen=True, kw_only=True):
    """What a run came to.

    Parameters
    ----------
    base : int
        The general champion, with which first models were compared.
    results : tuple of ClientResult
        Of every client, by name.
    seconds : float
        How long it took.
    """

    base: int
    results: tuple[ClientResult, ...]
    seconds: float

    def of(self, outcome: str) -> list[ClientResult]:
        """Return the results with one outcome."""
        return [result for result in self.results if result.outcome == outcome]


class _Examples(NamedTuple):
    """All splits in one table, sorted by client and then split; within those, as `Prepared.load` gives them."""

    table: Any
    y: NDArray[np.int64]
    keys: NDArray[np.uint64]
    times: NDArray[np.datetime64]
    # Client -> where its examples begin, and how many of each class are in each split.
    clients: dict[str, tuple[int, NDArray[np.int64]]]


def train_clients(
    project: Project,
    *,
    now: datetime,
    environ: Mapping[str, str],
    names: Sequence[str] = (),
    reporter: Reporter = SILENT,
    ahead: RulesAhead | None = None,
) -> ClientsTrained:
    """Train a model for each client that has enough labels, in parallel, and promote those that the gate lets through.

    Parameters
    ----------
    project : Project
        Its `[clients]` says what is enough.
    now : datetime
        Aware.
    environ : mapping of str to str
        For secrets of the data's address.
    names : sequence of str
        Only these clients; without names, all.
    reporter : Reporter
        Told of the progress.
    ahead : RulesAhead, optional
        Of the project's settings, if the caller has asked for them already; it stays the caller's.

    Raises
    ------
    SettingsError
        If the project names no column of clients.
    UsageError
        If a client that is named has no examples.
    RegistryError
        If there is no general champion, or it decides between other classes.
    DataError, SurroundingsError
        As of `train`. What goes wrong with one client is in its result instead.
    """
    started = time.monotonic()
    if not project.settings.data.client:
        fault = Fault("data.client", "names no column", 'say which it is, such as --set data.client="community"')
        raise SettingsError("without a column of clients there is no model for each", [fault])
    asked = RulesAhead(project.settings) if ahead is None else nullcontext(ahead)
    with training_lock(project.state, reporter) as lock, asked as rules:
        prepared = prepare(project, now=now, environ=environ, reporter=reporter)
        registry = registry_of(project)
        base = _base(registry, prepared)
        examples = _by_client(prepared)
        chosen = _chosen(examples, names)
        results, tasks = _plan(project, registry, base, examples, chosen)
        with _workspace(project) as folder:
            blocks = list(_blocks(folder, examples.table, tasks))
            setup = Setup(
                root=str(project.root),
                settings=project.settings,
                rules=None if project.settings.train.estimator or not tasks else rules.rules(),
                classes=prepared.classes,
                base=base.number,
                now=now,
                parent=os.getpid(),
            )
            del examples
            crew = Crew(setup, processes=_processes(project), folder=folder, lock=lock)
            reporter.start("train clients", len(tasks))
            for result in crew.train(blocks):
                results.append(result)
                reporter.advance(1)
        trained = ClientsTrained(
            base=base.number,
            results=tuple(sorted(results, key=lambda result: result.client)),
            seconds=time.monotonic() - started,
        )
        reporter.done(f"{len(tasks):,} clients trained, {len(trained.of('promoted')):,} promoted")
        return trained


def _processes(project: Project) -> int:
    return project.settings.clients.processes or native_threads()


def _base(registry: Registry, prepared: Prepared) -> Version:
    base = registry.resolve("champion")
    if base is None:
        raise RegistryError(
            "there is no champion for all yet, whom a client's own would have to beat; first: surtitle train"
        )
    classes = read_manifest(base.folder).rule.classes
    if classes != prepared.classes:
        raise RegistryError(
            f"version {base.number}, the champion, decides between {', '.join(classes)}, the data now holds "
            f"{', '.join(prepared.classes)}; first make one for all: surtitle train"
        )
    return base


def _by_client(prepared: Prepared) -> _Examples:
    tables = [prepared.load(split) for split in SPLITS]
    splits = np.repeat(np.arange(len(SPLITS)), [len(table) for table in tables])
    table = pa.concat_tables(tables)
    clients, members = np.unique(
        np.array([value or "" for value in table["client"].to_pylist()], object), return_inverse=True
    )
    order = np.lexsort((splits, members))
    table = table.take(order)
    y, members, splits = class_indices(table["label"].to_pylist(), prepared.classes), members[order], splits[order]
    starts = np.searchsorted(members, np.arange(len(clients) + 1))
    counts = np.zeros((len(clients), len(SPLITS), len(prepared.classes)), np.int64)
    np.add.at(counts, (members, splits, y), 1)
    found = {name: (int(start), count) for name, start, count in zip(clients, starts, counts, strict=False) if name}
    return _Examples(table, y, to_numbers(table["key"], "uint64"), to_numbers(table["time"], "datetime64[us]"), found)


def _chosen(examples: _Examples, names: Sequence[str]) -> list[str]:
    unknown = [name for name in names if name not in examples.clients]
    if unknown:
        known = sorted(examples.clients)[:10]
        raise UsageError(f"no example is of client {', '.join(map(repr, unknown))}; there are: {', '.join(known)}")
    return sorted(set(names)) if names else sorted(examples.clients)


def _plan(
    project: Project, registry: Registry, base: Version, examples: _Examples, chosen: Sequence[str]
) -> tuple[list[ClientResult], list[Task]]:
    """Say of each client what is to be done, or why nothing is."""
    results: list[ClientResult] = []
    tasks: list[Task] = []
    known = _Known.of(registry)
    for client in chosen:
        start, counts = examples.clients[client]
        if lack := lacking(project.settings, client, counts):
            lost = ClientResult(client=client, outcome="poor", examples=int(counts.sum()), reason=lack)
            results.append(lost if is_client(client) else msgspec.structs.replace(lost, outcome="failed"))
            continue
        train, validation, test = counts.sum(axis=1).tolist()
        digest = _digest(client, examples, start, (train, validation, test))
        version = known.trained.get(training_key(project, digest))
        alias = alias_of("champion", client)
        own = known.aliases.get(alias)
        if version is not None and (reason := known.settled(alias, version.number, own or base.number)):
            kept = ClientResult(
                client=client,
                outcome="kept",
                examples=int(counts.sum()),
                version=version.number,
                auc=version.facts.metrics.get("auc"),
                reason=reason,
            )
            results.append(kept)
        else:
            number = None if version is None else version.number
            tasks.append(
                Task(
                    client=client, place=start, sizes=(train, validation, test), digest=digest, version=number, own=own
                )
            )
    return results, tasks


class _Known(NamedTuple):
    """What the registry knows of earlier runs."""

    trained: dict[str, Version]
    aliases: dict[str, int]
    judged: set[tuple[str, int, int | None]]
    promoted: set[tuple[str, int | None]]

    @classmethod
    def of(cls, registry: Registry) -> "_Known":
        """Ask the registry, once for all clients."""
        return cls(
            trained={
                version.facts.training_key: version
                for version in registry.versions()
                if version.facts.client is not None and (version.folder / REPORT_NAME).is_file()
            },
            aliases=registry.aliases(),
            judged={(each.alias, each.verdict.challenger, each.verdict.champion) for each in registry.verdicts()},
            promoted={(move.alias, move.to_version) for move in registry.history()},
        )

    def settled(self, alias: str, version: int, champion: int) -> str:
        """Say why a version needs no verdict; empty if it does."""
        if self.aliases.get(alias) == version:
            return f"Nothing has changed; version {version} is its champion."
        if (alias, version) in self.promoted:
            return f"Nothing has changed since version {version} was rolled back."
        if (alias, version, champion) in self.judged:
            return f"Nothing has changed since the gate refused version {version} against version {champion}."
        return ""


def lacking(settings: Settings, client: str, counts: NDArray[np.int64]) -> str:
    """Say why a client gets no model of its own; empty if it does.

    Parameters
    ----------
    settings : Settings
        `[clients]` and `data.min_examples` say what is enough.
    client : str
        Its name.
    counts : int64, shape (3, n_classes)
        How many examples of each class it has for train, validation and test.

    Examples
    --------
    >>> lacking(Settings(), "science", np.array([[90, 9], [20, 20], [90, 90]]))
    'Of some class it has 9 examples for train; 10 are needed.'
    """
    n = int(counts.sum())
    if not is_client(client):
        return "Its name cannot stand in an alias: it must be 1 to 200 printable characters without / or \\."
    if n < settings.clients.min_examples:
        return f"It has {n:,} labelled examples; clients.min_examples is {settings.clients.min_examples:,}."
    least = (settings.data.min_examples, settings.clients.min_per_class, settings.clients.min_per_class)
    for split, of_split, needed in zip(SPLITS, counts, least, strict=True):
        if of_split.min() < needed:
            return f"Of some class it has {of_split.min():,} examples for {split}; {needed} are needed."
    return ""


def _digest(client: str, examples: _Examples, start: int, sizes: tuple[int, int, int]) -> str:
    """Hash a client's examples, split by split."""
    digest = hashlib.blake2b(msgspec.json.encode([client, sizes]), digest_size=16)
    rows = slice(start, start + sum(sizes))
    for column in (examples.keys, examples.y, examples.times):
        digest.update(column[rows].tobytes())
    return digest.hexdigest()


@contextmanager
def _workspace(project: Project) -> Iterator[Path]:
    """Give an empty folder; what a killed run left in it goes first. Needs the training lock."""
    folder = project.state / _FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _blocks(folder: Path, table: Any, tasks: Sequence[Task]) -> Iterator[Block]:
    """Write the clients' examples in files of some clients each, and yield those."""
    block: list[Task] = []
    for task in tasks:
        rows = sum(sum(each.sizes) for each in block)
        if block and (len(block) == _MOST_CLIENTS or rows + sum(task.sizes) > _MOST_ROWS):
            yield _write_block(folder, table, block)
            block = []
        block.append(task)
    if block:
        yield _write_block(folder, table, block)


def _write_block(folder: Path, table: Any, tasks: Sequence[Task]) -> Block:
    path = folder / f"{tasks[0].place}.arrow"
    parts, placed, place = [], [], 0
    for task in tasks:
        parts.append(table.slice(task.place, sum(task.sizes)))
        placed.append(msgspec.structs.replace(task, place=place))
        place += sum(task.sizes)
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_file(file, table.schema) as writer:
        writer.write_table(pa.concat_tables(parts))
    return Block(str(path), placed)
