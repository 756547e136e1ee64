"""How far event time has come: per partition by bounded out-of-orderness, and the least of all that are active. PURE.

After Akidau et al. (2015), "The Dataflow Model", section 2.3, with Flink's words for idleness. Times are microseconds.
"""

from collections.abc import Iterable, Mapping

__all__ = ["BEGINNING", "END", "Watermark"]

BEGINNING = -(2**62)
"""Before any event; what the watermark is at first."""

END = 2**62
"""After any event; what it is when the source has ended."""


class Watermark:
    """A promise that hardly any event older than this is still to come.

    A partition's own watermark is its largest event time less `bound_us`. The watermark of all is the least of the
    active partitions'. It never goes back, and never moves past the own watermark of a partition that is active.

    A partition is *idle* when it was asked, had nothing and was not paused, for `idle_after_us` without a break. An
    idle partition does not count. When all are idle, time goes on by the clock from where the latest event left it, so
    that every window closes in bounded time.

    Parameters
    ----------
    bound_us : int
        How much older than the latest event of its partition an event may be.
    idle_after_us : int
        When an empty partition becomes idle.

    Examples
    --------
    >>> mark = Watermark(bound_us=5, idle_after_us=100)
    >>> mark.join("a"); mark.join("b")
    >>> mark.observe("a", 50), mark.observe("b", 30)
    (-4611686018427387904, 25)
    """

    def __init__(self, *, bound_us: int, idle_after_us: int) -> None:
        self.bound_us = bound_us
        self.idle_after_us = idle_after_us
        self.value = BEGINNING
        self._latest: dict[str, int] = {}
        self._before: dict[str, int] = {}  # of partitions that are not here, or not yet again
        self._empty_since: dict[str, int] = {}
        self._idle: set[str] = set()
        self._all_idle_since: int | None = None

    @property
    def latest(self) -> Mapping[str, int]:
        """The largest event time of each partition, `BEGINNING` where there was none."""
        return self._latest

    @property
    def idle(self) -> frozenset[str]:
        """The partitions that do not count at present."""
        return frozenset(self._idle)

    def restore(self, value: int, latest: Mapping[str, int]) -> None:
        """Go on from what was committed; which partitions there are, and which are idle, is found out anew."""
        self.value = value
        self._before = dict(latest)

    def join(self, partition: str) -> None:
        """Count a partition from now on, from where it was if it has been here before."""
        self._latest.setdefault(partition, self._before.pop(partition, BEGINNING))

    def leave(self, partition: str) -> None:
        """Count a partition no longer: it has ended, or gone to another process."""
        if partition in self._latest:
            self._before[partition] = self._latest.pop(partition)
        self._empty_since.pop(partition, None)
        self._idle.discard(partition)
        self._advance()

    def floor_beside(self, partition: str) -> int:
        """Return the least own watermark of the *other* active partitions, `END` where there is none.

        While one partition's records are gone through, the others stand still: the watermark after each record is the
        lesser of this and the record's partition's own.
        """
        others = (latest for name, latest in self._latest.items() if name != partition and name not in self._idle)
        return min(others, default=END + self.bound_us) - self.bound_us

    def observe(self, partition: str, latest: int) -> int:
        """Take the largest event time of some new records, and return the watermark."""
        self.join(partition)
        self._latest[partition] = max(latest, self._latest[partition])
        self._wake(partition)
        return self._advance()

    def wake(self, partition: str) -> None:
        """Let a partition that has records count again, before they are gone through."""
        self.join(partition)
        self._wake(partition)

    def settle(self, empty: Iterable[str], now: int) -> int:
        """Learn which partitions were asked and had nothing, and return the watermark.

        Called once for each poll, with all of them: one that is not among them has had records, or was not asked.
        """
        asked = {partition for partition in empty if partition in self._latest}
        for partition in list(self._empty_since):
            if partition not in asked:
                self._wake(partition)
        for partition in asked:
            since = self._empty_since.setdefault(partition, now)
            if now - since >= self.idle_after_us:
                self._idle.add(partition)
        self._advance()
        self._advance_by_clock(now)
        return self.value

    def finish(self, horizon: int) -> int:
        """Learn that nothing will come any more, come to where the last window closes, and return the watermark."""
        self.value = max(self.value, horizon)
        return self.value

    def _wake(self, partition: str) -> None:
        self._empty_since.pop(partition, None)
        self._idle.discard(partition)
        self._all_idle_since = None

    def _advance(self) -> int:
        active = [latest for name, latest in self._latest.items() if name not in self._idle]
        if active:
            self.value = max(self.value, min(active) - self.bound_us)
        return self.value

    def _advance_by_clock(self, now: int) -> None:
        latest = max(self._latest.values(), default=BEGINNING)
        if latest == BEGINNING or len(self._idle) < len(self._latest):
            self._all_idle_since = None
            return
        if self._all_idle_since is None:
            self._all_idle_since = now
        self.value = max(self.value, latest - self.bound_us + (now - self._all_idle_since))
