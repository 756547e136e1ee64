"""One step of the stream: records in, everything that a commit holds out. No thread, no clock, no file. PURE."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import repeat
from typing import Any

import msgspec

from surtitle.stream.deciding import Deciders, Opinions, decide
from surtitle.stream.decode import Columns, Decoder, Events
from surtitle.stream.gathering import Decided, Gathering
from surtitle.stream.letters import DeadLetter
from surtitle.stream.ports import Batch, Lines
from surtitle.stream.rules import RuleBook
from surtitle.stream.tally import Tally
from surtitle.stream.watermark import BEGINNING, Watermark
from surtitle.stream.windows import (
    AggregateSpec,
    Key,
    Member,
    PaneWindows,
    Refinements,
    Row,
    SessionWindows,
    Stored,
    WindowSpec,
    open_windows,
)

__all__ = ["Commit", "Core", "Plan"]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What a stream does, settled before it begins.

    Parameters
    ----------
    columns : Columns
        What the fields of a record are called; `others` has all that windows, aggregates and rules name.
    windows : tuple of WindowSpec
        What is counted.
    aggregates : AggregateSpec
        What is told of each window.
    refinements : Refinements
        How rows of a window relate.
    bound_us, lateness_us, idle_after_us, max_ahead_us : int
        How far events may be out of order; how long a window takes events after its end; when an empty partition no
        longer counts; how far in the future an event may be.
    max_record_bytes : int
        A longer record is a dead letter.
    """

    columns: Columns = Columns()
    windows: tuple[WindowSpec, ...] = ()
    aggregates: AggregateSpec = AggregateSpec()
    refinements: Refinements = "accumulate"
    bound_us: int = 5_000_000
    lateness_us: int = 0
    idle_after_us: int = 30_000_000
    max_ahead_us: int = 60_000_000
    max_record_bytes: int = 1_000_000


class Commit(msgspec.Struct):
    """What one step has come to; all of it is committed at once.

    Parameters
    ----------
    lines : list of Lines
        What is to be written.
    stored : list of Stored
        How windows and rates have changed.
    letters : list of DeadLetter
        What could not be read or decided.
    watermark : int
        How far event time has come.
    latest : dict of str to int
        The largest event time of each partition.
    tally : Tally
        Of this step.
    version : int or None
        The general model.
    """

    lines: list[Lines]
    stored: list[Stored]
    letters: list[DeadLetter]
    watermark: int
    latest: dict[str, int]
    tally: Tally
    version: int | None


