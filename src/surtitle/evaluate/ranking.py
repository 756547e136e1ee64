"""How well scores put the right examples first: areas under the ROC and the precision-recall curve."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from surtitle.evaluate._arrays import FloatArray, IntArray

__all__ = ["one_against_rest", "rank"]

_TINY = float(np.finfo(np.float64).tiny)

Weigher = Callable[[FloatArray], dict[str, FloatArray]]


def one_against_rest(y: IntArray, probs: FloatArray) -> Weigher:
    """Return the function from weights (R, n) to `auc` and `average_precision`, each (R,).

    With two classes both are of the last one. With more they are means over the classes, each against the rest; a class
    that has no example, or nothing but examples, in a resample is left out of that resample's mean. NaN where none is
    left.
    """
    n_classes = probs.shape[1]
    kept = (1,) if n_classes == 2 else range(n_classes)
    rankings = [rank(y == k, probs[:, k]) for k in kept]

    def weigh(weights: FloatArray) -> dict[str, FloatArray]:
        found = [ranking(weights) for ranking in rankings]
        return {name: _mean_where_defined([f[i] for f in found]) for i, name in enumerate(("auc", "average_precision"))}

    return weigh


def rank(positive: NDArray[np.bool_], scores: FloatArray) -> Callable[[FloatArray], tuple[FloatArray, FloatArray]]:
    """Return the function from weights (R, n) to the pair AUC, average precision, each (R,).

    Equal scores count half in the AUC and form one step of the precision-recall curve, which is summed, not
    interpolated.

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
    tied = len(ends) < len(scores)

    def weigh(weights: FloatArray) -> tuple[FloatArray, FloatArray]:
        sorted_weights = weights if in_order else weights[:, order]
        hits = np.cumsum(sorted_weights * positive, axis=1)
        called = np.cumsum(sorted_weights, axis=1)
        if tied:
            hits, called = hits[:, ends], called[:, ends]
        n_positive = hits[:, -1]
        n_negative = called[:, -1] - n_positive
        new_hits = np.diff(hits, axis=1, prepend=0.0)
        new_alarms = np.diff(called, axis=1, prepend=0.0) - new_hits
        with np.errstate(invalid="ignore", divide="ignore"):  # no positives, or no negatives: NaN is the answer
            auc = np.einsum("rg,rg->r", new_alarms, hits - 0.5 * new_hits) / (n_positive * n_negative)
            precision = hits / np.maximum(called, _TINY)
            average_precision = np.einsum("rg,rg->r", new_hits, precision) / n_positive
        average_precision[n_negative <= 0.0] = np.nan
        return auc, average_precision

    return weigh


def _mean_where_defined(rows: list[FloatArray]) -> FloatArray:
    values = np.stack(rows)  # (K, R)
    defined = np.isfinite(values)
    count = defined.sum(axis=0)
    total = np.where(defined, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
