"""The loss that fitting makes small, and its gradient: natively where `surtitle_native` is installed, else with SciPy.

The mean of minus the logarithm of the true class's probability, examples weighted, plus half of `l2` times the squared
weights; intercepts are free. This is what scikit-learn's `LogisticRegression` minimises.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.text.native import EngineName, native_module, wants_native

__all__ = ["LogisticLoss", "some_rows"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class LogisticLoss:
    """The loss of a logistic regression over some labelled rows, or over the first of them.

    Parameters
    ----------
    X : csr_array, float64, shape (n_rows, n_columns)
        The rows.
    y : int64, shape (n_rows,)
        Class indices.
    engine : "native" or "python", optional
        Without it, the native one where it is there. The two agree but for rounding.

    Raises
    ------
    ValueError
        If there are not as many labels as rows, or not two classes.
    """

    def __init__(self, X: sparse.csr_array, y: IntArray, *, engine: EngineName | None = None) -> None:
        if X.shape[0] != len(y):
            raise ValueError(f"{X.shape[0]} rows have {len(y)} labels")
        self.n_classes = int(y.max(initial=-1)) + 1
        if self.n_classes < 2 or y.min() < 0:
            what = np.unique(y)[:5].tolist()
            raise ValueError(f"a logistic regression needs class indices from 0, of two classes or more; got {what}")
        self.n_rows, self.n_columns = X.shape
        self.n_weights = 1 if self.n_classes == 2 else self.n_classes
        self.y = y
        self._X = X
        self._native = _native(X, y, self.n_classes) if wants_native(engine) else None

    def __call__(
        self, parameters: FloatArray, *, class_weights: FloatArray, l2: float, n_rows: int
    ) -> tuple[float, FloatArray]:
        """Return the loss and its gradient.

        Parameters
        ----------
        parameters : float64, shape ((n_columns + 1) * n_weights,)
            The weights of each column, then the intercepts; for two classes there is one of each.
        class_weights : float64, shape (n_classes,)
            What an example of each class counts.
        l2 : float
            Strength of the penalty.
        n_rows : int
            Over the first so many rows.

        Examples
        --------
        >>> loss = LogisticLoss(sparse.csr_array(np.array([[1.0], [2.0]])), np.array([0, 1]))
        >>> value, gradient = loss(np.zeros(2), class_weights=np.array([0.5, 0.5]), l2=0.0, n_rows=2)
        >>> round(value, 3), gradient.tolist()
        (0.693, [-0.25, 0.0])
        """
        if self._native is not None:
            value, gradient = self._native.loss_gradient(parameters, class_weights, l2, n_rows)
            return value, np.frombuffer(gradient)
        return self._plain(parameters, class_weights, l2, n_rows)

    def _plain(
        self, parameters: FloatArray, class_weights: FloatArray, l2: float, n_rows: int
    ) -> tuple[float, FloatArray]:
        X, y = some_rows(self._X, 0, n_rows), self.y[:n_rows]
        table = parameters.reshape(-1, self.n_weights)
        logits = X @ table[:-1] + table[-1]
        if self.n_weights == 1:
            logits = np.hstack([np.zeros_like(logits), logits])
        logits -= logits.max(axis=1, keepdims=True)
        powers = np.exp(logits)
        totals = powers.sum(axis=1)
        importance = class_weights[y]
        rows = np.arange(n_rows)
        value = float(importance @ (np.log(totals) - logits[rows, y]))
        errors = powers / totals[:, None]
        errors[rows, y] -= 1.0
        errors = importance[:, None] * errors[:, -self.n_weights :]
        gradient = np.vstack([X.T @ errors + l2 * table[:-1], errors.sum(axis=0)])
        weights = parameters[: -self.n_weights]
        return value + 0.5 * l2 * float(weights @ weights), gradient.ravel()


def _native(X: sparse.csr_array, y: IntArray, n_classes: int) -> Any:
    starts, columns = np.ascontiguousarray(X.indptr, np.int64), np.ascontiguousarray(X.indices, np.int32)
    values, labels = np.ascontiguousarray(X.data, np.float64), np.ascontiguousarray(y, np.int32)
    return native_module().LogisticLoss(starts, columns, values, labels, X.shape[1], n_classes)


def some_rows(X: sparse.csr_array, start: int, stop: int) -> sparse.csr_array:
    """Return the rows from `start` up to `stop`; most of all rows are not copied, but share their memory.

    Examples
    --------
    >>> some_rows(sparse.csr_array(np.eye(3)), 1, 2).toarray().tolist()
    [[0.0, 1.0, 0.0]]
    """
    first, last = X.indptr[start], X.indptr[stop]
    starts = X.indptr[start : stop + 1] - first
    return sparse.csr_array((X.data[first:last], X.indices[first:last], starts), shape=(stop - start, X.shape[1]))
