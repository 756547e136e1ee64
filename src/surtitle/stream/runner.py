"""The embedded engine: polls the source, steps the core, commits, again and again, in one thread."""

import time
from collections.abc import Callable, Generator, Sequence
from typing import Literal

import msgspec

from surtitle.stream.core import Commit, Core
from surtitle.stream.deciding import Deciders
from surtitle.stream.decode import moment
from surtitle.stream.delivery import Work, choose_delivery, commit_order
from surtitle.stream.meter import Meter
from surtitle.stream.ports import AbortedError, Batch, Delivery, Poll, Sink, Source
from surtitle.stream.progress import Progress, ScopeProgress
from surtitle.stream.state import HeldLetter, State
from surtitle.stream.unit import Unit

__all__ = ["Pace", "Runner"]

_LETTERS_AT_ONCE = 500
_LOOK_FOR_LETTERS_US = 1_000_000


class Pace(msgspec.Struct, frozen=True):
    """How large micro-batches get, and how long the source is waited for.

    Parameters
    ----------
    max_records : int
        The most records in one batch: what is not there yet is not waited for.
    wait_s : float
        How long a poll waits when nothing is there; windows of an idle stream close, and a new model is picked up, with
        about this delay.
    """

    max_records: int = 8192
    wait_s: float = 0.2


_USUAL_PACE = Pace()


