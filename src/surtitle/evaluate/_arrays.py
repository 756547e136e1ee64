"""The arrays that every measurement takes, checked once at the door."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surtitle.errors import DataError, Fault, UsageError

__all__ = ["FloatArray", "IntArray", "check_predictions", "need_two_classes"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_SUM_TOLERANCE = 1e-6


def check_predictions(y: Any, probs: Any, chosen: Any) -> tuple[IntArray, FloatArray, IntArray]:
    """Return the three as arrays of one length, or say everything that is wrong with them.

    Parameters
    ----------
    y : int64, shape (n,)
        True class indices.
    probs : float64, shape (n, K)
        Each row sums to 1.
    chosen : int64, shape (n,)
        The class chosen for each example.

    Raises
    ------
    UsageError
        With every fault: shapes, lengths, indices outside of the classes, rows that do not sum to 1.
    """
    y, probs, chosen = np.asarray(y), np.asarray(probs, dtype=np.float64), np.asarray(chosen)
    faults = list(_shape_faults(y, probs, chosen)) or list(_value_faults(y, probs, chosen))
    if faults:
        raise UsageError("the predictions cannot be measured", faults)
    return y.astype(np.int64), probs, chosen.astype(np.int64)


def _shape_faults(y: NDArray[Any], probs: FloatArray, chosen: NDArray[Any]) -> Iterator[Fault]:
    if probs.ndim != 2 or probs.shape[1] < 2:
        yield Fault("probs", f"has the shape {probs.shape}", "give one row per example, one column per class")
    if probs.shape[0] == 0:
        yield Fault("probs", "holds no examples", "measure at least one")
    for name, values in (("y", y), ("chosen", chosen)):
        if values.shape != probs.shape[:1]:
            yield Fault(name, f"has the shape {values.shape} beside {probs.shape[0]} rows of probs")
        elif values.dtype.kind not in "iub":
            yield Fault(name, f"holds {values.dtype} values", "give class indices, from 0")


def _value_faults(y: NDArray[Any], probs: FloatArray, chosen: NDArray[Any]) -> Iterator[Fault]:
    n_classes = probs.shape[1]
    for name, values in (("y", y), ("chosen", chosen)):
        wrong = np.flatnonzero((values < 0) | (values >= n_classes))
        if len(wrong):
            what = f"is {values[wrong[0]]} at index {wrong[0]}, outside of the {n_classes} classes"
            yield Fault(name, f"{what} ({len(wrong)} such)")
    # A NaN fails every comparison, so the test is written to be passed, not to be failed.
    right = (np.abs(probs.sum(axis=1) - 1.0) <= _SUM_TOLERANCE) & (probs.min(axis=1) >= 0.0)
    wrong = np.flatnonzero(~right)
    if len(wrong):
        row = ", ".join(f"{value:.6g}" for value in probs[wrong[0]][:5])
        yield Fault("probs", f"row {wrong[0]} is no distribution: {row} ({len(wrong)} such)")


def need_two_classes(y: IntArray, what: str) -> None:
    """Refuse examples that are all of one class.

    Raises
    ------
    DataError
        Naming `what` cannot be done.
    """
    if len(y) == 0 or y.min() == y.max():
        said = f"all {len(y)} examples are of one class" if len(y) else "there are no examples"
        raise DataError(f"{what} needs examples of two classes, but {said}; take a larger split")
