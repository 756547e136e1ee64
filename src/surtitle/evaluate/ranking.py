"""How well scores put the right examples first: areas under the ROC and the precision-recall curve."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from surtitle.evaluate._arrays import FloatArray, IntArray

__all__ = ["one_against_rest", "rank"]

_TINY = float(np.finfo(np.float64).tiny)

Weigher = Callable[[FloatArray | IntArray], dict[str, FloatArray]]


def one_against_rest(y: IntArray, probs: FloatArray) -> Weigher:
    """Return the function from weights (R, n) to `auc` and `average_precision`, each (R,).

    With two classes both are of the last one. With more they are means over the classes, each against the rest; a class
    that has no example, or nothing but examples, in a resample is left out of that resample's mean. NaN where none is
    left.
    """
    n_classes = probs.shape[1]
    kept = (1,) if n_classes == 2 else range(n_classes)
    rankings = [rank(y == k, probs[:, k]) for k in kept]

    def weigh(weights: FloatArray | IntArray) -> dict[str, FloatArray]:
        found = [ranking(weights) for ranking in rankings]
        return {name: _mean_where_defined([f[i] for f in found]) for i, name in enumerate(("auc", "average_precision"))}

    return weigh


def rank(
    positive: NDArray[np.bool_], scores: FloatArray
) -> Callable[[FloatArray | IntArray], tuple[FloatArray, FloatArray]]:
    """Return the function from weights (R, n) to the pair AUC, average precision, each (R,).

    Equal scores count half in the AUC and form one step of the precision-recall curve, which is summed, not
    interpolated. Whole weights are best given as such: running totals of integers take a sixth of the time.

    Examples
    --------
    >>> weigh = rank(np.array([True, False, True]), np.array([0.9, 0.8, 0.7]))
    >>> auc, average_precision = weigh(np.ones((1, 3)))
    >>> auc, average_precision.round(3)
    (array([0.5]), array([0.833]))

    References
    ----------
    Fawcett (2006), "An introduction to ROC analysis", algorithm 2; Davis and Goadrich (2006), "The Relationship Between
    Precision-Recall and ROC Curves", section 2, on why not to interpolate.
    """
    order = np.argsort(-scores, kind="stable")
    in_order = bool((order == np.arange(len(order))).all())
    positive, scores = positive[order], scores[order]
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
    # Only steps with a positive example count; all others are passed over in the running total.
    places = np.flatnonzero(positive)
    step_of = np.searchsorted(ends, places)
    steps, firsts = np.unique(step_of, return_index=True)
    befores, lasts = ends[steps - 1], ends[steps]

    def weigh(weights: FloatArray | IntArray) -> tuple[FloatArray, FloatArray]:
        sorted_weights = weights if in_order else weights[:, order]
        called = np.cumsum(sorted_weights, axis=1)
        n_called = called[:, -1:]
        new_hits = sorted_weights.take(places, axis=1)
        if len(steps) < len(places):
            new_hits = np.add.reduceat(new_hits, firsts, axis=1)
        hits = np.cumsum(new_hits, axis=1)
        n_positive = hits[:, -1] if len(places) else np.zeros(len(weights))
        n_negative = n_called[:, 0] - n_positive
        called_after, called_before = called.take(lasts, axis=1), called.take(befores, axis=1)
        called_before[:, steps == 0] = 0
        # Of the pairs with a step's positives, those with a negative after it are right, and half of those within it.
        alarms = (called_after - hits) + (called_before - (hits - new_hits))
        with np.errstate(invalid="ignore", divide="ignore"):  # no positives, or no negatives: NaN is the answer
            wrong = 0.5 * np.vecdot(new_hits, alarms)
            auc = (n_positive * n_negative - wrong) / (n_positive * n_negative)
            precision = hits / np.maximum(called_after, _TINY)
            average_precision = np.vecdot(new_hits, precision) / n_positive
        average_precision[n_negative <= 0.0] = np.nan
        return auc, average_precision

    return weigh


def _mean_where_defined(rows: list[FloatArray]) -> FloatArray:
    values = np.stack(rows)  # (K, R)
    defined = np.isfinite(values)
    count = defined.sum(axis=0)
    total = np.where(defined, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
