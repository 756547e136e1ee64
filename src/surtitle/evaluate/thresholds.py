"""Where a probability turns into a decision: from costs, or from the validation split."""

import math

import numpy as np
from numpy.typing import NDArray

from surtitle.errors import UsageError
from surtitle.evaluate._arrays import FloatArray, IntArray, check_predictions, need_two_classes
from surtitle.records import Thresholds
from surtitle.settings import CostSettings

__all__ = ["choose_class_weights", "choose_cut", "thresholds_from_costs"]

_FEWEST = 20  # a class with fewer validation examples keeps its weight: its F1 there is mostly luck
_GRID = np.exp2(np.linspace(-3.0, 3.0, 25))
_SHRINK = 0.002  # macro-F1 that a factor of two must bring; keeps weights near 1 where the gain is noise
_MAX_ROUNDS = 10


def thresholds_from_costs(costs: CostSettings) -> Thresholds:
    """Return the thresholds at which the expected cost of one action falls below that of another.

    With the probability p that a text should be removed, allowing it costs `p * false_negative` on average, removing it
    `(1 - p) * false_positive`, and a review `review`, after which the decision is taken to be right. The cheapest
    action is: allow below `review`, remove from `remove` upwards, a review between. When a review never pays, both are
    the one cut at which allowing costs as much as removing. Right for calibrated probabilities only.

    Examples
    --------
    >>> thresholds_from_costs(CostSettings(false_negative=4.0, false_positive=1.0, review=0.2))
    Thresholds(review=0.05, remove=0.8)
    >>> thresholds_from_costs(CostSettings(false_negative=1.0, false_positive=1.0, review=0.6))
    Thresholds(review=0.5, remove=0.5)

    References
    ----------
    Elkan (2001), "The Foundations of Cost-Sensitive Learning", section 2.
    """
    review = costs.review / costs.false_negative
    remove = 1.0 - costs.review / costs.false_positive
    if review >= remove:
        cut = costs.false_positive / (costs.false_positive + costs.false_negative)
        return Thresholds(review=cut, remove=cut)
    return Thresholds(review=review, remove=remove)


def choose_cut(y: IntArray, p_positive: FloatArray) -> float:
    """Return the cut that gives the best macro-F1 when the positive class is chosen from it upwards.

    Between two neighbouring scores every cut is equally good; the middle of the widest such best stretch is taken,
    which is farthest from being tuned to single examples.

    Parameters
    ----------
    y : int64, shape (n,)
        0 or 1.
    p_positive : float64, shape (n,)
        Probabilities of class 1.

    Raises
    ------
    UsageError
        For wrong shapes or values.
    DataError
        If all examples are of one class.

    Examples
    --------
    >>> choose_cut(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.6, 0.9]))
    0.4
    """
    p = np.asarray(p_positive, dtype=np.float64)
    if p.ndim != 1:
        raise UsageError(f"p_positive has the shape {p.shape}; give one probability per example")
    y, probs, _ = check_predictions(y, np.column_stack([1.0 - p, p]), y)
    need_two_classes(y, "choosing a cut")
    p = probs[:, 1]
    order = np.argsort(-p, kind="stable")
    ends = np.flatnonzero(np.append(p[order][1:] != p[order][:-1], True))
    hits = np.append(0, np.cumsum(y[order])[ends])  # (G + 1,): true positives when so many groups are called
    called = np.append(0, ends + 1)
    scores = _macro_f1_of_counts(hits, called - hits, int(y.sum()), len(y))
    bounds = np.concatenate([[1.0], p[order][ends], [0.0]])  # calling g groups: any cut in (bounds[g + 1], bounds[g]]
    return _middle_of_widest(scores >= scores.max() - 1e-12, bounds)


def _macro_f1_of_counts(hits: IntArray, alarms: IntArray, n_positive: int, n: int) -> FloatArray:
    missed = n_positive - hits
    rejected = n - n_positive - alarms
    return np.asarray(hits / (2 * hits + alarms + missed) + rejected / (2 * rejected + alarms + missed))


def _middle_of_widest(best: NDArray[np.bool_], bounds: FloatArray) -> float:
    edges = np.diff(np.concatenate([[0], best.astype(np.int64), [0]]))
    starts, stops = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    highs, lows = bounds[starts], bounds[stops]
    widest = int(np.argmax(highs - lows))
    middle = (highs[widest] + lows[widest]) / 2.0
    return float(middle if middle > lows[widest] else highs[widest])


def choose_class_weights(y: IntArray, probs: FloatArray) -> FloatArray:
    """Return weights w, shape (K,), such that choosing the largest w * p gives a good macro-F1.

    Two classes: the same choice as by `choose_cut`. More: one class after the other takes the best of 25 weights
    between 1/8 and 8 until nothing changes. Two guards keep it from learning the validation split by heart: each
    factor of two must bring 0.002 of macro-F1, and a class with fewer than 20 examples keeps the weight 1.

    Parameters
    ----------
    y : int64, shape (n,)
        True class indices of the validation split.
    probs : float64, shape (n, K)
        Probabilities there.

    Raises
    ------
    UsageError
        For wrong shapes or values.
    DataError
        If all examples are of one class.

    Examples
    --------
    >>> y = np.repeat([0, 1, 2], 30)
    >>> probs = np.repeat([[0.7, 0.2, 0.1], [0.5, 0.4, 0.1], [0.3, 0.2, 0.5]], 30, axis=0)
    >>> weights = choose_class_weights(y, probs)
    >>> bool((np.argmax(weights * probs, axis=1) == y).all())
    True

    References
    ----------
    Lipton, Elkan and Naryanaswamy (2014), "Optimal Thresholding of Classifiers to Maximize F1 Measure", section 4, on
    why such a choice is fragile for rare classes.
    """
    y, probs, _ = check_predictions(y, probs, y)
    need_two_classes(y, "choosing class weights")
    n_classes = probs.shape[1]
    if n_classes == 2:
        cut = min(max(choose_cut(y, probs[:, 1]), 1e-9), 1.0 - 1e-9)
        return np.array([cut, 1.0 - cut]) / math.sqrt(cut * (1.0 - cut))
    tuned = np.flatnonzero(np.bincount(y, minlength=n_classes) >= _FEWEST)
    weights = np.ones(n_classes)
    for _ in range(_MAX_ROUNDS):
        before = weights.copy()
        for k in tuned:
            weights[k] = _best_weight(y, probs, weights, int(k))
        if (weights == before).all():
            break
    return weights


def _best_weight(y: IntArray, probs: FloatArray, weights: FloatArray, k: int) -> float:
    others = probs * weights
    others[:, k] = -np.inf
    runner_up, rival = others.argmax(axis=1), others.max(axis=1)
    gains = [_penalised(y, np.where(probs[:, k] * w > rival, k, runner_up), weights, k, w) for w in _GRID]
    best = np.flatnonzero(np.array(gains) >= max(gains) - 1e-12)
    return float(_GRID[best[len(best) // 2]])


def _penalised(y: IntArray, chosen: IntArray, weights: FloatArray, k: int, weight: float) -> float:
    n_classes = len(weights)
    table = np.bincount(y * n_classes + chosen, minlength=n_classes**2).reshape(n_classes, n_classes)
    either = table.sum(axis=0) + table.sum(axis=1)
    macro_f1 = float(np.mean(2.0 * np.diag(table) / np.maximum(either, 1)))
    others = np.abs(np.log2(np.delete(weights, k))).sum()
    return macro_f1 - _SHRINK * float(others + abs(np.log2(weight)))