class Runner:
    """Runs a stream.

    Parameters
    ----------
    source, sink
        From where, to where.
    make_core : callable
        Given a scope, makes its core from nothing.
    open_state : callable
        Given a scope, opens its state and holds it.
    current_model : callable
        Returns who decides; asked before each step, so that a new model takes over between two.
    delivery : Delivery or "auto"
        The guarantee asked for.
    clock : callable
        Returns the time, in microseconds since 1970.
    pace : Pace
        Of the batches.

    Raises
    ------
    StreamError
        If source and sink cannot give the guarantee.
    """

    def __init__(
        self,
        source: Source,
        sink: Sink,
        *,
        make_core: Callable[[str], Core],
        open_state: Callable[[str], State],
        current_model: Callable[[], Deciders],
        delivery: Delivery | Literal["auto"] = "auto",
        clock: Callable[[], int] = lambda: time.time_ns() // 1000,
        pace: Pace = _USUAL_PACE,
    ) -> None:
        self.delivery = sink.delivery = choose_delivery(delivery, source, sink)
        self._source = source
        self._sink = sink
        self._make_core = make_core
        self._open_state = open_state
        self._current_model = current_model
        self._clock = clock
        self._pace = pace
        self._commit = commit_order(self.delivery, sink)
        self._transactional = sink.transactional and self.delivery == "exactly-once"
        self._units: dict[str, Unit] = {}
        self._meter = Meter()
        self._stopping = False
        self._looked_for_letters = 0

    def stop(self) -> None:
        """Let `run` end after the commit that is under way; may be called from a signal handler."""
        self._stopping = True
        self._source.wake()

    def run(self) -> Generator[Progress]:
        """Work until the source has ended or `stop` was called, and say after each poll how far it is.

        Raises
        ------
        SurtitleError
            As source, sink and state say. What was not committed then comes again.
        """
        try:
            if not self._source.scoped:
                self._open("")
            while not self._stopping:
                poll = self._source.poll(self._pace.max_records, self._pace.wait_s)
                yield self._turn(poll)
                if poll.ended and self._finish():
                    break
        finally:
            self._close()

    def _turn(self, poll: Poll) -> Progress:
        for partition in poll.gained:
            self._gain(partition)
        for partition in poll.lost:
            self._lose(partition)
        now, deciders = self._clock(), self._current_model()
        again = self._letters_to_try(now)
        records = sum(len(batch.values) for batch in poll.batches)
        self._meter.count(records, now)
        work = [
            found
            for unit in list(self._units.values())
            if (found := self._step(unit, poll, deciders, now, again.get(unit.scope, []))) is not None
        ]
        began = self._clock()
        commit_s, committed = None, True
        if work:
            committed = self._commit_or_go_back(work)
            commit_s = (self._clock() - began) / 1e6
            self._meter.commit(records, commit_s)
        elif not records:
            self._empty_outboxes()
        return self._progress(deciders, records, commit_s, aborted=not committed)

    def _scope_of(self, partition: str) -> str:
        return partition if self._source.scoped else ""

    def _open(self, scope: str) -> Unit:
        unit = self._units.get(scope)
        if unit is None:
            unit = Unit(scope, self._open_state(scope), lambda: self._make_core(scope))
            self._units[scope] = unit
            unit.settle(self._sink, transactional=self._transactional)
        return unit

    def _gain(self, partition: str) -> None:
        unit = self._open(self._scope_of(partition))
        unit.core.watermark.join(partition)
        self._source.seek(partition, unit.committed.positions.get(partition))

    def _lose(self, partition: str) -> None:
        if not self._source.scoped:
            self._units[""].core.watermark.leave(partition)
        elif partition in self._units:
            self._let_go(self._units.pop(partition))

    def _step(self, unit: Unit, poll: Poll, deciders: Deciders, now: int, again: Sequence[HeldLetter]) -> Work | None:
        batches = [batch for batch in poll.batches if self._scope_of(batch.partition) == unit.scope]
        empty = [partition for partition in poll.empty if self._scope_of(partition) == unit.scope]
        replayed = [
            Batch(held.letter.partition, [held.letter.value], [held.letter.position], columns=held.letter.columns)
            for held in again
        ]
        commit = unit.core.step(batches, deciders, now, empty=empty, again=replayed)
        if not (batches or again or commit.lines or commit.stored):
            return None
        return self._work(unit, commit, now, list(again))

    def _work(self, unit: Unit, commit: Commit, now: int, played: list[HeldLetter]) -> Work:
        positions = {
            partition: position
            for partition, position in self._source.position().items()
            if self._scope_of(partition) == unit.scope
        }
        unit.committed.positions = {**unit.committed.positions, **positions}
        figures = {
            "rate": self._meter.rate,
            "batch_records": self._meter.batch_records,
            "commit_s": self._meter.commit_s,
            "lag": self._source.lag(unit.scope),
            "windows": unit.core.figures(),
        }
        change = unit.change(
            commit,
            positions,
            played=played,
            figures=figures,
            committed_at=moment(now).isoformat(timespec="milliseconds"),
        )
        return Work(unit, commit.lines, change)

    def _commit_or_go_back(self, work: Sequence[Work]) -> bool:
        try:
            self._commit(work)
        except AbortedError:
            self._go_back()
            return False
        self._source.acknowledge({name: at for each in work for name, at in each.change.positions.items()})
        return True

    def _go_back(self) -> None:
        """Nothing of the last commit is visible: take up every scope where its state is."""
        for unit in self._units.values():
            partitions = list(unit.core.watermark.latest)
            unit.read()
            unit.settle(self._sink, transactional=True)
            for partition in partitions:
                unit.core.watermark.join(partition)
                self._source.seek(partition, unit.committed.positions.get(partition))

    def _finish(self) -> bool:
        """Close all windows; return False if that has to be tried again."""
        now, deciders = self._clock(), self._current_model()
        commits = [(unit, unit.core.finish(deciders, now)) for unit in self._units.values()]
        work = [self._work(unit, commit, now, []) for unit, commit in commits if commit.lines or commit.stored]
        return not work or self._commit_or_go_back(work)

    def _letters_to_try(self, now: int) -> dict[str, list[HeldLetter]]:
        if now - self._looked_for_letters < _LOOK_FOR_LETTERS_US:
            return {}
        self._looked_for_letters = now
        return {scope: unit.state.letters_to_try(_LETTERS_AT_ONCE) for scope, unit in self._units.items()}

    def _empty_outboxes(self) -> None:
        for unit in self._units.values():
            if unit.outbox_is_written:
                unit.state.empty_outbox()
                unit.outbox_is_written = False

    def _let_go(self, unit: Unit) -> None:
        try:
            if self._transactional and unit.prepared is not None:
                unit.state.take_over(unit.prepared)
            if unit.outbox_is_written:
                unit.state.empty_outbox()
        finally:
            unit.state.close()

    def _close(self) -> None:
        try:
            while self._units:
                self._let_go(self._units.popitem()[1])
        finally:
            self._source.close()
            self._sink.close()

    def _progress(self, deciders: Deciders, records: int, commit_s: float | None, *, aborted: bool) -> Progress:
        return Progress(
            scopes=tuple(
                ScopeProgress(
                    scope=unit.scope,
                    tally=unit.tally.copy(),
                    watermark=unit.core.watermark.value,
                    open_windows=sum(figures["open"] for figures in unit.core.figures()),
                    idle=len(unit.core.watermark.idle),
                )
                for unit in self._units.values()
            ),
            rate=self._meter.rate,
            lag=self._source.lag(),
            version=deciders.general.version,
            records=records,
            commit_s=commit_s,
            aborted=aborted,
        )
