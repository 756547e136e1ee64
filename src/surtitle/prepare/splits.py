"""Examples -> train, validation and test, without a text in two of them.

Pure: arrays in, arrays out. Every function returns int8 of shape (n,): the index of the split in `SPLITS`.
"""

import numpy as np

from surtitle.prepare.findings import unreadable
from surtitle.prepare.numbers import Int32Array, Int64Array, KeyArray, SplitArray

__all__ = ["LEFT_OUT", "SPLITS", "keep_texts_together", "split_by_group", "split_by_time", "split_stratified"]

SPLITS = ("train", "validation", "test")
TRAIN, VALIDATION, TEST = 0, 1, 2
LEFT_OUT = -1
# A group may make a split larger than asked for by this share of it; larger groups go to the next split.
_GROUP_SLACK = 0.25


def split_by_time(times: Int64Array, *, validation: float, test: float) -> SplitArray:
    """Train strictly before validation strictly before test; equal times stay on one side.

    Each cut is the change of time nearest to where the share would put it.

    Raises
    ------
    DataError
        If there are fewer than three different times.

    Examples
    --------
    >>> split_by_time(np.array([5, 1, 1, 2, 9]), validation=0.2, test=0.2).tolist()
    [1, 0, 0, 0, 2]
    """
    n = len(times)
    order = np.argsort(times, kind="stable")
    ordered = times[order]
    changes = np.flatnonzero(ordered[1:] != ordered[:-1]) + 1
    if len(changes) < 2:
        what = f"is by time, but the different times are only {len(changes) + (n > 0)}"
        raise unreadable("split.by", what, 'use data with more of them, or split.by = "stratified"')
    end_of_train = _nearest(changes[:-1], n * (1 - validation - test))
    end_of_validation = _nearest(changes[changes > end_of_train], n * (1 - test))
    split = np.zeros(n, dtype=np.int8)
    split[order[end_of_train:end_of_validation]] = VALIDATION
    split[order[end_of_validation:]] = TEST
    return split


def _nearest(places: Int64Array, wanted: float) -> int:
    return int(places[np.argmin(np.abs(places - wanted))])


def split_stratified(keys: KeyArray, labels: Int32Array, *, validation: float, test: float, seed: int) -> SplitArray:
    """Divide each class by a hash of the text, so that an example stays where it is when others are added.

    Test takes the lowest hashes, validation the next: what moves when the cuts shift moves between neighbours.

    Examples
    --------
    >>> keys, labels = np.arange(10, dtype=np.uint64), np.zeros(10, dtype=np.int32)
    >>> np.bincount(split_stratified(keys, labels, validation=0.1, test=0.2, seed=0)).tolist()
    [7, 1, 2]
    """
    split = np.zeros(len(keys), dtype=np.int8)
    order = np.lexsort((mix(keys, seed), labels))
    for members in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        n = len(members)
        if n < 3:
            continue
        n_test = min(max(1, round(n * test)), n - 2)
        n_validation = min(max(1, round(n * validation)), n - n_test - 1)
        split[members[:n_test]] = TEST
        split[members[n_test : n_test + n_validation]] = VALIDATION
    return split


def split_by_group(groups: KeyArray, *, validation: float, test: float, seed: int) -> SplitArray:
    """Divide whole groups, in the order of a hash: test is filled first, then validation, the rest is train.

    A group too large for what is still missing in a split goes on to the next.

    Raises
    ------
    DataError
        If there are fewer than three groups, or none is small enough.
    """
    distinct, member, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    n = len(groups)
    wanted = {TEST: n * test, VALIDATION: n * validation}
    filled = {TEST: 0, VALIDATION: 0}
    of_group = np.zeros(len(distinct), dtype=np.int8)
    for index in np.argsort(mix(distinct, seed), kind="stable"):
        size = int(sizes[index])
        for split in (TEST, VALIDATION):
            if filled[split] < wanted[split] and filled[split] + size <= wanted[split] * (1 + _GROUP_SLACK) + 1:
                of_group[index] = split
                filled[split] += size
                break
    if len(set(of_group.tolist())) < len(SPLITS):
        what = f"is by group, but {len(distinct):,} groups, the largest of {sizes.max(initial=0):,}, do not divide"
        raise unreadable("split.by", what, "name a column with more and smaller groups, or raise the shares")
    return of_group[member.reshape(-1)]


def keep_texts_together(split: SplitArray, keys: KeyArray, times: Int64Array) -> SplitArray:
    """Leave out each copy of a text that fell into another split than the earliest copy.

    Examples
    --------
    >>> keys = np.array([7, 7, 8], dtype=np.uint64)
    >>> keep_texts_together(np.array([0, 2, 2], dtype=np.int8), keys, np.arange(3)).tolist()
    [0, -1, 2]
    """
    order = np.lexsort((times, keys))
    new = np.ones(len(keys), dtype=bool)
    new[1:] = keys[order[1:]] != keys[order[:-1]]
    first = order[np.flatnonzero(new)[np.cumsum(new) - 1]]
    together = split.copy()
    together[order[split[order] != split[first]]] = LEFT_OUT
    return together


def mix(keys: KeyArray, seed: int) -> KeyArray:
    """Hash keys with a seed.

    References
    ----------
    Steele, Lea and Flood (2014), "Fast splittable pseudorandom number generators", figure 19 (mix64).
    """
    start = (seed + 1) * 0x9E3779B97F4A7C15 % 2**64
    z = keys ^ np.uint64(start)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
