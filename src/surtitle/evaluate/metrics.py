"""Six figures of how good predictions are, for many weightings of the same examples at once.

A bootstrap resample is a weighting: how often each example was drawn. So everything that depends on the examples alone
(their order by score, their losses, their bins) is worked out once. What is left for a resample are running totals for
the rankings, and means over examples for all else, which are one product with a sparse matrix.
"""

from collections.abc import Callable, Iterator, Sequence, Set
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.evaluate._arrays import FloatArray, IntArray, check_predictions
from surtitle.evaluate.ranking import one_against_rest

__all__ = ["METRICS", "N_BINS", "Measurer", "confidence_and_hit", "summarise"]

METRICS = ("auc", "average_precision", "macro_f1", "log_loss", "brier", "ece")
N_BINS = 15

_EPSILON = float(np.finfo(np.float64).eps)

Reader = Callable[[FloatArray], dict[str, FloatArray]]


def summarise(y: IntArray, probs: FloatArray, chosen: IntArray, weights: FloatArray | None = None) -> dict[str, float]:
    """Return the six figures of `METRICS`, without intervals.

    `auc` and `average_precision`
        Of the positive class (index 1) when there are two. For more, the plain mean over the classes, each against the
        rest; a class without examples is left out.
    `macro_f1`
        The plain mean of the classes' F1, over the classes that occur in `y` or in `chosen`.
    `log_loss`
        Mean of minus the natural logarithm of the true class's probability, which is kept above 2.2e-16.
    `brier`
        Two classes: mean squared error of the positive class's probability, from 0 to 1. More: mean over examples of
        the *sum* of squared errors over the classes, from 0 to 2.
    `ece`
        Expected calibration error: 15 equal-width bins, mean distance of probability and frequency, weighted by bin
        size. Two classes: of the positive class's probability. More: of the largest probability, as in Guo.

    Parameters
    ----------
    y : int64, shape (n,)
        True class indices.
    probs : float64, shape (n, K)
        Each row sums to 1.
    chosen : int64, shape (n,)
        The class chosen by the model, which need not be the most probable one.
    weights : float64, shape (n,), optional
        At least 0; a whole number means that so many equal examples stand there.

    Returns
    -------
    dict of str to float
        NaN where a figure is not defined, such as the AUC of one class.

    Raises
    ------
    UsageError
        For wrong shapes or values, all at once.

    Examples
    --------
    >>> y = np.array([0, 0, 1, 1])
    >>> p = np.array([0.1, 0.4, 0.35, 0.8])
    >>> figures = summarise(y, np.column_stack([1 - p, p]), (p > 0.5).astype(int))
    >>> figures["auc"], round(figures["brier"], 4)
    (0.75, 0.1581)

    References
    ----------
    Fawcett (2006), "An introduction to ROC analysis", sections 5 and 7; Brier (1950), "Verification of forecasts
    expressed in terms of probability"; Guo et al. (2017), "On Calibration of Modern Neural Networks", section 2.
    """
    measurer = Measurer(*check_predictions(y, probs, chosen))
    ones = np.ones(len(measurer)) if weights is None else np.asarray(weights, dtype=np.float64)
    values = measurer(ones[measurer.order][None, :])[0]
    return dict(zip(METRICS, values.tolist(), strict=True))


