"""How fast a stream is, lately. PURE."""

import math

__all__ = ["Meter"]

_LATELY_US = 5_000_000
_PART = 0.05


class Meter:
    """Averages that forget: a rate in which what is five seconds old weighs a third, and the last twenty commits or so.

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

    def count(self, records: int, now: int) -> None:
        """Take the records of one poll, at a time in microseconds."""
        if self._since is None:
            self._since = now
            return
        self._records += records
        passed = now - self._since
        if passed >= 200_000:
            self.rate = _towards(self.rate, self._records * 1_000_000 / passed, 1 - math.exp(-passed / _LATELY_US))
            self._records, self._since = 0, now

    def commit(self, records: int, seconds: float) -> None:
        """Take the size of one commit, and how long it took."""
        self.batch_records = _towards(self.batch_records, records, _PART)
        self.commit_s = _towards(self.commit_s, seconds, _PART)


def _towards(before: float, current: float, weight: float) -> float:
    return before + weight * (current - before) if before else current
