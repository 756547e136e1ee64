"""Records per second, lately. PURE."""

import math

__all__ = ["Meter"]

_LATELY_US = 5_000_000


class Meter:
    """An average of the rate in which what is five seconds old weighs about a third.

    Examples
    --------
    >>> meter = Meter()
    >>> for second in range(60):
    ...     meter.count(100, second * 1_000_000)
    >>> round(meter.rate)
    100
    """

    def __init__(self) -> None:
        self.rate = 0.0
        self._records = 0
        self._since: int | None = None

    def count(self, records: int, now: int) -> None:
        """Take the records of one poll, at a time in microseconds."""
        if self._since is None:
            self._since = now
            return
        self._records += records
        passed = now - self._since
        if passed >= 200_000:
            weight = 1 - math.exp(-passed / _LATELY_US)
            current = self._records * 1_000_000 / passed
            self.rate = current if not self.rate else self.rate + weight * (current - self.rate)
            self._records, self._since = 0, now
