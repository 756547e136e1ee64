"""How fast a stream is, lately. PURE."""

import math

__all__ = ["Meter"]

_LATELY_US = 5_000_000


class Meter:
    """Averages in which what is five seconds old weighs about a third.

    Attributes
    ----------
    rate : float
        Records per second.
    batch_records : float
        Records per commit.
    commit_s : float
        Seconds that a commit takes.

    Examples
    --------
    >>> meter = Meter()
    >>> for second in range(60):
    ...     meter.count(100, second * 1_000_000)
    ...     meter.commit(100, 0.004)
    >>> round(meter.rate), round(meter.batch_records), round(meter.commit_s, 3)
    (100, 100, 0.004)
    """

    def __init__(self) -> None:
        self.rate = self.batch_records = self.commit_s = 0.0
        self._records = 0
        self._since: int | None = None
        self._commits = self._committed = 0
        self._seconds = 0.0

    def count(self, records: int, now: int) -> None:
        """Take the records of one poll, at a time in microseconds."""
        if self._since is None:
            self._since = now
            return
        self._records += records
        passed = now - self._since
        if passed >= 200_000:
            weight = 1 - math.exp(-passed / _LATELY_US)
            self.rate = _towards(self.rate, self._records * 1_000_000 / passed, weight)
            if self._commits:
                self.batch_records = _towards(self.batch_records, self._committed / self._commits, weight)
                self.commit_s = _towards(self.commit_s, self._seconds / self._commits, weight)
            self._records, self._since = 0, now
            self._commits, self._committed, self._seconds = 0, 0, 0.0

    def commit(self, records: int, seconds: float) -> None:
        """Take the size of one commit, and how long it took."""
        self._commits += 1
        self._committed += records
        self._seconds += seconds


def _towards(before: float, current: float, weight: float) -> float:
    return before + weight * (current - before) if before else current
