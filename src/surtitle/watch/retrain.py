"""What a retraining is given: how its labelled examples are divided. Pure.

The newest labels matter most and are fewest, so the shares of `[split]` are taken of the *new* examples: those after
all that the champion was made of and, where quality has fallen, those since it fell. Of a long history, a fifth at the
end would leave nothing of what is new to learn from. In order of time::

    | older ... | new: to train on | validation | test: for the gate |

So the gate's examples are later than all that either model saw. They are at least `watch.gate_examples`, but never more
than half of the new ones; validation takes at most a third of what is left.

Older examples can count less in the fit (`watch.half_life`), or be left out (`watch.window`). Where the newest are only
measured on, in validation and for the gate, all count alike.
"""

from datetime import datetime
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.settings import Settings
from surtitle.watch.policy import span_of

__all__ = ["Division", "divide", "retraining_settings"]


class Division(NamedTuple):
    """Where the parts begin and end, as places among examples in order of time."""

    train: slice
    validation: slice
    test: slice


def divide(
    times: NDArray[np.datetime64], n_known: int, since: datetime | None, now: datetime, settings: Settings
) -> Division:
    """Divide the examples whose labels are known into train, validation and test.

    Parameters
    ----------
    times : datetime64, shape (n,)
        Of all examples, UTC, in order.
    n_known : int
        The labels of so many, the first ones, have come.
    since : datetime or None
        Examples after this time are new; None: all are.
    now : datetime
        Aware; `watch.window` counts back from here.
    settings : Settings
        `[split]` and `[watch]`.

    Examples
    --------
    >>> from datetime import UTC
    >>> from surtitle.settings import DataSettings
    >>> hours = np.datetime64("2026-03-01") + np.arange(8000) * np.timedelta64(1, "h")
    >>> settings = Settings(data=DataSettings(source="a.csv"))
    >>> now, since = datetime(2027, 1, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
    >>> divide(hours, 8000, since, now, settings)
    Division(train=slice(0, 7250, None), validation=slice(7250, 7500, None), test=slice(7500, 8000, None))
    """
    watch, split = settings.watch, settings.split
    start = int(np.searchsorted(times, _plain(now - span_of(watch.window)))) if watch.window else 0
    seen = start if since is None else int(np.searchsorted(times, _plain(since), side="right"))
    n_new = max(0, n_known - max(seen, start))
    n_test = min(max(round(split.test * n_new), watch.gate_examples), n_new // 2)
    n_validation = min(max(round(split.validation * n_new), watch.gate_examples // 2), (n_new - n_test) // 3)
    test, validation = n_known - n_test, n_known - n_test - n_validation
    return Division(slice(min(start, validation), validation), slice(validation, test), slice(test, n_known))


def retraining_settings(settings: Settings) -> Settings:
    """Return the settings with which a retraining fits: `watch.half_life` takes the place of `train.half_life`.

    Examples
    --------
    >>> from surtitle.settings import WatchSettings
    >>> retraining_settings(Settings(watch=WatchSettings(half_life="30d"))).train.half_life
    '30d'
    """
    if not settings.watch.half_life:
        return settings
    train = msgspec.structs.replace(settings.train, half_life=settings.watch.half_life)
    return msgspec.structs.replace(settings, train=train)


def _plain(moment: datetime) -> np.datetime64:
    """Return an aware time as NumPy holds it: in UTC, without saying so."""
    return np.datetime64(round(moment.timestamp() * 1e6), "us")