class Core:
    """Decides events and counts them in windows, for one scope.

    The result does not depend on how the records are cut into steps: each is judged by the watermark that the records
    before it have led to, and a window says its row at the record that closes it.

    Parameters
    ----------
    plan : Plan
        What to do.
    rules : RuleBook
        What decides before the model.
    source, scope : str
        The source's name and the scope, for idempotency keys and rows.
    keyed : bool
        Whether the lines need ids and keys.
    """

    def __init__(self, plan: Plan, rules: RuleBook, *, source: str = "", scope: str = "", keyed: bool = False) -> None:
        self.plan = plan
        self.source = source
        self.scope = scope
        self.keyed = keyed
        self.watermark = Watermark(bound_us=plan.bound_us, idle_after_us=plan.idle_after_us)
        self._rules = rules
        self._rows: list[tuple[Row, WindowSpec]] = []
        self._windows = [self._open(spec) for spec in plan.windows]
        self._decoder = Decoder(plan.columns, max_record_bytes=plan.max_record_bytes, max_ahead_us=plan.max_ahead_us)

    def _open(self, spec: WindowSpec) -> PaneWindows | SessionWindows:
        plan, rows = self.plan, self._rows

        def emit(row: Row) -> None:
            rows.append((row, spec))

        return open_windows(
            spec, plan.aggregates, lateness_us=plan.lateness_us, refinements=plan.refinements, emit=emit
        )

    def restore(self, watermark: int, latest: Mapping[str, int], stored: Iterable[Stored]) -> None:
        """Go on from what was committed."""
        self.watermark.restore(watermark, latest)
        by_name: dict[str, list[Stored]] = {}
        for each in stored:
            by_name.setdefault(each.name, []).append(each)
        for windows in self._windows:
            windows.restore(by_name.get(windows.spec.name, ()), watermark)
        self._rules.restore(by_name)

    def step(
        self,
        batches: Sequence[Batch],
        deciders: Deciders,
        now: int,
        *,
        empty: Iterable[str] = (),
        again: Sequence[Batch] = (),
    ) -> Commit:
        """Decide records and count them.

        Parameters
        ----------
        batches : sequence of Batch
            New records.
        deciders : Deciders
            Who decides: for the whole step the same.
        now : int
            The time, in microseconds since 1970; when the records have arrived.
        empty : iterable of str
            Partitions that were asked and had nothing, as of `Poll.empty`.
        again : sequence of Batch
            Dead letters to be tried again. They move no watermark, and were counted as dead before.
        """
        gathering = Gathering(now, self.source, self.scope, keyed=self.keyed)
        tally, letters = Tally(), list[DeadLetter]()
        for batch in batches:
            self.watermark.wake(batch.partition)
        for batch in batches:
            tally.records += len(batch.values)
            self._take(batch, deciders, now, gathering, tally, letters)
        for batch in again:
            tally.dead -= len(batch.values)
            tally.retried += len(batch.values)
            self._take(batch, deciders, now, gathering, tally, letters, moves=False)
        self.watermark.settle(empty, now)
        return self._commit(gathering, tally, letters, deciders)

    def finish(self, deciders: Deciders, now: int) -> Commit:
        """Close every window, because nothing will come any more."""
        self.watermark.finish(max([windows.horizon() for windows in self._windows], default=BEGINNING))
        return self._commit(Gathering(now, self.source, self.scope, keyed=self.keyed), Tally(), [], deciders)

    def _commit(self, gathering: Gathering, tally: Tally, letters: list[DeadLetter], deciders: Deciders) -> Commit:
        mark = self.watermark.value
        for windows in self._windows:
            if windows.due <= mark:
                windows.advance(mark)
        self._rules.advance(mark)
        gathering.windows(self._rows)
        self._rows.clear()
        stored = [change for windows in self._windows for change in windows.changes()]
        stored += self._rules.changes()
        tally.dead += len(letters)
        latest = dict(self.watermark.latest)
        return Commit(gathering.lines(), stored, letters, mark, latest, tally, deciders.general.version)

    def _take(
        self,
        batch: Batch,
        deciders: Deciders,
        now: int,
        gathering: Gathering,
        tally: Tally,
        letters: list[DeadLetter],
        *,
        moves: bool = True,
    ) -> None:
        events = self._decoder.decode(batch, now)
        letters += events.dead
        opinions = decide(deciders, events.texts, events.clients)
        if opinions.poisoned:
            letters += events.dead_of(opinions.poisoned)
            good = [place for place in range(len(events)) if place not in opinions.poisoned]
            events, opinions = events.only(good), opinions.only(good)
        marks = self._marks(events) if moves else [self.watermark.value] * len(events)
        ruled = self._rules.apply(events, marks, opinions.actions)
        decided = Decided(events, opinions, ruled, marks)
        missed = self._count(decided)
        gathering.decisions(decided)
        gathering.late(decided, missed)
        if moves and len(events):
            self.watermark.observe(batch.partition, max(events.times_us))
        tally.late += len(missed)
        tally.on_time += len(events) - len(missed)
        for label, actions in _by_model(opinions).items():
            tally.count_actions(actions, label)

    def _marks(self, events: Events) -> list[int]:
        """Return the watermark before each event, as the events before it have moved it."""
        mark, bound = self.watermark.value, self.plan.bound_us
        floor = self.watermark.floor_beside(events.partition)
        top = self.watermark.latest[events.partition]
        marks = []
        for time in events.times_us:
            marks.append(mark)
            if time > top:
                top = time
                mark = max(mark, min(time - bound, floor))
        return marks

    def _count(self, decided: Decided) -> dict[int, list[str]]:
        """Count events in windows; return the places of those that came too late, and for which windows."""
        missed: dict[int, list[str]] = {}
        if not self._windows:
            return missed
        events, marks = decided.events, decided.marks
        others: Iterable[Any] = self._column_tuples(events, self.plan.aggregates.columns)
        members: list[Member] = list(zip(decided.opinions.scores, decided.opinions.actions, others))  # noqa: B905 repeat() has no end
        for windows in self._windows:
            keys: Iterable[Key] = self._column_tuples(events, windows.spec.key)
            columns = zip(events.times_us, keys, members, marks)  # noqa: B905 as above
            for place, (time, key, member, mark) in enumerate(columns):
                if mark >= windows.due:
                    windows.advance(mark)
                if not windows.add(time, key, member, mark):
                    missed.setdefault(place, []).append(windows.spec.name)
        return missed

    def _column_tuples(self, events: Events, names: Sequence[str]) -> Iterable[Key]:
        if not names:
            return repeat(())
        return zip(*[events.column(name, self.plan.columns.client) for name in names], strict=True)

    def figures(self) -> list[Mapping[str, Any]]:
        """Return how many windows of each kind are open."""
        return [windows.state() for windows in self._windows]


def _by_model(opinions: Opinions) -> Mapping[str, Mapping[str, int]]:
    """Count actions by the label of their model."""
    signatures = opinions.signatures
    if len(set(map(id, signatures))) < 2:
        return {signature.label: Counter(opinions.actions) for signature in signatures[:1]}
    counts: dict[str, Counter[str]] = {}
    for signature, action in zip(signatures, opinions.actions, strict=True):
        counts.setdefault(signature.label, Counter())[action] += 1
    return counts
