"""How long to try again when a broker, server or receiver is away."""

import time
from collections.abc import Callable, Iterator

__all__ = ["Patience"]

_HURRIED_S = 3.0
_SLICE_S = 0.1


class Patience:
    """Attempts with growing waits between them, until a time is over, or the stream is told to stop.

    One is shared by all of a stream's source and sinks. Nothing is lost when it is at an end: what was not committed
    comes again when the stream next runs.

    Parameters
    ----------
    limit_s : float
        How long from the first attempt to the last; infinity never gives up.
    clock : callable
        Returns seconds that only go forwards.
    sleep : callable, optional
        Waits for that many seconds; by default, less when there is a hurry.

    Examples
    --------
    >>> seconds = iter([0.0, 0.1, 0.4, 2.0])
    >>> waits = []
    >>> list(Patience(1.0, clock=lambda: next(seconds), sleep=waits.append).attempts())
    [1, 2, 3]
    >>> waits
    [0.1, 0.2]

    Attributes
    ----------
    limit_s : float
        As above.
    wait : callable
        Waits before the next attempt.
    """

    def __init__(
        self,
        limit_s: float = 60.0,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] | None = None,
    ) -> None:
        self.limit_s = limit_s
        self._clock = clock
        self.wait = sleep or self._doze
        self._hurried = False
        self._hurried_at: float | None = None

    def hurry(self) -> None:
        """Give up within a few seconds from now on; may be called from a signal handler."""
        self._hurried = True

    def begin(self) -> float:
        """Return the time, for `over`."""
        return self._clock()

    def over(self, began: float, *, ahead_s: float = 0.0) -> bool:
        """Say whether what `began` then is to be given up, or will be after waiting for `ahead_s` more."""
        now = self._clock()
        if self._hurried and self._hurried_at is None:
            self._hurried_at = now
        hurried = self._hurried_at is not None and now - self._hurried_at > _HURRIED_S
        return hurried or now + ahead_s - began > self.limit_s

    def attempts(self) -> Iterator[int]:
        """Give the number of each attempt, waiting 0.1 s before the second and at most 2 s before any."""
        began = self.begin()
        attempt, wait_s = 1, 0.1
        while True:
            yield attempt
            if self.over(began):
                return
            self.wait(wait_s)
            attempt, wait_s = attempt + 1, min(2.0, wait_s * 2)

    def _doze(self, seconds: float) -> None:
        left = seconds
        while left > 0:
            time.sleep(min(_SLICE_S, left))
            left = 0.0 if self._hurried else left - _SLICE_S

    def __str__(self) -> str:
        return f"the {_HURRIED_S:g} s left after the signal to stop" if self._hurried else f"{self.limit_s:g} s"
