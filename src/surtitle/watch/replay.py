"""What the loop would have done over a labelled history: the first model alone, beside the loop.

The history is walked period by period in event time. Each event is decided by the champion of that moment and, on the
side, by the first model, which is never replaced (**static**). Labels are known `watch.maturity` after their event. At
the end of each period the guard and the policy are asked, and what they say is done at once: a training takes no time
here. Everything stays in memory; no registry is touched, and nothing is left behind.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.cycle.ahead import RulesAhead
from surtitle.cycle.comparison import paired_difference
from surtitle.errors import Fault, SettingsError
from surtitle.progress import Reporter
from surtitle.project import Project
from surtitle.watch.contest import Contest, Model, fit_challenger, fit_first
from surtitle.watch.guard import Guard, GuardVerdict, judge_guard
from surtitle.watch.history import History
from surtitle.watch.policy import State, Verdict, decide, span_of
from surtitle.watch.quality import PeriodQuality, measure_period

__all__ = ["Beginning", "PlayedPeriod", "Replay", "Retraining", "Step"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_PERIODS = 100_000


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """The first model: on how many examples, up to when."""

    until: datetime
    n_examples: int
    model: Model


class PlayedPeriod(msgspec.Struct, frozen=True, kw_only=True):
    """One period, with all of its labels: by the first model, and by the loop's champion."""

    static: PeriodQuality
    loop: PeriodQuality


class Retraining(msgspec.Struct, frozen=True, kw_only=True):
    """One training that the policy asked for.

    Parameters
    ----------
    verdict : Verdict
        Why.
    contest : Contest
        The challenger against the champion.
    delay_s : float or None
        Seconds from the start of the first bad period to here; None when quality was no reason.
    """

    verdict: Verdict
    contest: Contest
    delay_s: float | None


Step = Beginning | PlayedPeriod | Retraining | GuardVerdict


