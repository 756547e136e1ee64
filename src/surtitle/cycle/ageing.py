"""What an example counts by its age: half as much for each half-life that it is older than the newest. Pure."""

from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

__all__ = ["age_weights"]

_LEAST = 1e-6


def age_weights(times: NDArray[np.datetime64], half_life: timedelta) -> NDArray[np.float64]:
    """Return what each example counts in fitting, float64, shape (n,): 1 for the newest.

    Nothing counts less than a millionth, so that a class whose examples are all very old is still fitted. Examples
    without a time count as the oldest one does.

    Parameters
    ----------
    times : datetime64[us], shape (n,)
        NaT where there is none.
    half_life : timedelta
        Above 0.

    Examples
    --------
    >>> days = np.array(["2026-03-01", "2026-03-31", "NaT", "2026-04-30"], "datetime64[us]")
    >>> age_weights(days, timedelta(days=30))
    array([0.25, 0.5 , 0.25, 1.  ])
    """
    known = ~np.isnat(times)
    if not known.any():
        return np.ones(len(times))
    ages = (times[known].max() - times) / np.timedelta64(half_life)
    ages[~known] = ages[known].max()
    return np.asarray(np.maximum(0.5**ages, _LEAST))
