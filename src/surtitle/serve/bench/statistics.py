"""What a load test counts: latencies in buckets, and slices of time. PURE, and of bounded size however long it runs."""

import math
from collections import Counter
from collections.abc import Iterator

import msgspec

__all__ = ["Latencies", "LoadReport", "ServiceUse", "Slice", "Timeline"]

_STEP = 1.01
_LEAST_S = 1e-6
_LOG_STEP = math.log(_STEP)
_BARS_PER_DECADE = 20
_MOST_SLICES = 120
_FIRST_WIDTH_S = 0.25


class Latencies:
    """Times, counted in buckets each 1 % wider than the one before.

    A percentile is right to 1 %, the mean and the largest exactly. So is kept what HdrHistogram keeps, at the price of
    one logarithm for each time (Tene, "How NOT to measure latency", 2013).

    Examples
    --------
    >>> times = Latencies()
    >>> for ms in range(1, 101):
    ...     times.add(ms / 1e3)
    >>> times.count, round(times.quantile(0.5), 3), times.largest_s
    (100, 0.05, 0.1)
    """

    def __init__(self) -> None:
        self._buckets: Counter[int] = Counter()
        self.count = 0
        self.total_s = 0.0
        self.largest_s = 0.0

    def add(self, seconds: float) -> None:
        """Count one time, of at least 0 s."""
        self._buckets[math.ceil(math.log(max(seconds, _LEAST_S) / _LEAST_S) / _LOG_STEP)] += 1
        self.count += 1
        self.total_s += seconds
        self.largest_s = max(self.largest_s, seconds)

    def merge(self, other: "Latencies") -> None:
        """Count all that another has counted."""
        self._buckets.update(other._buckets)
        self.count += other.count
        self.total_s += other.total_s
        self.largest_s = max(self.largest_s, other.largest_s)

    def quantile(self, q: float) -> float | None:
        """Return the time in seconds that a share `q`, above 0 and up to 1, does not exceed; None of no times."""
        if not 0 < q <= 1:
            raise ValueError(f"a quantile lies above 0 and up to 1, got {q}")
        wanted, met = math.ceil(q * self.count), 0
        for bucket in sorted(self._buckets):
            met += self._buckets[bucket]
            if met >= wanted:
                return min(_LEAST_S * _STEP**bucket, self.largest_s)
        return None

    def bars(self) -> list[tuple[float, int]]:
        """Return a coarser histogram: the upper end of each bar in seconds, 20 bars a decade, and its count.

        Bars without a time are left out at both ends, and are there in between.
        """
        counts: Counter[int] = Counter()
        for bucket, count in self._buckets.items():
            counts[math.ceil(bucket * _LOG_STEP / math.log(10) * _BARS_PER_DECADE - 1e-9)] += count
        if not counts:
            return []
        return [(_LEAST_S * 10 ** (bar / _BARS_PER_DECADE), counts[bar]) for bar in range(min(counts), max(counts) + 1)]


class Slice(msgspec.Struct, frozen=True, kw_only=True):
    """What happened in one slice of time.

    Parameters
    ----------
    at_s : float
        When it began, since the start.
    per_s : float
        Good answers a second.
    failed : int
        Requests that got another answer, or none.
    p50_ms, p99_ms : float or None
        Of the good answers.
    """

    at_s: float
    per_s: float
    failed: int
    p50_ms: float | None
    p99_ms: float | None


class Timeline:
    """Latencies slice by slice. When there get to be too many slices, neighbours become one.

    Examples
    --------
    >>> line = Timeline()
    >>> line.add(0.1, 0.002, failed=False)
    >>> line.add(0.6, None, failed=True)
    >>> [(each.at_s, each.per_s, each.failed) for each in line.slices(1.0)]
    [(0.0, 4.0, 0), (0.25, 0.0, 0), (0.5, 0.0, 1), (0.75, 0.0, 0)]
    """

    def __init__(self) -> None:
        self.width_s = _FIRST_WIDTH_S
        self._slices: list[tuple[Latencies, int]] = []

    def add(self, at_s: float, latency_s: float | None, *, failed: bool) -> None:
        """Count one request that ended `at_s` seconds after the start."""
        place = int(at_s / self.width_s)
        while place >= _MOST_SLICES:
            self._halve()
            place = int(at_s / self.width_s)
        while len(self._slices) <= place:
            self._slices.append((Latencies(), 0))
        times, failures = self._slices[place]
        if latency_s is not None:
            times.add(latency_s)
        self._slices[place] = (times, failures + failed)

    def _halve(self) -> None:
        pairs = [self._slices[i : i + 2] for i in range(0, len(self._slices), 2)]
        self._slices = [_joined(pair) for pair in pairs]
        self.width_s *= 2

    def slices(self, end_s: float) -> Iterator[Slice]:
        """Yield every slice up to the end of the test; the last may be shorter or longer than the others."""
        # A rest shorter than half a slice belongs to the slice before: its rate would be one of chance.
        n_slices = max(1, round(end_s / self.width_s))
        for place in range(n_slices):
            last = place == n_slices - 1
            times, failed = _joined(self._slices[place:] if last else self._slices[place : place + 1])
            at_s = place * self.width_s
            yield Slice(
                at_s=at_s,
                per_s=times.count / ((end_s - at_s if last else self.width_s) or 1.0),
                failed=failed,
                p50_ms=in_ms(times.quantile(0.5)),
                p99_ms=in_ms(times.quantile(0.99)),
            )


def _joined(parts: list[tuple[Latencies, int]]) -> tuple[Latencies, int]:
    times, failed = Latencies(), 0
    for part, failures in parts:
        times.merge(part)
        failed += failures
    return times, failed


def in_ms(seconds: float | None) -> float | None:
    """Return milliseconds, to the microsecond."""
    return None if seconds is None else round(seconds * 1e3, 3)


class ServiceUse(msgspec.Struct, frozen=True, kw_only=True):
    """What the service took, by its own metrics.

    Parameters
    ----------
    workers : int
        Its processes.
    cpu_ms : float
        Processor time for a request, over all workers.
    worker_mb, model_mb : float
        Resident memory of a worker at the end, and what the models take of it.
    """

    workers: int
    cpu_ms: float
    worker_mb: float
    model_mb: float


class LoadReport(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a load test.

    Parameters
    ----------
    url : str
        Asked.
    connections : int
        Open at the same time.
    texts_per_request : int
        In each body.
    asked_per_s : float or None
        The rate of an open loop; None of a closed one.
    seconds : float
        From the first request to the last answer.
    answered : int
        Requests with a good answer (2xx).
    per_s, texts_per_s : float
        Good answers, and the texts in them, a second.
    failed : dict of str to int
        Other ends of a request: a status, ``timeout`` or ``connection``.
    unsent : int
        Of an open loop, requests whose time had come and for which no connection was free before the end.
    p50_ms, p95_ms, p99_ms, max_ms, mean_ms : float or None
        Of the good answers; in an open loop counted from when the request was due.
    bars : list of (float, int)
        Histogram: upper end in ms, and count.
    timeline : list of Slice
        Over time.
    service : ServiceUse or None
        What the service took; None where it does not show its metrics.
    """

    url: str
    connections: int
    texts_per_request: int
    asked_per_s: float | None
    seconds: float
    answered: int
    per_s: float
    texts_per_s: float
    failed: dict[str, int]
    unsent: int
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    max_ms: float | None
    mean_ms: float | None
    bars: list[tuple[float, int]]
    timeline: list[Slice]
    service: ServiceUse | None = None
