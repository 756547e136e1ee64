"""Points of the ROC and the precision-recall curve, few enough to draw."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.evaluate._arrays import FloatArray

__all__ = ["Curve", "precision_recall_curve", "roc_curve"]

MAX_POINTS = 160
_DIGITS = 5


class Curve(msgspec.Struct, frozen=True):
    """One line of a plot: `x` and `y` of equal length, and whose it is."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]


def roc_curve(name: str, positive: NDArray[np.bool_], scores: FloatArray) -> Curve | None:
    """Return the false-positive rate (x) and the true-positive rate (y), or None if one class is missing.

    Examples
    --------
    >>> roc_curve("rude", np.array([True, False, True]), np.array([0.9, 0.8, 0.7]))
    Curve(name='rude', x=(0.0, 0.0, 1.0, 1.0), y=(0.0, 0.5, 0.5, 1.0))
    """
    if positive.all() or not positive.any():
        return None
    hits, alarms = _steps(positive, scores)
    tpr = np.append(0.0, hits / hits[-1])
    fpr = np.append(0.0, alarms / alarms[-1])
    return _thin(name, fpr, tpr, along=fpr + tpr)


def precision_recall_curve(name: str, positive: NDArray[np.bool_], scores: FloatArray) -> Curve | None:
    """Return the recall (x) and the precision (y), or None if one class is missing.

    Examples
    --------
    >>> precision_recall_curve("rude", np.array([True, False, True]), np.array([0.9, 0.8, 0.7]))
    Curve(name='rude', x=(0.0, 0.5, 0.5, 1.0), y=(1.0, 1.0, 0.5, 0.66667))
    """
    if positive.all() or not positive.any():
        return None
    hits, alarms = _steps(positive, scores)
    precision = hits / (hits + alarms)
    recall = hits / hits[-1]
    return _thin(name, np.append(0.0, recall), np.append(precision[0], precision), along=np.append(0.0, recall))


def _steps(positive: NDArray[np.bool_], scores: FloatArray) -> tuple[FloatArray, FloatArray]:
    order = np.argsort(-scores, kind="stable")
    positive, scores = positive[order], scores[order]
    ends = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
    hits = np.cumsum(positive)[ends].astype(np.float64)
    return hits, ends + 1.0 - hits


def _thin(name: str, x: FloatArray, y: FloatArray, *, along: FloatArray) -> Curve:
    """Keep points at even distances of `along`, which never falls."""
    if len(x) > MAX_POINTS:
        even = np.searchsorted(along, np.linspace(along[0], along[-1], MAX_POINTS - 1))
        kept = np.unique(np.append(even, len(x) - 1))
        x, y = x[kept], y[kept]
    return Curve(name, tuple(x.round(_DIGITS).tolist()), tuple(y.round(_DIGITS).tolist()))
