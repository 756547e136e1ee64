"""Logistic regression over sparse rows: fitting, and calibrated probabilities.

Calibration (a common scale and a shift per class) maps a linear model to a linear model, so it is folded into the
weights: scoring knows nothing of it, and costs nothing more.
"""

from collections.abc import Sequence
from functools import partial
from math import exp

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.models.lbfgs import minimise
from surtitle.models.loss import LogisticLoss

__all__ = ["LinearModel", "fit_calibration", "fit_linear", "fit_rows", "softmax", "softmax_each", "softmax_one"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

# Those of scikit-learn's LogisticRegression, whose weights ours are but for rounding.
_TOLERANCE = 1e-4
_LEAST_DECREASE = 64 * float(np.finfo(np.float64).eps)
_MOST_ITERATIONS = 1000


class LinearModel(msgspec.Struct, frozen=True):
    """Weights of a logistic regression.

    Parameters
    ----------
    coef : float64, shape (n_rows, n_terms)
        One row for two classes (log-odds of the second), one per class for more.
    intercept : float64, shape (n_rows,)
        Added to each row's product.
    """

    coef: FloatArray
    intercept: FloatArray

    @property
    def n_rows(self) -> int:
        """Number of weighted sums."""
        return len(self.intercept)

    @property
    def n_classes(self) -> int:
        """Number of classes."""
        return max(2, len(self.intercept))

    def logits(self, X: sparse.csr_array) -> FloatArray:
        """Return the weighted sums, shape (n_texts, n_rows)."""
        return np.asarray(X @ self.coef.T + self.intercept)

    def probabilities(self, X: sparse.csr_array) -> FloatArray:
        """Return the probabilities of the classes, shape (n_texts, n_classes)."""
        return softmax(self.logits(X))

    def rescaled(self, scale: float, shift: FloatArray) -> "LinearModel":
        """Return the model whose logits are ``scale * logits + shift``."""
        return LinearModel(self.coef * scale, self.intercept * scale + shift)


def softmax(logits: FloatArray) -> FloatArray:
    """Return probabilities, shape (n, n_classes), of logits, shape (n, 1) for two classes or (n, n_classes).

    Examples
    --------
    >>> softmax(np.array([[0.0], [800.0]]))
    array([[0.5, 0.5],
           [0. , 1. ]])
    """
    if logits.shape[1] == 1:
        logits = np.hstack([np.zeros_like(logits), logits])
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def softmax_one(logits: Sequence[float]) -> list[float]:
    """Return the probabilities of one text, without the costs of an array.

    Examples
    --------
    >>> softmax_one([0.0]), softmax_one([0.0, 0.0, -800.0])
    ([0.5, 0.5], [0.5, 0.5, 0.0])
    """
    if len(logits) == 1:
        logits = (0.0, logits[0])
    largest = max(logits)
    powers = [exp(logit - largest) for logit in logits]
    total = sum(powers)
    return [power / total for power in powers]


def softmax_each(logits: FloatArray) -> FloatArray:
    """Return what `softmax_one` gives for each row, to the last bit; numpy's own `exp` may differ from Python's there.

    Examples
    --------
    >>> softmax_each(np.array([[0.0], [800.0]])).tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    if logits.shape[1] != 1:
        return np.array([softmax_one(row) for row in logits.tolist()]).reshape(logits.shape)
    margins = logits[:, 0]
    smaller = np.fromiter(map(exp, (-np.abs(margins)).tolist()), np.float64, len(margins))
    total = 1.0 + smaller
    second = np.where(margins > 0.0, 1.0 / total, smaller / total)
    first = np.where(margins > 0.0, smaller / total, 1.0 / total)
    return np.column_stack([first, second])


def fit_linear(
    X: sparse.csr_array,
    y: IntArray,
    *,
    c: float,
    balanced: bool,
    weights: FloatArray | None = None,
    start: LinearModel | None = None,
) -> LinearModel:
    """Fit a logistic regression.

    Parameters
    ----------
    X : csr_array, float64, shape (n_texts, n_terms)
        Weighted rows.
    y : int64, shape (n_texts,)
        Class indices; every class from 0 on occurs.
    c : float
        Inverse regularisation strength, above 0.
    balanced : bool
        Weigh each class by the inverse of its frequency.
    weights : float64, shape (n_texts,), optional
        What each text counts, above 0; one of weight 2 is as two equal ones. Without it, 1 each.
    start : LinearModel, optional
        Of the same shape: where to start from. The loss is convex, so this saves time and moves the answer by no more
        than the solver's tolerance.

    Examples
    --------
    >>> X = sparse.csr_array(np.array([[1.0, 0.0], [0.0, 1.0]]))
    >>> model = fit_linear(X, np.array([0, 1]), c=1.0, balanced=False)
    >>> model.probabilities(X).argmax(axis=1)
    array([0, 1])
    """
    return fit_rows(LogisticLoss(X, y, weights=weights), len(y), c=c, balanced=balanced, start=start)


def fit_rows(
    loss: LogisticLoss, n_rows: int, *, c: float, balanced: bool, start: LinearModel | None = None
) -> LinearModel:
    """Fit a logistic regression to the first `n_rows` rows of a loss, in which every class occurs; see `fit_linear`.

    Examples
    --------
    >>> loss = LogisticLoss(sparse.csr_array(np.array([[1.0], [2.0], [9.0]])), np.array([0, 1, 0]))
    >>> fit_rows(loss, 2, c=1.0, balanced=True).coef.shape
    (1, 1)
    """
    from threadpoolctl import threadpool_limits

    counts = loss.class_totals(n_rows)
    weights = counts.sum() / (loss.n_classes * counts) if balanced else np.ones(loss.n_classes)
    total = float(weights @ counts)
    table = np.zeros((loss.n_columns + 1, loss.n_weights))
    if start is not None:
        table[:-1], table[-1] = start.coef.T, start.intercept
    # The vectors are long and the work on them short: threads of the linear algebra library wait for each other more
    # than they help, four times slower when another process wants the core.
    with threadpool_limits(1, user_api="blas"):
        found = minimise(
            partial(loss, class_weights=weights / total, l2=1.0 / (c * total), n_rows=n_rows),
            table.ravel(),
            gradient_tolerance=_TOLERANCE,
            decrease_tolerance=_LEAST_DECREASE,
            most_iterations=_MOST_ITERATIONS,
        ).reshape(table.shape)
    return LinearModel(np.ascontiguousarray(found[:-1].T), found[-1].copy())


def fit_calibration(logits: FloatArray, y: IntArray) -> tuple[float, FloatArray]:
    """Find the scale and shift of logits under which held-out classes are most likely.

    For two classes this is Platt scaling, with his smoothed targets (Platt 1999, "Probabilistic outputs for support
    vector machines", section 2.2); for more it is temperature scaling with a bias per class (Guo et al. 2017, "On
    calibration of modern neural networks", section 4.2). The scale is kept positive, so no ranking changes.

    Parameters
    ----------
    logits : float64, shape (n, 1) or (n, n_classes)
        Of examples that the model has not been fitted on.
    y : int64, shape (n,)
        Their class indices.

    Returns
    -------
    (float, float64 of shape (n_rows,))
        Scale and shift.

    Examples
    --------
    >>> scale, shift = fit_calibration(np.array([[-2.0], [2.0]] * 50), np.array([0, 1] * 50))
    >>> bool(scale > 1)
    True
    """
    n_rows = logits.shape[1]
    targets = _smoothed_targets(y, max(2, n_rows))

    def loss(parameters: FloatArray) -> tuple[float, FloatArray]:
        scale, shift = np.exp(parameters[0]), parameters[1:]
        probabilities = softmax(scale * logits + shift)
        error = (probabilities - targets)[:, -n_rows:]
        value = -np.sum(targets * np.log(np.maximum(probabilities, 1e-300))) / len(y)
        slope = np.concatenate([[np.sum(error * logits) * scale], error.sum(axis=0)]) / len(y)
        # A faint pull towards "leave it as it is" keeps the answer finite when classes are separable or few.
        return value + 1e-4 * float(parameters @ parameters), slope + 2e-4 * parameters

    found = minimise(
        loss, np.zeros(1 + n_rows), gradient_tolerance=1e-5, decrease_tolerance=1e-9, most_iterations=_MOST_ITERATIONS
    )
    return float(np.exp(found[0])), found[1:]


def _smoothed_targets(y: IntArray, n_classes: int) -> FloatArray:
    counts = np.bincount(y, minlength=n_classes)
    targets = np.empty((len(y), n_classes))
    for label in range(n_classes):
        own = (counts[label] + 1.0) / (counts[label] + n_classes)
        rows = y == label
        targets[rows] = (1.0 - own) / (n_classes - 1)
        targets[rows, label] = own
    return targets
