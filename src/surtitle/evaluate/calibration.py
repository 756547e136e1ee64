"""Whether a probability means what it says: of the texts given 70 %, 70 % should turn out so."""

import math
from statistics import NormalDist

import msgspec
import numpy as np

from surtitle.evaluate._arrays import FloatArray
from surtitle.evaluate.metrics import N_BINS

__all__ = ["CalibrationBin", "calibration_bins", "wilson"]


class CalibrationBin(msgspec.Struct, frozen=True):
    """The examples whose probability lies between two bounds.

    Parameters
    ----------
    start, stop : float
        The bin, from `start` up to and without `stop` (the last one with it).
    n : int
        How many examples fall into it.
    mean : float
        Their mean probability; the middle of the bin when there are none.
    share : float
        How often it came true; 0 when there are none.
    low, high : float
        Wilson interval of `share`.
    """

    start: float
    stop: float
    n: int
    mean: float
    share: float
    low: float
    high: float


def calibration_bins(confidence: FloatArray, hit: FloatArray, *, level: float) -> tuple[CalibrationBin, ...]:
    """Return the 15 equal-width bins of which the expected calibration error is made.

    Parameters
    ----------
    confidence : float64, shape (n,)
        Probabilities.
    hit : float64, shape (n,)
        1 where it came true, else 0.
    level : float
        Of the intervals, such as 0.95.

    Examples
    --------
    >>> bins = calibration_bins(np.array([0.1, 0.12, 0.9]), np.array([0.0, 1.0, 1.0]), level=0.95)
    >>> [(b.n, round(b.mean, 2), b.share) for b in bins if b.n]
    [(2, 0.11, 0.5), (1, 0.9, 1.0)]

    References
    ----------
    Guo et al. (2017), "On Calibration of Modern Neural Networks", section 2.
    """
    bins = np.minimum((confidence * N_BINS).astype(np.int64), N_BINS - 1)
    sizes = np.bincount(bins, minlength=N_BINS)
    sums = np.bincount(bins, weights=confidence, minlength=N_BINS)
    hits = np.bincount(bins, weights=hit, minlength=N_BINS)
    return tuple(_bin(k, int(sizes[k]), float(sums[k]), float(hits[k]), level) for k in range(N_BINS))


def _bin(k: int, n: int, total: float, hits: float, level: float) -> CalibrationBin:
    start, stop = k / N_BINS, (k + 1) / N_BINS
    if not n:
        return CalibrationBin(start, stop, 0, (start + stop) / 2, 0.0, 0.0, 1.0)
    low, high = wilson(hits, n, level=level)
    return CalibrationBin(start, stop, n, total / n, hits / n, low, high)


def wilson(hits: float, n: int, *, level: float) -> tuple[float, float]:
    """Return the Wilson interval of a share of `hits` in `n`; it stays sensible for few examples and for 0 and 1.

    Examples
    --------
    >>> low, high = wilson(0, 10, level=0.95)
    >>> round(low, 3), round(high, 3)
    (0.0, 0.278)

    References
    ----------
    Wilson (1927), "Probable inference, the law of succession, and statistical inference"; Brown, Cai and DasGupta
    (2001), "Interval Estimation for a Binomial Proportion", section 3.1.1.
    """
    z2 = NormalDist().inv_cdf(0.5 + level / 2.0) ** 2
    share = hits / n
    centre = (share + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (share * (1 - share) + z2 / (4 * n)) / n) / (1 + z2 / n)
    return max(0.0, centre - half), min(1.0, centre + half)
