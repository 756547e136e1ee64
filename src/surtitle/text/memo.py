"""A memory of bounded size that lets go of what has not been used for longest."""

from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Memo"]

Value = TypeVar("Value")


class Memo(Generic[Value]):
    """A dictionary of strings with two generations.

    What is new, and what is found again, belongs to the young generation. When that is full it becomes the old one, and
    what was old until then is forgotten. So what is used lives on, at the price of one look into a dictionary.

    Parameters
    ----------
    capacity : int
        What each generation may weigh, at least 1.
    weigh : callable
        Gives a value's weight, at least 1; without it, each weighs 1.

    Attributes
    ----------
    young : dict
        For a hot loop that looks values up and leaves what it does not find here to `find`. It is another dictionary
        after every change of generations.

    Examples
    --------
    >>> memo = Memo(2)
    >>> for key in "abac":
    ...     memo.put(key, key.upper())
    >>> memo.find("a"), memo.find("b"), memo.find("x")
    ('A', 'B', None)
    """

    def __init__(self, capacity: int, weigh: Callable[[Value], int] = lambda _: 1) -> None:
        if capacity < 1:
            raise ValueError(f"a memo needs a capacity of at least 1, got {capacity}")
        self.capacity = capacity
        self.young: dict[str, Value] = {}
        self._old: dict[str, Value] = {}
        self._weigh = weigh
        self._weight = 0
        self._old_weight = 0

    def __len__(self) -> int:
        return len(self.young.keys() | self._old.keys())

    @property
    def weight(self) -> int:
        """What both generations weigh together; at most twice the capacity."""
        return self._weight + self._old_weight

    def find(self, key: str) -> Value | None:
        """Return what is remembered, or None."""
        value = self.young.get(key)
        if value is None and (value := self._old.get(key)) is not None:
            self.put(key, value)
        return value

    def put(self, key: str, value: Value) -> None:
        """Remember a value, which is not None; one heavier than the capacity is not remembered."""
        weight = self._weigh(value)
        if weight > self.capacity:
            return
        if self._weight + weight > self.capacity:
            self._old, self.young = self.young, {}
            self._old_weight, self._weight = self._weight, 0
        self.young[key] = value
        self._weight += weight
