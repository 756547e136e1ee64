"""How many events of one author there were lately, in event time. PURE."""

from bisect import bisect_right, insort
from collections.abc import Iterator, Sequence

from surtitle.stream.watermark import BEGINNING
from surtitle.stream.windows.stored import Stored

__all__ = ["Rate"]


class Rate:
    """Counts the events of each author in the time before each event.

    Events older than the watermark neither count nor are judged: so what has been forgotten by then is never missed,
    and how the stream was cut makes no difference.

    Parameters
    ----------
    name : str
        The rule's.
    most : int
        How many events in `per_us` are not too many.
    per_us : int
        The time before each event, in microseconds.

    Examples
    --------
    >>> rate = Rate("flood", 2, 10)
    >>> [rate.exceeded("ann", time, 0) for time in (1, 2, 3, 20)]
    [False, False, True, False]
    """

    def __init__(self, name: str, most: int, per_us: int) -> None:
        self.name = name
        self._most = most
        self._per = per_us
        self._times: dict[str, list[int]] = {}
        self._touched: set[str] = set()
        self._looked_at = BEGINNING

    def exceeded(self, author: str, time: int, watermark: int) -> bool:
        """Count an event; return whether it is one too many."""
        if time < watermark:
            return False
        times = self._times.setdefault(author, [])
        insort(times, time)
        # No event that is still judged can look back further than this.
        del times[: bisect_right(times, watermark - self._per)]
        self._touched.add(author)
        return bisect_right(times, time) - bisect_right(times, time - self._per) > self._most

    def advance(self, watermark: int) -> None:
        """Forget the authors whose events can no longer count; looked for once in `per_us`, as it takes a while."""
        if watermark < self._looked_at + self._per:
            return
        self._looked_at = watermark
        for author in [name for name, times in self._times.items() if times[-1] <= watermark - self._per]:
            del self._times[author]
            self._touched.add(author)

    def changes(self) -> Iterator[Stored]:
        """Return what has changed since the last call, for the state."""
        for author in self._touched:
            yield Stored(self.name, "rate", (author,), 0, self._times.get(author))
        self._touched.clear()

    def restore(self, stored: Sequence[Stored]) -> None:
        """Go on from what was committed."""
        for each in stored:
            self._times[each.key[0] or ""] = list(each.value)