class Measurer:
    """The figures `names` of fixed predictions, under any weights.

    The examples are held in falling order of the last class's score (`order`), which saves a shuffle of memory per
    resample; weights must come in that order, unless they are equally likely in any.

    Parameters
    ----------
    y, probs, chosen : arrays
        As in `summarise`, already checked.
    names : sequence of str
        Which of `METRICS`, in the order wanted.
    """

    def __init__(self, y: IntArray, probs: FloatArray, chosen: IntArray, names: Sequence[str] = METRICS) -> None:
        self.names = tuple(names)
        self.order: NDArray[np.intp] = np.argsort(-probs[:, -1], kind="stable")
        self.width = max(len(y), 2 * probs.shape[1])  # of the widest row that one resample needs
        y, probs, chosen = y[self.order], probs[self.order], chosen[self.order]
        wanted = set(names)
        self._rank = one_against_rest(y, probs) if wanted & {"auc", "average_precision"} else None
        self._parts: list[tuple[Reader, slice]] = []
        columns: list[sparse.csr_array] = []
        width = 0
        for part in _parts(wanted, y, probs, chosen):
            columns.append(part.columns)
            self._parts.append((part.read, slice(width, width + part.columns.shape[1])))
            width += part.columns.shape[1]
        self._columns = sparse.csr_array(sparse.hstack(columns).T) if columns else None

    def __len__(self) -> int:
        return len(self.order)

    def __call__(self, weights: FloatArray | IntArray) -> FloatArray:
        """Return the figures, shape (R, len(names)), for weights of shape (R, n)."""
        figures = self._rank(weights) if self._rank is not None else {}
        if self._columns is not None:
            means = (self._columns @ weights.T.astype(np.float64)).T / weights.sum(axis=1)[:, None]
            for read, columns in self._parts:
                figures.update(read(means[:, columns]))
        return np.column_stack([figures[name] for name in self.names])


def confidence_and_hit(y: IntArray, probs: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return what calibration compares: a probability per example, and whether it came true (0 or 1).

    Two classes: the positive one's. More: the largest one, and whether that class was the true one.
    """
    if probs.shape[1] == 2:
        return probs[:, 1], (y == 1).astype(np.float64)
    return probs.max(axis=1), (probs.argmax(axis=1) == y).astype(np.float64)


class _Part(NamedTuple):
    """Figures that follow from weighted means over the examples.

    `columns`, of shape (n, S), holds what the means are of; `read` takes them, shape (R, S).
    """

    columns: sparse.csr_array
    read: Reader


def _parts(wanted: Set[str], y: IntArray, probs: FloatArray, chosen: IntArray) -> Iterator[_Part]:
    if "macro_f1" in wanted:
        yield _choices(y, chosen, probs.shape[1])
    if wanted & {"log_loss", "brier"}:
        yield _losses(y, probs)
    if "ece" in wanted:
        yield _calibration(y, probs)


def _choices(y: IntArray, chosen: IntArray, n_classes: int) -> _Part:
    ones = np.ones(len(y))
    right = _by_group(y, (y == chosen).astype(np.float64), n_classes)
    either = _by_group(y, ones, n_classes) + _by_group(chosen, ones, n_classes)

    def read(means: FloatArray) -> dict[str, FloatArray]:
        right, either = means[:, :n_classes], means[:, n_classes:]  # the latter: 2 TP + FP + FN
        f1 = 2.0 * right / np.where(either > 0, either, 1.0)
        return {"macro_f1": f1.sum(axis=1) / np.maximum((either > 0).sum(axis=1), 1)}

    return _Part(sparse.csr_array(sparse.hstack([right, either])), read)


def _losses(y: IntArray, probs: FloatArray) -> _Part:
    true_probs = probs[np.arange(len(y)), y]
    log_losses = -np.log(np.clip(true_probs, _EPSILON, 1.0 - _EPSILON))
    if probs.shape[1] == 2:
        squares = (1.0 - true_probs) ** 2
    else:
        squares = np.einsum("nk,nk->n", probs, probs) - 2.0 * true_probs + 1.0

    def read(means: FloatArray) -> dict[str, FloatArray]:
        return {"log_loss": means[:, 0], "brier": means[:, 1]}

    return _Part(sparse.csr_array(np.column_stack([log_losses, squares])), read)


def _calibration(y: IntArray, probs: FloatArray) -> _Part:
    confidence, hit = confidence_and_hit(y, probs)
    bins = np.minimum((confidence * N_BINS).astype(np.int64), N_BINS - 1)

    def read(means: FloatArray) -> dict[str, FloatArray]:
        # |sum of gaps| of a bin is its size times the distance between its mean probability and its frequency.
        return {"ece": np.abs(means).sum(axis=1)}

    return _Part(_by_group(bins, hit - confidence, N_BINS), read)


def _by_group(groups: IntArray, values: FloatArray, n_groups: int) -> sparse.csr_array:
    """Return one value per row (n, n_groups), in the column of its group."""
    return sparse.csr_array((values, groups, np.arange(len(groups) + 1)), shape=(len(groups), n_groups))
