"""How long to try again when a broker or server is away."""

import time
from collections.abc import Callable, Iterator

__all__ = ["Patience"]


class Patience:
    """Attempts with growing waits between them, until a time is over.

    Parameters
    ----------
    limit_s : float
        How long from the first attempt to the last; infinity never gives up.
    clock : callable
        Returns seconds that only go forwards.
    sleep : callable
        Waits for that many seconds.

    Examples
    --------
    >>> seconds = iter([0.0, 0.1, 0.4, 2.0])
    >>> waits = []
    >>> list(Patience(1.0, clock=lambda: next(seconds), sleep=waits.append).attempts())
    [1, 2, 3]
    >>> waits
    [0.1, 0.2]
    """

    def __init__(
        self,
        limit_s: float,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.limit_s = limit_s
        self._clock = clock
        self._sleep = sleep

    def attempts(self) -> Iterator[int]:
        """Give the number of each attempt, waiting 0.1 s before the second and at most 2 s before any."""
        started = self._clock()
        attempt, wait_s = 1, 0.1
        while True:
            yield attempt
            if self._clock() - started > self.limit_s:
                return
            self._sleep(wait_s)
            attempt, wait_s = attempt + 1, min(2.0, wait_s * 2)
