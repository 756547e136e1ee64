"""The policy: when a model is trained again, and why. Pure: no clock, no files, no randomness.

A **bad** period is one that is *shown* to be bad, its own chance and that of the test both allowed for:

1. the whole interval of its AUC lies below `watch.floor`; or
2. its AUC has fallen by more than `watch.margin` since the champion's test: the lower end of the interval of the
   difference, test minus period, is above the margin. That interval is put together from the two intervals (MOVER;
   Zou and Donner 2008, "Construction of confidence intervals about effect measures", Statistics in Medicine 27,
   section 2), since a period and a test have no examples in common.

Only matured periods of the present champion are judged, and only with `watch.min_positives` labels of either class.
`watch.bad_periods` bad ones among the last `watch.of_periods` judged are a reason to train again. So are
`watch.new_labels` new labels, and the time `watch.every` since the last training. Drift of the input is none: it may
leave quality as it is, so it only alerts.

A reason is not enough: while a training runs or a challenger is in the shadow, within `watch.cooldown` of the last
training, and without a single new label there is no retraining, and the verdict says what held it back.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Literal

import msgspec

from surtitle.durations import parse_duration
from surtitle.records import Interval
from surtitle.settings import WatchSettings
from surtitle.watch.quality import PeriodQuality

__all__ = ["JudgedPeriod", "State", "Verdict", "decide", "span_of"]


class State(msgspec.Struct, frozen=True, kw_only=True):
    """What the loop knows of the champion, and of itself.

    Parameters
    ----------
    champion : int
        The version that decides.
    client : str or None
        Whose champion it is; None: everybody's.
    since : datetime or None
        Periods that began before this do not count: when it was made champion again by a rollback, its bad periods of
        before are what the rollback has settled. None: all count.
    test_auc : Interval or None
        Its AUC on its own test split; None when that has none.
    trained_at : datetime
        When the last training began, whatever came of it; aware.
    training : bool
        Whether one is running.
    shadow : int or None
        A challenger that passed the gate and is in the shadow; None: there is none.
    new_labels : int
        How many labels have come since the last training began that gave a version.
    drift : tuple of str
        In words, each way in which the input is shown to have changed.
    """

    champion: int
    client: str | None = None
    since: datetime | None = None
    test_auc: Interval | None
    trained_at: datetime
    training: bool = False
    shadow: int | None = None
    new_labels: int = 0
    drift: tuple[str, ...] = ()


class JudgedPeriod(msgspec.Struct, frozen=True):
    """One period as the policy saw it; `bad` says why it is bad, and is empty for a good one."""

    start: datetime
    end: datetime
    n_labelled: int
    positives: int | None
    auc: Interval
    bad: str = ""


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the policy says, and the numbers that it went by; written down whether or not anything is done.

    Parameters
    ----------
    at : datetime
        The moment of the verdict.
    action : {"retrain", "alert", "wait"}
        `alert`: something is wrong, but it is no reason to train, or the training is held back.
    champion, client, test_auc, new_labels, drift
        As in the `State` judged.
    triggers : tuple of {"quality", "labels", "schedule"}
        The reasons to train again; the action is `retrain` if there is one, and nothing holds it back.
    held_back : tuple of str
        In words, what keeps a training from starting.
    periods : tuple of JudgedPeriod
        Those that were counted, the oldest first.
    reasons : tuple of str
        One plain sentence for each rule.
    """

    at: datetime
    action: Literal["retrain", "alert", "wait"]
    champion: int
    client: str | None
    test_auc: Interval | None
    new_labels: int
    drift: tuple[str, ...]
    triggers: tuple[Literal["quality", "labels", "schedule"], ...]
    held_back: tuple[str, ...]
    periods: tuple[JudgedPeriod, ...]
    reasons: tuple[str, ...]

    @property
    def bad(self) -> tuple[JudgedPeriod, ...]:
        """The bad ones among the periods counted."""
        return tuple(period for period in self.periods if period.bad)


