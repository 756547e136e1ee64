"""Two models on the same examples, overall and by slice, and what the gate says of that."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surtitle.evaluate import paired_auc_difference
from surtitle.records import Interval
from surtitle.registry import Verdict, judge, own_bar
from surtitle.settings import Settings

__all__ = ["compare", "paired_difference"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


def compare(
    settings: Settings,
    table: Any,
    y: IntArray,
    ours: FloatArray,
    theirs: FloatArray,
    *,
    challenger: int,
    champion: int,
    must_gain: bool = False,
) -> Verdict:
    """Ask the gate about two models' probabilities of the same examples.

    Parameters
    ----------
    settings : Settings
        Its `[gate]` and `[evaluate]`.
    table : pyarrow.Table
        The examples, as `Prepared.load` gives them, for the slices.
    y : int64, shape (n,)
        True class indices.
    ours, theirs : float64, shape (n, K)
        The challenger's and the champion's probabilities.
    challenger, champion : int
        Their versions.
    must_gain : bool
        Whether not being worse is not enough: a client's first model of its own.
    """
    slices = {
        name: paired_difference(settings, y[rows], ours[rows], theirs[rows])
        for name, rows in _slices(settings, table, settings.gate.slices).items()
    }
    return judge(
        paired_difference(settings, y, ours, theirs),
        {name: interval for name, interval in slices.items() if interval},
        own_bar(settings.gate) if must_gain else settings.gate,
        challenger=challenger,
        champion=champion,
        n_examples=len(y),
    )


def paired_difference(settings: Settings, y: IntArray, ours: FloatArray, theirs: FloatArray) -> Interval | None:
    """Return the paired interval of the AUCs' difference, or None where some class has no example."""
    if len(np.unique(y)) < ours.shape[1]:
        return None
    evaluate = settings.evaluate
    return paired_auc_difference(
        y, ours, theirs, resamples=evaluate.resamples, confidence=evaluate.confidence, seed=evaluate.seed
    )


def _slices(settings: Settings, table: Any, columns: Sequence[str]) -> dict[str, IntArray]:
    """Return the rows of every value of every column that has at least `evaluate.min_slice` examples."""
    found = {}
    for column in columns:
        if column == "client" and not settings.data.client:
            continue
        values = np.array([str(value) for value in table[column].to_pylist()], dtype=object)
        for value in sorted(set(values)):
            rows = np.flatnonzero(values == value)
            if len(rows) >= settings.evaluate.min_slice:
                found[f"{column}={value}"] = rows
    return found
