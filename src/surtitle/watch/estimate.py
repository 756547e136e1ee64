"""How good decisions probably were, before any label has come: from the probabilities alone. Pure.

A calibrated probability says how often it comes true. So of texts that were given the probabilities p, the share of
pairs of a positive and a negative text that are in the right order can be expected without knowing which are which.
This is right while a probability means what it says: also when the texts change (covariate shift), as long as each
would be judged as before. When the judgement changes (concept change), or texts come that the model knows nothing of,
it is not. Labels that have come, and the drift of the texts, say whether to believe it.
"""

import math
from statistics import NormalDist

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.errors import UsageError
from surtitle.records import Interval

__all__ = ["Estimate", "Trust", "expected_auc", "trust_of"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

TOLERANCE = 0.02
FEWEST_LABELLED = 50


class Trust(msgspec.Struct, frozen=True):
    """What labels say of an estimate on the same decisions.

    Parameters
    ----------
    auc_gap : Interval
        The AUC by the labels minus the AUC expected.
    share_gap : Interval
        The share that is positive by the labels minus the mean probability.
    reasons : tuple of str
        Why estimates are not to be believed; empty: nothing speaks against them.
    """

    auc_gap: Interval
    share_gap: Interval
    reasons: tuple[str, ...]


class Estimate(msgspec.Struct, frozen=True):
    """What is expected without labels.

    Parameters
    ----------
    auc : Interval
        The AUC that labels would show. The interval holds the chance of the draw, not the doubt in the assumptions.
    reliable : bool
        Whether nothing is known that speaks against the assumptions.
    reasons : tuple of str
        What does.
    """

    auc: Interval
    reliable: bool
    reasons: tuple[str, ...]


def expected_auc(scores: FloatArray, *, confidence: float) -> Interval | None:
    """Return the AUC to be expected of calibrated scores, with the range in which labels would put it.

    Parameters
    ----------
    scores : float64, shape (n,)
        Probabilities of the positive class.
    confidence : float
        Of the interval, such as 0.95.

    Returns
    -------
    Interval or None
        None when not one positive and one negative text are to be expected.

    Raises
    ------
    UsageError
        If a score is no probability.

    Examples
    --------
    >>> print(expected_auc(np.linspace(0.0, 1.0, 1001), confidence=0.95))
    0.834 [0.809, 0.858]

    References
    ----------
    The expectation: NannyML's confidence-based performance estimation, "CBPE" (documentation, "How it works"); we sum
    over pairs instead of over thresholds. The variance: DeLong, DeLong and Clarke-Pearson (1988), section 2, with
    expected counts in the place of counts.
    """
    if scores.ndim != 1 or not bool(((scores >= 0.0) & (scores <= 1.0)).all()):
        raise UsageError("scores must be probabilities in one dimension, each from 0 to 1")
    up, down = scores, 1.0 - scores
    positives, negatives = float(up.sum()), float(down.sum())
    if min(positives, negatives) < 1.0:
        return None
    _, places = np.unique(scores, return_inverse=True)
    # Of each text: the expected share of negatives below it, and of positives above it; equal ones count half.
    below = _weight_below(places, down) / negatives
    above = 1.0 - _weight_below(places, up) / positives
    itself = float((up * down).sum())
    pairs = positives * negatives
    # A text makes no pair with itself.
    auc = (float((up * below).sum()) * negatives - 0.5 * itself) / (pairs - itself)
    spread = _variance(below, up, positives) / positives + _variance(above, down, negatives) / negatives
    half = NormalDist().inv_cdf(0.5 + confidence / 2.0) * math.sqrt(spread)
    return Interval(auc, max(0.0, auc - half), min(1.0, auc + half))


def _weight_below(places: IntArray, weights: FloatArray) -> FloatArray:
    """Return for each text the weight at lower places, and half of that at its own."""
    at = np.bincount(places, weights=weights)
    return np.asarray((np.cumsum(at) - 0.5 * at)[places])


def _variance(values: FloatArray, weights: FloatArray, total: float) -> float:
    mean = float((values * weights).sum()) / total
    return float((weights * (values - mean) ** 2).sum()) / total


def trust_of(scores: FloatArray, y: IntArray, auc: Interval, *, confidence: float) -> Trust | None:
    """Compare what was expected with what labels say of the same decisions.

    An estimate is not to be believed when the AUC or the share of positives is off by more than 0.02, and by more than
    chance can explain.

    Parameters
    ----------
    scores, y : float64 and int64, shape (n,)
        Of the decisions with labels: probability, and 1 where positive.
    auc : Interval
        By the labels.
    confidence : float
        Of the intervals, such as 0.95.

    Returns
    -------
    Trust or None
        None with fewer than 50 labels, which say nothing either way.

    Examples
    --------
    >>> from surtitle.records import Interval
    >>> scores, y = np.full(400, 0.5), np.arange(400) % 4 // 3
    >>> trust_of(scores, y, Interval(0.5, 0.45, 0.55), confidence=0.95).reasons
    ('25.0 % of the labels are positive, 50.0 % were expected',)
    """
    expected = expected_auc(scores, confidence=confidence)
    if expected is None or len(y) < FEWEST_LABELLED:
        return None
    gap, half = auc.value - expected.value, (expected.high - expected.low) / 2.0
    share, mean = float(y.mean()), float(scores.mean())
    spread = math.sqrt(float((scores * (1.0 - scores)).sum())) / len(y)
    off = NormalDist().inv_cdf(0.5 + confidence / 2.0) * spread
    reasons = []
    if abs(gap) > max(TOLERANCE, half):
        reasons.append(f"the labels give an AUC of {auc.value:.3f}, {expected.value:.3f} was expected")
    if abs(share - mean) > max(TOLERANCE, off):
        reasons.append(f"{share:.1%} of the labels are positive, {mean:.1%} were expected".replace("%", " %"))
    return Trust(
        Interval(gap, gap - half, gap + half),
        Interval(share - mean, share - mean - off, share - mean + off),
        tuple(reasons),
    )