def decide(history: Sequence[PeriodQuality], state: State, now: datetime, settings: WatchSettings) -> Verdict:
    """Say whether to train again.

    Parameters
    ----------
    history : sequence of PeriodQuality
        In any order, of any versions and clients; those that do not concern the champion are passed over.
    state : State
        Of the champion concerned.
    now : datetime
        Aware.
    settings : WatchSettings
        The policy's numbers.

    Examples
    --------
    >>> from datetime import UTC
    >>> day = [datetime(2026, 3, n, tzinfo=UTC) for n in range(1, 9)]
    >>> fallen = [PeriodQuality(start=day[n], end=day[n + 1], version=3, n_decisions=900, n_labelled=900, positives=300,
    ...                         auc=Interval(0.80, 0.77, 0.83), mature=True) for n in range(2)]
    >>> state = State(champion=3, test_auc=Interval(0.90, 0.88, 0.92), trained_at=day[0], new_labels=1800)
    >>> verdict = decide(fallen, state, day[5], WatchSettings())
    >>> verdict.action, verdict.triggers
    ('retrain', ('quality',))
    >>> print(verdict.reasons[0])
    2 of the last 2 judged periods are bad, and 2 of 3 are a reason to train again.
    >>> decide(fallen[1:], state, day[5], WatchSettings()).action
    'wait'
    """
    periods = _counted(history, state, settings)
    n_bad = sum(bool(period.bad) for period in periods)
    age = now - state.trained_at
    every = span_of(settings.every) if settings.every else None
    triggers: tuple[Literal["quality", "labels", "schedule"], ...] = ()
    if n_bad >= settings.bad_periods:
        triggers += ("quality",)
    if settings.new_labels and state.new_labels >= settings.new_labels:
        triggers += ("labels",)
    if every is not None and age >= every:
        triggers += ("schedule",)
    held_back = tuple(_obstacles(state, age, span_of(settings.cooldown)))
    return Verdict(
        at=now,
        action=_action(triggers, held_back, state.drift),
        champion=state.champion,
        client=state.client,
        test_auc=state.test_auc,
        new_labels=state.new_labels,
        drift=state.drift,
        triggers=triggers,
        held_back=held_back,
        periods=periods,
        reasons=tuple(_sentences(periods, n_bad, age, state, settings)),
    )


def span_of(duration: str) -> timedelta:
    """Return a duration as settings hold it, such as ``1d``, as a timedelta."""
    return timedelta(microseconds=parse_duration(duration))


def _counted(history: Sequence[PeriodQuality], state: State, settings: WatchSettings) -> tuple[JudgedPeriod, ...]:
    concerned = [
        quality
        for quality in history
        if quality.mature
        and (quality.version, quality.client) == (state.champion, state.client)
        and (state.since is None or quality.start >= state.since)
    ]
    judged = (
        _judge(quality, quality.auc, state.test_auc, settings)
        for quality in sorted(concerned, key=lambda quality: quality.end)
        if quality.auc is not None and _of_rarer_class(quality) >= settings.min_positives
    )
    return tuple(judged)[-settings.of_periods :]


def _of_rarer_class(quality: PeriodQuality) -> int:
    if quality.positives is None:
        return quality.n_labelled
    return min(quality.positives, quality.n_labelled - quality.positives)


def _judge(quality: PeriodQuality, auc: Interval, test: Interval | None, settings: WatchSettings) -> JudgedPeriod:
    bad = ""
    if auc.high < settings.floor:
        bad = f"AUC {auc} lies below the floor of {settings.floor:g}"
    elif test is not None and (least := _least_fall(test, auc)) > settings.margin:
        bad = f"AUC {auc} has fallen by at least {least:.3f} since the test's {test}"
    return JudgedPeriod(quality.start, quality.end, quality.n_labelled, quality.positives, auc, bad)


def _least_fall(test: Interval, auc: Interval) -> float:
    """Return the lower end of the interval of test minus period."""
    return test.value - auc.value - math.hypot(test.value - test.low, auc.high - auc.value)


def _obstacles(state: State, age: timedelta, cooldown: timedelta) -> Iterator[str]:
    if state.training:
        yield "a training is running"
    if state.shadow is not None:
        yield f"version {state.shadow} is in the shadow"
    if age < cooldown:
        yield f"the last training began {_told(age)} ago, within the cooldown of {_told(cooldown)}"
    if not state.new_labels:
        yield "no label has come since the last training"


def _action(
    triggers: tuple[str, ...], held_back: tuple[str, ...], drift: tuple[str, ...]
) -> Literal["retrain", "alert", "wait"]:
    if triggers and not held_back:
        return "retrain"
    return "alert" if drift or "quality" in triggers else "wait"


def _sentences(
    periods: Sequence[JudgedPeriod], n_bad: int, age: timedelta, state: State, settings: WatchSettings
) -> Iterator[str]:
    asked = f"{settings.bad_periods} of {settings.of_periods} are a reason to train again"
    if periods:
        yield f"{n_bad} of the last {len(periods)} judged periods are bad, and {asked}."
    else:
        yield f"No matured period of version {state.champion} could be judged yet; {asked} when bad."
    if settings.new_labels:
        yield f"{state.new_labels:,} labels have come since the last training; {settings.new_labels:,} are a reason."
    if settings.every:
        yield f"The last training began {_told(age)} ago; {settings.every} are a reason."
    if state.drift:
        yield f"The input has drifted, which alone is no reason: {'; '.join(state.drift)}."


def _told(span: timedelta) -> str:
    hours = span / timedelta(hours=1)
    return f"{hours / 24:.1f} days" if hours >= 48 else f"{hours:.1f} hours"
