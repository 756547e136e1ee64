"""One process of those that train clients' models side by side: asked over its standard input, answering on its output.

It is told once of the project (`Setup`), then of one block of clients after another, and answers with a `ClientResult`
for each. The texts of a block lie in one Arrow file, are tokenised in one go, and their test examples are scored by the
general champion in one go too.
"""

import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.cycle.assess import assess
from surtitle.cycle.comparison import compare
from surtitle.cycle.fitting import Examples, FittedProject, Splits, TextPath, fit_own, fit_tokens
from surtitle.cycle.keys import training_key
from surtitle.cycle.lock import numbering_lock
from surtitle.cycle.opening import load_scorer, registry_of
from surtitle.cycle.registering import save_model, save_report, version_facts
from surtitle.cycle.seen import is_new, load_seen
from surtitle.errors import RegistryError, SurtitleError
from surtitle.models import class_indices
from surtitle.models.scorer import Scorer
from surtitle.prepare import SPLITS, Prepared
from surtitle.prepare.arrow import to_numbers
from surtitle.progress import SILENT
from surtitle.project import Project
from surtitle.records import Interval
from surtitle.registry import Verdict, Version, alias_of
from surtitle.settings import Settings
from surtitle.text import TokenizerRules, Tokens

__all__ = ["Block", "ClientResult", "Setup", "Task", "work"]

FloatArray = NDArray[np.float64]


class Setup(msgspec.Struct, frozen=True, kw_only=True):
    """What all clients of one run have in common.

    Parameters
    ----------
    root : str
        The project's folder.
    settings : Settings
        Its settings.
    rules : TokenizerRules or None
        Of the tokenizer.
    classes : tuple of str
        Of the labelled data.
    base : int
        The general champion.
    now : datetime
        When the run began.
    parent : int
        The process that asks; without it, no further model is made.
    """

    root: str
    settings: Settings
    rules: TokenizerRules | None
    classes: tuple[str, ...]
    base: int
    now: datetime
    parent: int


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done for one client.

    Parameters
    ----------
    client : str
        Whose model it is.
    place : int
        Its examples begin at this row of the block's file.
    sizes : tuple of int
        How many there are for train, validation and test; they lie in this order.
    digest : str
        Hash of its examples.
    version : int or None
        Of these very examples and settings, trained in an earlier run that was interrupted before the gate was asked.
    own : int or None
        Its own champion now.
    """

    client: str
    place: int
    sizes: tuple[int, int, int]
    digest: str
    version: int | None = None
    own: int | None = None


class Block(msgspec.Struct, frozen=True):
    """Some clients, and the Arrow file with their examples."""

    path: str
    tasks: list[Task]


class ClientResult(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one client.

    Parameters
    ----------
    client : str
        Which.
    outcome : {"promoted", "refused", "kept", "poor", "failed"}
        `kept`: nothing has changed since it was last trained and judged; `poor`: it has too few examples.
    examples : int
        How many it has.
    version : int or None
        Its model; None when there is none.
    auc, difference : Interval or None
        Of that model on the client's test examples, and minus that of the champion it was compared with.
    reason : str
        One plain sentence.
    seconds : float
        Spent on it.
    """

    client: str
    outcome: Literal["promoted", "refused", "kept", "poor", "failed"]
    examples: int
    version: int | None = None
    auc: Interval | None = None
    difference: Interval | None = None
    reason: str
    seconds: float = 0.0


class _Own(NamedTuple):
    """A registered model of a client's own, and what it says of the client's test examples."""

    version: Version
    probs: FloatArray


class _Shared(NamedTuple):
    """Of a block: its examples, their tokens, and what the general champion says of each client's test examples."""

    table: Any
    tokens: Tokens | None
    base: dict[str, FloatArray]


def work() -> None:
    """Serve whoever started this process, until it closes our input or is gone."""
    # What a user's estimator prints must not get between the answers.
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)
        questions = sys.stdin.buffer
        _serve(questions, answers)


def _serve(questions: BinaryIO, answers: BinaryIO) -> None:
    worker = _Worker(msgspec.json.decode(questions.readline(), type=Setup))
    for line in questions:
        for result in worker.train(msgspec.json.decode(line, type=Block)):
            answers.write(msgspec.json.encode(result) + b"\n")
            answers.flush()
            if os.getppid() != worker.setup.parent:
                return


