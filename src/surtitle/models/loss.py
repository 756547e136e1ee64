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
    weights : float64, shape (n_rows,), optional
        What each row counts, above 0; a whole number counts as so many equal rows. Without it, 1 each. The native loss
        knows no such weights, so with them it is SciPy's.
    engine : "native" or "python", optional
        Without it, the native one where it is there. The two agree but for rounding.

    Raises
    ------
    ValueError
        If there are not as many labels or weights as rows, a weight is not above 0, or there are not two classes.
    """

    def __init__(
        self,
        X: sparse.csr_array,
        y: IntArray,
        *,
        weights: FloatArray | None = None,
        engine: EngineName | None = None,
    ) -> None:
        if X.shape[0] != len(y):
            raise ValueError(f"{X.shape[0]} rows have {len(y)} labels")
        if weights is not None and (weights.shape != y.shape or not (np.isfinite(weights) & (weights > 0)).all()):
            raise ValueError(f"{len(y)} rows need as many weights, finite and above 0; got shape {weights.shape}")
        self.n_classes = int(y.max(initial=-1)) + 1
        if self.n_classes < 2 or y.min() < 0:
            what = np.unique(y)[:5].tolist()
            raise ValueError(f"a logistic regression needs class indices from 0, of two classes or more; got {what}")
        self.n_rows, self.n_columns = X.shape
        self.n_weights = 1 if self.n_classes == 2 else self.n_classes
        self.y = y
        self._X = X
        self._weights = weights
        self._native = _native(X, y, self.n_classes) if weights is None and wants_native(engine) else None

    def class_totals(self, n_rows: int) -> NDArray[Any]:
        """Return what the first `n_rows` rows of each class count together, shape (n_classes,).

        Examples
        --------
        >>> X, y = sparse.csr_array(np.ones((3, 1))), np.array([0, 1, 1])
        >>> LogisticLoss(X, y).class_totals(3), LogisticLoss(X, y, weights=np.array([1.0, 0.5, 0.25])).class_totals(3)
        (array([1, 2]), array([1.  , 0.75]))
        """
        weights = None if self._weights is None else self._weights[:n_rows]
        return np.bincount(self.y[:n_rows], weights, minlength=self.n_classes)

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
        if self._weights is not None:
            importance = importance * self._weights[:n_rows]
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
