"""The guard: whether a champion that was promoted lately is worse than the one before. Pure.

For `watch.guard` after a promotion the former champion scores the same events, and nothing is done with its scores
until their labels have come. The new champion is rolled back when it is *shown* to be worse: when the whole paired
interval of the difference in AUC, new minus former, lies below zero. The gate let it pass on examples of before its
promotion; the guard looks at those after it, which nobody could have chosen.
"""

from datetime import datetime

import msgspec

from surtitle.records import Interval
from surtitle.settings import WatchSettings
from surtitle.watch.policy import span_of

__all__ = ["Guard", "GuardVerdict", "judge_guard"]


class Guard(msgspec.Struct, frozen=True, kw_only=True):
    """A champion on trial.

    Parameters
    ----------
    version, before : int
        The new champion, and the one that it replaced.
    since : datetime
        When it was promoted; aware.
    """

    version: int
    before: int
    since: datetime


class GuardVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the guard says, and the numbers that it went by.

    Parameters
    ----------
    at : datetime
        The moment of the verdict.
    guard : Guard
        Who is on trial.
    n_examples : int
        Events since the promotion whose label has come.
    difference : Interval or None
        AUC of the new champion minus that of the one before, on these events; None while it is undefined.
    roll_back : bool
        Whether the new one is shown to be worse.
    over : bool
        Whether the trial has ended, either way.
    reason : str
        The same as one plain sentence.
    """

    at: datetime
    guard: Guard
    n_examples: int
    difference: Interval | None
    roll_back: bool
    over: bool
    reason: str


def judge_guard(
    guard: Guard, difference: Interval | None, now: datetime, settings: WatchSettings, *, n_examples: int
) -> GuardVerdict:
    """Say whether to roll back.

    Parameters
    ----------
    guard : Guard
        Who is on trial.
    difference : Interval or None
        Paired, new minus former, on the labelled events since the promotion.
    now : datetime
        Aware. The trial ends when the labels of its last events have had `watch.maturity` to come.
    settings : WatchSettings
        `guard` and `maturity`.
    n_examples : int
        How many such events there are.

    Examples
    --------
    >>> from datetime import UTC
    >>> guard = Guard(version=4, before=3, since=datetime(2026, 3, 1, tzinfo=UTC))
    >>> now = datetime(2026, 3, 4, tzinfo=UTC)
    >>> verdict = judge_guard(guard, Interval(-0.03, -0.05, -0.01), now, WatchSettings(), n_examples=900)
    >>> verdict.roll_back, verdict.reason
    (True, 'Version 4 minus version 3 is -0.030 [-0.050, -0.010] in AUC on 900 events since: it is worse.')
    >>> judge_guard(guard, Interval(-0.03, -0.07, 0.01), now, WatchSettings(), n_examples=90).roll_back
    False
    """
    ended = now >= guard.since + span_of(settings.guard) + span_of(settings.maturity)
    if difference is None:
        worse, told = False, "cannot be told yet"
    else:
        worse = difference.high < 0.0
        interval = f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
        verdict = "it is worse" if worse else "it is not shown to be worse"
        told = f"is {interval} in AUC on {n_examples:,} events since: {verdict}"
    return GuardVerdict(
        at=now,
        guard=guard,
        n_examples=n_examples,
        difference=difference,
        roll_back=worse,
        over=worse or ended,
        reason=f"Version {guard.version} minus version {guard.before} {told}.",
    )
