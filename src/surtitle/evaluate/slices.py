"""The figures of parts of the test split, so that a good average cannot hide a bad part."""

from collections.abc import Iterator

import msgspec
import numpy as np

from surtitle.evaluate._arrays import FloatArray, IntArray
from surtitle.evaluate.bootstrap import bootstrap
from surtitle.evaluate.calibration import wilson
from surtitle.evaluate.grouping import Grouping
from surtitle.evaluate.metrics import Measurer
from surtitle.records import Interval
from surtitle.settings import EvaluateSettings

__all__ = ["Slice", "measure_slices"]

_NAMES = ("auc", "macro_f1")


class Slice(msgspec.Struct, frozen=True):
    """How good the model is on one part of the test split.

    Parameters
    ----------
    dimension : str
        What was cut by: `client`, `length`, `time` or a column's name.
    name : str
        The part.
    n : int
        How many examples.
    positives : int or None
        How many of the positive class; None when there are more than two classes.
    correct : Interval
        Share of right choices, with its Wilson interval.
    auc, macro_f1 : Interval or None
        As in `summarise`, with bootstrap intervals; None where all examples are of one class.
    notes : tuple of str
        Warnings, such as too few examples to conclude anything.
    """

    dimension: str
    name: str
    n: int
    positives: int | None
    correct: Interval
    auc: Interval | None
    macro_f1: Interval | None
    notes: tuple[str, ...] = ()


def measure_slices(
    dimension: str,
    grouping: Grouping,
    y: IntArray,
    probs: FloatArray,
    chosen: IntArray,
    *,
    settings: EvaluateSettings,
) -> tuple[Slice, ...]:
    """Measure each group of `grouping` on its own, in its order.

    Examples
    --------
    >>> y = np.arange(40) % 2
    >>> probs = np.column_stack([0.9 - 0.8 * y, 0.1 + 0.8 * y])
    >>> grouping = Grouping(("chess", "cooking"), np.arange(40) // 30)
    >>> [s] = measure_slices("client", grouping, y, probs, y, settings=EvaluateSettings())[1:]
    >>> s.name, s.n, s.positives, s.auc.value, s.notes
    ('cooking', 10, 5, 1.0, ('only 10 examples',))
    """
    rows = ((name, np.flatnonzero(grouping.codes == k)) for k, name in enumerate(grouping.names))
    return tuple(
        _measure_slice(dimension, name, y[part], probs[part], chosen[part], settings)
        for name, part in rows
        if len(part)
    )


def _measure_slice(
    dimension: str, name: str, y: IntArray, probs: FloatArray, chosen: IntArray, settings: EvaluateSettings
) -> Slice:
    n, two = len(y), probs.shape[1] == 2
    right = int((y == chosen).sum())
    low, high = wilson(right, n, level=settings.confidence)
    auc, macro_f1 = _intervals(y, probs, chosen, settings) if y.min() != y.max() else (None, None)
    return Slice(
        dimension=dimension,
        name=name,
        n=n,
        positives=int((y == 1).sum()) if two else None,
        correct=Interval(right / n, low, high),
        auc=auc,
        macro_f1=macro_f1,
        notes=tuple(_notes(n, settings.min_slice, one_class=auc is None)),
    )


def _intervals(
    y: IntArray, probs: FloatArray, chosen: IntArray, settings: EvaluateSettings
) -> tuple[Interval, Interval]:
    measurer = Measurer(y, probs, chosen, _NAMES)
    ends = bootstrap(
        measurer,
        len(y),
        width=measurer.width,
        resamples=settings.resamples,
        confidence=settings.confidence,
        seed=settings.seed,
    )
    auc, macro_f1 = (Interval(*(float(end[k]) for end in ends)) for k in range(len(_NAMES)))
    return auc, macro_f1


def _notes(n: int, min_slice: int, *, one_class: bool) -> Iterator[str]:
    if one_class:
        yield "one class only, so AUC is undefined"
    if n < min_slice:
        yield f"only {n:,} example{'' if n == 1 else 's'}"