class _Worker:
    """Trains and judges, one client after another."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self._project = Project(Path(setup.root), setup.settings)
        self._registry = registry_of(self._project)
        self._path = TextPath(setup.settings, setup.rules)
        self._own_estimator = bool(setup.settings.train.estimator)

    @cached_property
    def _base(self) -> tuple[Version, Scorer]:
        version = self._registry.find(self.setup.base)
        return version, load_scorer(self._project, version)

    @cached_property
    def _base_seen(self) -> NDArray[np.uint64]:
        return load_seen(self._base[0].folder)

    def train(self, block: Block) -> Iterator[ClientResult]:
        """Yield what comes of each client of a block; one that fails does not keep the others from it."""
        try:
            shared = self._share(block)
        except Exception as error:
            yield from (_failed(task, error) for task in block.tasks)
            return
        for task in block.tasks:
            started = time.monotonic()
            try:
                result = self._train_client(task, shared)
            except Exception as error:  # whatever is wrong with one client is told of it alone
                result = _failed(task, error)
            yield msgspec.structs.replace(result, seconds=time.monotonic() - started)

    def _share(self, block: Block) -> "_Shared":
        import pyarrow as pa

        with pa.OSFile(block.path) as file:
            table = pa.ipc.open_file(file).read_all()
        tokens = None if self._own_estimator else self._path.tokenize(table["text"].to_pylist())
        return _Shared(table, tokens, self._score_tests(block, table))

    def _score_tests(self, block: Block, table: Any) -> dict[str, FloatArray]:
        """Return what the general champion says of each client's test examples, all scored in one go."""
        texts = table["text"]
        tests = {task.client: texts.slice(task.place + sum(task.sizes[:2]), task.sizes[2]) for task in block.tasks}
        probs = self._base[1].probabilities([text for test in tests.values() for text in test.to_pylist()])
        found, place = {}, 0
        for client, test in tests.items():
            found[client] = probs[place : place + len(test)]
            place += len(test)
        return found

    def _train_client(self, task: Task, shared: "_Shared") -> ClientResult:
        splits = self._splits(task, shared.table)
        own = self._open(task, splits) if task.version is not None else self._fit(task, splits, shared.tokens)
        champion, theirs, seen = self._base[0], shared.base[task.client], self._base_seen
        if task.own is not None:
            champion = self._registry.find(task.own)
            theirs = self._scores(champion, splits.test.texts)
            seen = load_seen(champion.folder)
        new = np.flatnonzero(is_new(to_numbers(splits.test.table["key"], "uint64"), seen))
        verdict = compare(
            *(self.setup.settings, splits.test.table.take(new), splits.test.y[new], own.probs[new], theirs[new]),
            challenger=own.version.number,
            champion=champion.number,
            must_gain=task.own is None,
        )
        self._settle(task, verdict)
        return ClientResult(
            client=task.client,
            outcome="promoted" if verdict.passed else "refused",
            examples=sum(task.sizes),
            version=own.version.number,
            auc=own.version.facts.metrics.get("auc"),
            difference=verdict.overall,
            reason=" ".join(verdict.reasons if not verdict.passed else verdict.reasons[:1]),
        )

    def _settle(self, task: Task, verdict: Verdict) -> None:
        alias, now = alias_of("champion", task.client), self.setup.now
        if verdict.passed:
            why = "better than the general champion" if task.own is None else "passed the gate"
            self._registry.set_alias(alias, verdict.challenger, now=now, why=why, verdict=verdict, expect=task.own)
        else:
            self._registry.record_verdict(verdict, alias=alias, now=now)

    def _splits(self, task: Task, table: Any) -> Splits:
        place, parts = task.place, []
        for size in task.sizes:
            rows = table.slice(place, size)
            y = class_indices(rows["label"].to_pylist(), self.setup.classes)
            parts.append(Examples(rows, rows["text"].to_pylist(), y))
            place += size
        return Splits(*parts)

    def _open(self, task: Task, splits: Splits) -> _Own:
        version = self._registry.find(task.version or 0)
        return _Own(version, self._scores(version, splits.test.texts))

    def _scores(self, version: Version, texts: Sequence[str]) -> FloatArray:
        scorer = load_scorer(self._project, version)
        if scorer.rule.classes != self.setup.classes:
            raise RegistryError(
                f"version {version.number} decides between {', '.join(scorer.rule.classes)}, the data now holds "
                f"{', '.join(self.setup.classes)}: the two cannot be compared; roll it back first"
            )
        return scorer.probabilities(texts)

    def _fit(self, task: Task, splits: Splits, tokens: Tokens | None) -> _Own:
        settings, classes = self.setup.settings, self.setup.classes
        if tokens is None:
            fitted = fit_own(self._project, classes, splits, SILENT)
        else:
            part = tokens.part(task.place, task.place + sum(task.sizes))
            fitted = fit_tokens(settings, classes, splits, part, self._path, SILENT)
        return _Own(self._register(task, splits, fitted), fitted.test_probabilities)

    def _register(self, task: Task, splits: Splits, fitted: FittedProject) -> Version:
        project, now = self._project, self.setup.now
        prepared = _prepared(task, splits, self.setup.classes)
        key = training_key(project, task.digest)
        evaluation = assess(project, prepared, fitted, splits, version=0, key=key, now=now)
        name = f"{project.settings.project.name} for {task.client}"

        with ExitStack() as held:

            def build(folder: Path) -> None:
                save_model(folder, project, prepared, fitted, evaluation, splits, now)
                # Only the report tells the version's number, so only from here on others have to wait.
                held.enter_context(numbering_lock(project.state))
                facts = msgspec.structs.replace(evaluation.facts, project=name, version=self._registry.next_number())
                save_report(folder, msgspec.structs.replace(evaluation, facts=facts))

            facts = version_facts(project, prepared, evaluation, key, client=task.client)
            return self._registry.register(build, facts, now=now)


def _failed(task: Task, error: Exception) -> ClientResult:
    told = str(error) if isinstance(error, SurtitleError) else f"{type(error).__name__}: {error}"
    reason = "; ".join(line.strip(" -") for line in told.splitlines())
    return ClientResult(client=task.client, outcome="failed", examples=sum(task.sizes), reason=reason)


def _prepared(task: Task, splits: Splits, classes: tuple[str, ...]) -> Prepared:
    """Describe one client's examples as `prepare` describes everybody's."""
    times = np.concatenate([to_numbers(split.table["time"], "datetime64[us]") for split in splits])
    known = times[~np.isnat(times)]
    counts = {
        name: dict(zip(classes, np.bincount(split.y, minlength=len(classes)).tolist(), strict=True))
        for name, split in zip(SPLITS, splits, strict=True)
    }
    return Prepared(
        folder=Path(),
        key=task.digest,
        cached=True,
        classes=classes,
        counts=counts,
        rows_read=sum(task.sizes),
        time_from=_moment(known.min()) if len(known) else None,
        time_to=_moment(known.max()) if len(known) else None,
        clients=1,
        findings=(),
    )


def _moment(time: Any) -> datetime:
    moment: datetime = time.item()
    return moment.replace(tzinfo=UTC)
