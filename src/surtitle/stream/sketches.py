"""Summaries of many values in little space, which give the same whatever the order and the grouping. PURE."""

import hashlib
import heapq
import math
from collections.abc import Iterable, Mapping
from functools import lru_cache

__all__ = ["Quantiles", "ValueSample", "stable_hash"]

_HASHES = 2**64
_LEAST = 1e-9


@lru_cache(65_536)
def stable_hash(value: str) -> int:
    """Return a hash of 64 bits that is the same in every process.

    Examples
    --------
    >>> stable_hash("chess") == stable_hash("chess") != stable_hash("go")
    True
    """
    return int.from_bytes(hashlib.blake2b(value.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")


class Quantiles:
    """Quantiles of values from 0 to 1, with a relative error of at most 1 %.

    Values share a bucket when they lie within 2 % of each other; below 1e-9 all share one. So there are at most about a
    thousand buckets, and merging adds counts: nothing depends on the order.

    References
    ----------
    Masson, Rim, Lee (2019), "DDSketch", VLDB 12(12), section 2.1.

    Examples
    --------
    >>> sketch = Quantiles()
    >>> sketch.add_many([0.1, 0.2, 0.9])
    >>> round(sketch.quantile(0.5), 2)
    0.2
    """

    RELATIVE_ERROR = 0.01
    _GAMMA = (1 + RELATIVE_ERROR) / (1 - RELATIVE_ERROR)
    _SCALE = 1 / math.log(_GAMMA)

    __slots__ = ("buckets",)

    def __init__(self, buckets: Mapping[int, int] | None = None) -> None:
        self.buckets: dict[int, int] = dict(buckets or {})

    def add_many(self, values: Iterable[float]) -> None:
        """Take values."""
        buckets, scale, log, least, ceil = self.buckets, self._SCALE, math.log, _LEAST, math.ceil
        for value in values:
            index = ceil(log(value if value > least else least) * scale)
            buckets[index] = buckets.get(index, 0) + 1

    def merge(self, other: "Quantiles") -> None:
        """Take all that another sketch has taken."""
        for index, count in other.buckets.items():
            self.buckets[index] = self.buckets.get(index, 0) + count

    def quantile(self, share: float) -> float:
        """Return the value below which about `share` of all values lie; NaN when there are none."""
        total = sum(self.buckets.values())
        if not total:
            return math.nan
        rank, seen = share * (total - 1), 0
        for index in sorted(self.buckets):
            seen += self.buckets[index]
            if seen > rank:
                break
        return 2 * self._GAMMA**index / (self._GAMMA + 1)


class ValueSample:
    """The most frequent values, and how many different ones there are.

    Exact up to `size` different values. Beyond, those with the smallest hashes are kept: a sample of the *values* that
    does not depend on order or grouping. The count of each value kept is exact all the same, because a value once
    dropped cannot come back; the number of different ones is then an estimate with a standard error of about
    ``1 / sqrt(size)``.

    References
    ----------
    Bar-Yossef et al. (2002), "Counting Distinct Elements in a Data Stream", section 2.1; Beyer et al. (2007).

    Examples
    --------
    >>> sample = ValueSample()
    >>> for name in ["go", "chess", "go"]:
    ...     sample.add(name, 1)
    >>> sample.distinct(), sample.top(1)
    (2, [('go', 2)])
    """

    __slots__ = ("counts", "overflowed", "size")

    def __init__(self, counts: Mapping[str, int] | None = None, *, overflowed: bool = False, size: int = 1024) -> None:
        self.counts: dict[str, int] = dict(counts or {})
        self.overflowed = overflowed
        self.size = size

    def add(self, value: str, count: int) -> None:
        """Take a value that has come `count` times."""
        self.counts[value] = self.counts.get(value, 0) + count
        # Only the limit itself is remembered, so cutting may wait until twice as many are there.
        if len(self.counts) > 2 * self.size:
            self._cut()

    def merge(self, other: "ValueSample") -> None:
        """Take all that another sample has taken."""
        for value, count in other.counts.items():
            self.counts[value] = self.counts.get(value, 0) + count
        self.overflowed |= other.overflowed
        self._cut()

    def _cut(self) -> None:
        if len(self.counts) > self.size:
            kept = heapq.nsmallest(self.size, self.counts, key=_by_hash)
            self.counts = {value: self.counts[value] for value in kept}
            self.overflowed = True

    def distinct(self) -> int:
        """Return how many different values there are, an estimate when there are more than `size`."""
        self._cut()
        if not self.overflowed:
            return len(self.counts)
        largest = max(map(stable_hash, self.counts))
        return round((len(self.counts) - 1) * _HASHES / largest)

    def top(self, k: int) -> list[tuple[str, int]]:
        """Return the `k` most frequent values, with their counts; of equal ones, the first in the alphabet."""
        self._cut()
        return heapq.nsmallest(k, self.counts.items(), key=_by_rank)


def _by_hash(value: str) -> tuple[int, str]:
    return stable_hash(value), value


def _by_rank(item: tuple[str, int]) -> tuple[int, str]:
    return -item[1], item[0]
