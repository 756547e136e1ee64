"""Columns that give the label away: a model, or a person, that sees one of them does not need the text.

A sample of bounded size is kept of every column. For each column and class, half of the sample says which values (or
ranges, for numbers) speak for the class, and the other half says how often that is right. What counts is the gain over
chance whatever the class's share: Youden's J, the share of the class that is found minus the share of the rest that is
wrongly so called; 0 is chance, 1 is always right.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.prepare.numbers import Int64Array

__all__ = ["LEAK_AT", "Leak", "Sample", "find_leaks", "separation"]

LEAK_AT = 0.75
_MAX_ROWS = 20_000
_MAX_COLUMNS = 200
_MAX_VALUE = 64
_MIN_CLASS = 20
_N_RANGES = 64
_ROWS_PER_RANGE = 30
_ORDER = "the order of the rows"


class Leak(msgspec.Struct, frozen=True):
    """A column that tells a class from the rest.

    Parameters
    ----------
    column : str
        Its name.
    is_order : bool
        Whether it is not a column but the order of the rows.
    label : str
        The class.
    j : float
        Youden's J on rows that were not used to find the rule.
    """

    column: str
    is_order: bool
    label: str
    j: float


class Sample:
    """A sample of rows, spread evenly, chosen by a hash of their position: the same for the same rows."""

    def __init__(self, max_rows: int = _MAX_ROWS) -> None:
        self._max_rows = max_rows
        self._shift = 0
        self._seen = 0
        self._positions: list[int] = []
        self._labels: list[str] = []
        self._columns: dict[str, list[Any]] = {}

    def add(self, at: Sequence[int], labels: Sequence[str], columns: Mapping[str, Sequence[Any]]) -> None:
        """Look at some rows: `labels` of the rows whose places in `columns` are `at`."""
        positions = np.arange(self._seen, self._seen + len(at), dtype=np.uint64)
        self._seen += len(at)
        chosen = np.flatnonzero(self._hash(positions) == 0).tolist()
        for name in columns:
            if name not in self._columns and len(self._columns) < _MAX_COLUMNS:
                self._columns[name] = [None] * len(self._positions)
        for name, values in self._columns.items():
            new = columns.get(name)
            values.extend([None] * len(chosen) if new is None else [_shorten(new[at[i]]) for i in chosen])
        self._positions.extend(int(positions[i]) for i in chosen)
        self._labels.extend(labels[i] for i in chosen)
        while len(self._positions) > self._max_rows:
            self._halve()

    def _hash(self, positions: NDArray[np.uint64]) -> NDArray[np.uint64]:
        mixed = positions * np.uint64(0x9E3779B97F4A7C15)
        return (mixed >> np.uint64(64 - self._shift)) if self._shift else np.zeros_like(mixed)

    def _halve(self) -> None:
        self._shift += 1
        stay = np.flatnonzero(self._hash(np.array(self._positions, dtype=np.uint64)) == 0).tolist()
        self._positions = [self._positions[i] for i in stay]
        self._labels = [self._labels[i] for i in stay]
        self._columns = {name: [values[i] for i in stay] for name, values in self._columns.items()}

    @property
    def size(self) -> int:
        """How many rows are kept."""
        return len(self._positions)

    @property
    def labels(self) -> list[str]:
        """The labels of the rows kept."""
        return self._labels

    @property
    def columns(self) -> dict[str, list[Any]]:
        """The values of the rows kept."""
        return self._columns

    @property
    def positions(self) -> list[int]:
        """Where each row kept stood among all."""
        return self._positions


def _shorten(value: Any) -> Any:
    return value[:_MAX_VALUE] if isinstance(value, str) else value


def find_leaks(sample: Sample, *, label: str) -> list[Leak]:
    """Return the columns that give the label away, and the order of the rows if it does; the strongest first.

    Parameters
    ----------
    sample : Sample
        Of all rows.
    label : str
        The label's own column.
    """
    classes, y = np.unique(np.array(sample.labels, dtype=object).astype(str), return_inverse=True)
    y = y.reshape(-1)
    leaks = []
    candidates = {name: values for name, values in sample.columns.items() if name != label}
    for name, values in candidates.items():
        j, k = max((separation(codes, y) for codes in _codings(values)), default=(0.0, 0))
        if j >= LEAK_AT:
            leaks.append(Leak(name, is_order=False, label=str(classes[k]), j=j))
    j, k = separation(_ranges(np.array(sample.positions, dtype=float)), y)
    if j >= LEAK_AT:
        leaks.append(Leak(_ORDER, is_order=True, label=str(classes[k]), j=j))
    return sorted(leaks, key=lambda leak: -leak.j)


def separation(codes: Int64Array, y: Int64Array) -> tuple[float, int]:
    """Return the best Youden's J over classes by which a coded column tells a class from the rest, and that class.

    Parameters
    ----------
    codes : int64, shape (n,)
        The column's values as small whole numbers.
    y : int64, shape (n,)
        Class indices.

    Examples
    --------
    >>> y = np.arange(200) % 2
    >>> separation(y, y)
    (1.0, 0)
    >>> separation(np.zeros(200, dtype=int), y)
    (0.0, 0)
    """
    n_codes, n_classes = int(codes.max(initial=0)) + 1, int(y.max(initial=0)) + 1
    # Halves by a hash of the position: alternating rows would follow any pattern of period two.
    half = (np.arange(len(y), dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(63)).astype(np.int64)
    best = (0.0, 0)
    for k in range(n_classes):
        counts = np.bincount(((half * 2 + (y == k)) * n_codes) + codes, minlength=4 * n_codes).reshape(2, 2, n_codes)
        totals = counts.sum(axis=2)
        if totals.min() < _MIN_CLASS:
            continue
        shares = counts / totals[:, :, None]
        advantage = shares[:, 1] - shares[:, 0]
        j = 0.5 * float(advantage[1][advantage[0] > 0].sum() + advantage[0][advantage[1] > 0].sum())
        best = max(best, (round(j, 9), k), key=lambda found: found[0])
    return best


def _codings(values: Sequence[Any]) -> list[Int64Array]:
    """Return the ways to look at a column: there or not, by value, by range of numbers."""
    texts = ["" if value is None else str(value) for value in values]
    present = np.array([bool(text.strip()) for text in texts])
    codings = [np.unique(np.array(texts, dtype=object).astype(str), return_inverse=True)[1].reshape(-1)]
    if not present.all():
        codings.append(present.astype(np.int64))
    numbers = _numbers(texts, present)
    if numbers is not None:
        codings.append(np.where(present, _ranges(numbers) + 1, 0))
    return codings


def _numbers(texts: Sequence[str], present: NDArray[np.bool_]) -> NDArray[np.float64] | None:
    """Return the column as numbers, 0 where there is none; None if it is not one of numbers."""
    numbers = np.zeros(len(texts))
    wrong = 0
    for index, text in enumerate(texts):
        if present[index]:
            try:
                numbers[index] = float(text)
            except ValueError:
                wrong += 1
    good = np.isfinite(numbers)
    return np.where(good, numbers, 0.0) if present.any() and wrong + (~good).sum() <= 0.01 * present.sum() else None


def _ranges(numbers: NDArray[np.float64]) -> Int64Array:
    n_ranges = max(2, min(_N_RANGES, len(numbers) // _ROWS_PER_RANGE))
    edges = np.unique(np.quantile(numbers, np.linspace(0, 1, n_ranges + 1)[1:-1])) if len(numbers) else numbers
    return np.searchsorted(edges, numbers, side="right")
