"""One normalised text with several labels, and the same text again: which examples stay.

Pure: arrays in, arrays out. About a hundred bytes of memory per example while it runs.
"""

from typing import Literal

import msgspec
import numpy as np

from surtitle.prepare.numbers import BoolArray, Int32Array, Int64Array, KeyArray

__all__ = ["Resolved", "resolve"]


class Resolved(msgspec.Struct, frozen=True):
    """Which examples stay.

    Parameters
    ----------
    keep : bool, shape (n,)
        Whether each example stays.
    copies : int64
        Examples whose text stood before, at an earlier time or else in an earlier row; ascending.
    conflicting : int64
        The first example of each text that has several labels; ascending.
    outvoted : int
        How many examples go because of their label.
    tied : int
        How many of the conflicting texts have no majority.
    """

    keep: BoolArray
    copies: Int64Array
    conflicting: Int64Array
    outvoted: int
    tied: int


def resolve(
    keys: KeyArray,
    labels: Int32Array,
    times: Int64Array,
    *,
    conflicts: Literal["majority", "drop", "keep"],
    duplicates: Literal["drop", "keep"],
) -> Resolved:
    """Decide which examples stay.

    Conflicts come first: with ``majority`` the examples with another label than most copies go, and all of them when
    no label has the most; with ``drop`` all of them go. Then, with ``duplicates="drop"``, only the earliest copy of
    each text (of each text and label, where conflicts are kept) stays: by time, then by row.

    Parameters
    ----------
    keys : uint64, shape (n,)
        Equal for the same normalised text.
    labels : int32, shape (n,)
        Indices of classes.
    times : int64, shape (n,)
        Microseconds; `NO_TIME` where there is none.

    Examples
    --------
    >>> keys = np.array([7, 7, 7, 8], dtype=np.uint64)
    >>> labels = np.array([0, 1, 1, 0], dtype=np.int32)
    >>> found = resolve(keys, labels, np.arange(4), conflicts="majority", duplicates="drop")
    >>> found.keep.tolist(), found.copies.tolist(), found.conflicting.tolist()
    ([False, True, False, True], [1, 2], [0])
    """
    n = len(keys)
    order = np.lexsort((times, keys))  # stable, so equal times stay in the order of rows
    new = np.ones(n, dtype=bool)
    new[1:] = keys[order[1:]] != keys[order[:-1]]
    copies = np.sort(order[~new])
    group = np.cumsum(new) - 1
    label = labels[order]
    keep = np.ones(n, dtype=bool)
    starts = np.flatnonzero(new)
    # Two labels in a group: some neighbour differs. (Ordering by label too would need another key in the sort.)
    changes = np.flatnonzero(~new[1:] & (label[1:] != label[:-1])) + 1
    mixed = np.zeros(len(starts), dtype=bool)
    mixed[group[changes]] = True
    in_mixed = np.flatnonzero(mixed[group])
    winners, tied = _majorities(group[in_mixed], label[in_mixed])
    if conflicts == "majority":
        keep[order[in_mixed[label[in_mixed] != winners]]] = False
    elif conflicts == "drop":
        keep[order[in_mixed]] = False
    outvoted = int(n - keep.sum())
    if duplicates == "drop":
        _drop_copies(keep, order, group, label)
    conflicting = np.sort(order[starts[mixed]])
    return Resolved(keep=keep, copies=copies, conflicting=conflicting, outvoted=outvoted, tied=tied)


def _majorities(group: Int64Array, label: Int32Array) -> tuple[Int64Array, int]:
    """Return for each row the label that most rows of its group have, -1 where several do, and how many such groups."""
    if not len(group):
        return np.zeros(0, dtype=np.int64), 0
    pairs, counts = np.unique(np.stack([group, label]), axis=1, return_counts=True)
    distinct, at = np.unique(pairs[0], return_inverse=True)
    most = np.zeros(len(distinct), dtype=np.int64)
    np.maximum.at(most, at, counts)
    is_most = counts == most[at]
    n_most = np.bincount(at, weights=is_most, minlength=len(distinct))
    winner = np.full(len(distinct), -1, dtype=np.int64)
    winner[at[is_most]] = pairs[1][is_most]
    winner[n_most > 1] = -1
    return winner[np.searchsorted(distinct, group)], int((n_most > 1).sum())


def _drop_copies(keep: BoolArray, order: Int64Array, group: Int64Array, label: Int32Array) -> None:
    """Keep only the first kept row of each group and label, in place."""
    kept = np.flatnonzero(keep[order])
    # Within a group rows are in order of time; a stable sort by label keeps that order inside each label.
    by_label = kept[np.lexsort((label[kept], group[kept]))]
    again = np.zeros(len(by_label), dtype=bool)
    same_group = group[by_label[1:]] == group[by_label[:-1]]
    again[1:] = same_group & (label[by_label[1:]] == label[by_label[:-1]])
    keep[order[by_label[again]]] = False
