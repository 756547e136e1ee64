"""The shadow: whether a challenger that scored live events in silence may take the champion's place. Pure.

With `watch.shadow`, a challenger that has passed the gate is not promoted yet. The service has it score a share of the
live events (`serve.shadow`), and nobody sees what it says. Once `watch.shadow` and the time that labels take
(`watch.maturity`) are over, it is judged, once: on the events that both have scored and whose label has come, the lower
end of the paired interval of the difference in AUC must be above -`gate.epsilon`, as at the gate.
"""

from datetime import datetime

import msgspec

from surtitle.records import Interval
from surtitle.settings import Settings
from surtitle.watch.policy import span_of

__all__ = ["ShadowVerdict", "judge_shadow"]


class ShadowVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What the shadow says, and the numbers that it went by.

    Parameters
    ----------
    at : datetime
        The moment of the verdict.
    version, champion : int
        The challenger, and the champion that decided the same events.
    since : datetime
        When the challenger passed the gate; aware.
    n_examples : int
        Events since then that both have scored and whose label has come.
    difference : Interval or None
        AUC of the challenger minus that of the champion on these events; None while it is undefined.
    over : bool
        Whether the time is over, so that it is judged.
    passed : bool
        Whether it may be promoted.
    reason : str
        The same as one plain sentence.
    """

    at: datetime
    version: int
    champion: int
    since: datetime
    n_examples: int
    difference: Interval | None
    over: bool
    passed: bool
    reason: str


def judge_shadow(
    version: int,
    champion: int,
    since: datetime,
    difference: Interval | None,
    now: datetime,
    settings: Settings,
    *,
    n_examples: int,
) -> ShadowVerdict:
    """Say whether a challenger has shown in the shadow that it is not worse.

    Parameters
    ----------
    version, champion, since
        As in `ShadowVerdict`.
    difference : Interval or None
        Paired, challenger minus champion; None when there are too few labels to tell.
    now : datetime
        Aware.
    settings : Settings
        `watch.shadow`, `watch.maturity` and `gate.epsilon`.
    n_examples : int
        How many events it rests on.

    Examples
    --------
    >>> from datetime import UTC
    >>> from surtitle.settings import DataSettings, WatchSettings
    >>> settings = Settings(data=DataSettings(source="a.csv"), watch=WatchSettings(shadow="2d"))
    >>> since, now = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 4, tzinfo=UTC)
    >>> verdict = judge_shadow(4, 3, since, Interval(0.01, -0.002, 0.02), now, settings, n_examples=900)
    >>> verdict.passed, verdict.reason
    (True, 'In the shadow, version 4 minus version 3 was +0.010 [-0.002, +0.020] in AUC on 900 events: not worse.')
    >>> judge_shadow(4, 3, since, None, since, settings, n_examples=0).reason
    'Version 4 is in the shadow of version 3 until 2026-03-04 00:00; 0 events of it have labels.'
    """
    until = since + span_of(settings.watch.shadow) + span_of(settings.watch.maturity)
    over = now >= until
    passed = over and difference is not None and difference.low > -settings.gate.epsilon
    if not over:
        events = f"{n_examples:,} events of it have labels"
        reason = f"Version {version} is in the shadow of version {champion} until {until:%Y-%m-%d %H:%M}; {events}."
    elif difference is None:
        reason = (
            f"Version {version} cannot be told from version {champion}: only {n_examples:,} events that both scored "
            "have labels, or too few of one class; does the service run, with serve.shadow above 0?"
        )
    else:
        interval = f"{difference.value:+.3f} [{difference.low:+.3f}, {difference.high:+.3f}]"
        said = "not worse" if passed else f"its lower end must be above {-settings.gate.epsilon:g}"
        told = f"version {version} minus version {champion} was {interval} in AUC on {n_examples:,} events"
        reason = f"In the shadow, {told}: {said}."
    return ShadowVerdict(
        at=now,
        version=version,
        champion=champion,
        since=since,
        n_examples=n_examples,
        difference=difference,
        over=over,
        passed=passed,
        reason=reason,
    )