class Replay:
    """One walk through a history.

    Parameters
    ----------
    project : Project
        Its settings; `watch.maturity` is how late the labels are.
    history : History
        In order of time.
    n_first : int
        The first model is made of so many examples, the first ones.
    ahead : RulesAhead
        Of the project's settings.
    reporter : Reporter
        Told of each training.

    Attributes
    ----------
    static, loop : float64, shape (n, K)
        What the first model and the loop said of each example; zeros before the first period.
    """

    def __init__(
        self, project: Project, history: History, *, n_first: int, ahead: RulesAhead, reporter: Reporter
    ) -> None:
        self._project, self._history, self._ahead, self._reporter = project, history, ahead, reporter
        self._n_first = n_first
        self._watch = project.settings.watch
        self._maturity = span_of(self._watch.maturity)
        shape = (len(history), len(history.classes))
        self.static, self.loop, self._shadow = (np.zeros(shape) for _ in range(3))
        self.chosen = {name: np.zeros(len(history), np.int64) for name in ("static", "loop")}
        self._models: dict[int, Model] = {}
        self._champion = self._newest = 1
        self._since: datetime | None = None
        self._guard: Guard | None = None
        self._waiting: list[PeriodQuality] = []
        self._matured: list[PeriodQuality] = []

    def steps(self) -> Iterator[Step]:
        """Walk, and yield what happens.

        Raises
        ------
        DataError
            If the first examples make no model.
        SettingsError
            If the history has more periods than can sensibly be walked.
        """
        history = self._history
        n_periods = (history.time(len(history) - 1) - history.time(self._n_first)) // span_of(self._watch.period)
        if n_periods > _MOST_PERIODS:
            fault = Fault("watch.period", f"divides the history into {n_periods:,} periods", "let it be longer")
            raise SettingsError(f"a replay walks through {_MOST_PERIODS:,} periods at most", [fault])
        first = fit_first(self._project, history, self._n_first, self._ahead, self._reporter)
        self._models[1] = first
        self._trained_at, self._n_trained = history.time(self._n_first - 1), self._n_first
        yield Beginning(until=self._trained_at, n_examples=self._n_first, model=first)
        for start, end in self._periods():
            rows = slice(max(history.place(start), self._n_first), history.place(end))
            if rows.stop > rows.start:
                yield self._play(rows, start, end)
            yield from self._act(end)

    def _periods(self) -> Iterator[tuple[datetime, datetime]]:
        length = span_of(self._watch.period)
        start = _EPOCH + (self._history.time(self._n_first) - _EPOCH) // length * length
        last = self._history.time(len(self._history) - 1)
        while start <= last:
            yield start, start + length
            start += length

    def _play(self, rows: slice, start: datetime, end: datetime) -> PlayedPeriod:
        texts = self._history.texts(rows)
        first, champion = self._models[1], self._models[self._champion]
        scored = {1: first.scorer.probabilities(texts)}
        before = self._guard.before if self._guard else self._champion
        for version in {self._champion, before} - {1}:
            scored[version] = self._models[version].scorer.probabilities(texts)
        self.static[rows], self.loop[rows] = scored[1], scored[champion.version]
        self._shadow[rows] = scored[before]
        played = PlayedPeriod(
            static=self._measure(first, "static", self.static, rows, start, end),
            loop=self._measure(champion, "loop", self.loop, rows, start, end),
        )
        self._waiting.append(played.loop)
        return played

    def _measure(
        self, model: Model, name: str, probs: NDArray[np.float64], rows: slice, start: datetime, end: datetime
    ) -> PeriodQuality:
        rule = model.scorer.rule
        self.chosen[name][rows] = rule.chosen(probs[rows])
        return measure_period(
            self._history.y[rows],
            probs[rows],
            self.chosen[name][rows],
            start=start,
            end=end,
            version=model.version,
            n_decisions=rows.stop - rows.start,
            mature=True,
            settings=self._project.settings.evaluate,
            thresholds=rule.thresholds,
        )

    def _act(self, now: datetime) -> Iterator[Step]:
        n_known = max(self._n_first, self._history.place(now - self._maturity))
        while self._waiting and self._waiting[0].end + self._maturity <= now:
            self._matured.append(self._waiting.pop(0))
        if guarded := self._ask_guard(now, n_known):
            yield guarded
        state = State(
            champion=self._champion,
            since=self._since,
            test_auc=self._models[self._champion].test_auc,
            trained_at=self._trained_at,
            new_labels=n_known - self._n_trained,
        )
        verdict = decide(self._matured, state, now, self._watch)
        if verdict.action == "retrain":
            yield self._retrain(verdict, n_known)

    def _ask_guard(self, now: datetime, n_known: int) -> GuardVerdict | None:
        """Return the guard's verdict when it ends the trial."""
        if self._guard is None:
            return None
        rows = slice(self._history.place(self._guard.since), n_known)
        y, n_examples = self._history.y[rows], max(0, rows.stop - rows.start)
        difference = None
        if n_examples and np.bincount(y, minlength=len(self._history.classes)).min() >= self._watch.min_positives:
            difference = paired_difference(self._project.settings, y, self.loop[rows], self._shadow[rows])
        verdict = judge_guard(self._guard, difference, now, self._watch, n_examples=n_examples)
        if verdict.roll_back:
            self._champion, self._since = self._guard.before, now
        if verdict.over:
            self._guard = None
            self._forget()
            return verdict
        return None

    def _forget(self) -> None:
        """Let go of the models that nobody will ask again; each holds tens of megabytes."""
        kept = {1, self._champion} | ({self._guard.before} if self._guard else set())
        self._models = {version: model for version, model in self._models.items() if version in kept}

    def _retrain(self, verdict: Verdict, n_known: int) -> Retraining:
        now, champion = verdict.at, self._models[self._champion]
        self._trained_at, self._n_trained = now, n_known
        contest, challenger = fit_challenger(
            self._project, self._history, n_known, champion, verdict, self._newest + 1, self._ahead, self._reporter
        )
        if challenger is not None:
            self._newest = challenger.version
        if challenger is not None and contest.promoted:
            self._models[challenger.version] = challenger
            self._guard = Guard(version=challenger.version, before=champion.version, since=now)
            self._champion = challenger.version
            self._forget()
        delay = None
        if "quality" in verdict.triggers:
            delay = (now - verdict.bad[0].start) / timedelta(seconds=1)
        return Retraining(verdict=verdict, contest=contest, delay_s=delay)
