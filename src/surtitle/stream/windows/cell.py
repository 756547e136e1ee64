"""What is remembered of the events in one window (or one part of it): adds up in any order and any grouping. PURE."""

from collections.abc import Sequence
from typing import Any

import msgspec

from surtitle.stream.sketches import Quantiles, ValueSample
from surtitle.stream.windows.spec import AggregateSpec

__all__ = ["TOP_K", "Cell", "Member"]

TOP_K = 10
_QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
# Sums of floats depend on the order; sums of whole numbers do not. A score is 0 to 1, so nothing is lost that counts.
_UNIT = 2.0**60

Member = tuple[float, str, Sequence[str | None]]
"""Of one event: the score, the action, and the values of `AggregateSpec.columns`."""


class Cell:
    """Counts of some events.

    Parameters
    ----------
    spec : AggregateSpec
        What is to be told.

    Examples
    --------
    >>> cell = Cell(AggregateSpec(("count", "mean", "actions"), top=("author",)))
    >>> cell.members += [(0.25, "allow", ("ann",)), (0.75, "remove", ("ann",))]
    >>> cell.result(size_us=2_000_000)
    {'count': 2, 'mean': 0.5, 'actions': {'allow': 1, 'remove': 1}, 'top': {'author': [('ann', 2)]}}
    """

    __slots__ = ("_actions", "_count", "_quantiles", "_samples", "_sum", "members", "spec")

    def __init__(self, spec: AggregateSpec) -> None:
        self.spec = spec
        # New events wait here until a total is asked for: an append is all that each one costs.
        self.members: list[Member] = []
        self._count = 0
        self._sum = 0
        self._actions: dict[str, int] = {}
        self._quantiles = Quantiles()
        self._samples = {column: ValueSample() for column in spec.columns}

    def fold(self) -> None:
        """Take the waiting events into the totals."""
        if not self.members:
            return
        members, self.members = self.members, []
        scores = [member[0] for member in members]
        self._count += len(members)
        self._sum += sum([int(score * _UNIT) for score in scores])
        actions = self._actions
        for _, action, _ in members:
            actions[action] = actions.get(action, 0) + 1
        if "quantiles" in self.spec.plain:
            self._quantiles.add_many(scores)
        for place, sample in enumerate(self._samples.values()):
            for member in members:
                value = member[2][place]
                if value is not None:
                    sample.add(value, 1)

    def merge(self, other: "Cell") -> None:
        """Take all that another cell of the same kind has; that one may not be used again for adding."""
        self.members += other.members
        self._count += other._count
        self._sum += other._sum
        for action, count in other._actions.items():
            self._actions[action] = self._actions.get(action, 0) + count
        self._quantiles.merge(other._quantiles)
        for column, sample in self._samples.items():
            sample.merge(other._samples[column])

    def result(self, *, size_us: int) -> dict[str, Any]:
        """Return what is told of a window of that length."""
        self.fold()
        plain = self.spec.plain
        told: dict[str, Any] = {}
        if "count" in plain:
            told["count"] = self._count
        if "rate" in plain:
            told["rate"] = self._count * 1_000_000 / size_us if size_us else None
        if "mean" in plain:
            told["mean"] = self._sum / _UNIT / self._count if self._count else None
        if "quantiles" in plain:
            told["quantiles"] = {f"{share:g}": self._quantiles.quantile(share) for share in _QUANTILES}
        if "actions" in plain:
            told["actions"] = dict(sorted(self._actions.items()))
        if self.spec.top:
            told["top"] = {column: self._samples[column].top(TOP_K) for column in self.spec.top}
        if self.spec.distinct:
            told["distinct"] = {column: self._samples[column].distinct() for column in self.spec.distinct}
        return told

    def dump(self) -> list[Any]:
        """Return the state as plain data for `load`."""
        self.fold()
        samples = [[sample.counts, sample.overflowed] for sample in self._samples.values()]
        return [self._count, str(self._sum), self._actions, self._quantiles.buckets, samples]

    @classmethod
    def load(cls, spec: AggregateSpec, state: Sequence[Any]) -> "Cell":
        """Return the cell that was dumped."""
        count, total, actions, buckets, samples = msgspec.convert(
            state, tuple[int, str, dict[str, int], dict[int, int], list[tuple[dict[str, int], bool]]]
        )
        cell = cls(spec)
        cell._count, cell._sum, cell._actions = count, int(total), actions
        cell._quantiles = Quantiles(buckets)
        for column, (counts, overflowed) in zip(spec.columns, samples, strict=True):
            cell._samples[column] = ValueSample(counts, overflowed=overflowed)
        return cell
