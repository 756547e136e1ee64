"""A load test: so many connections, each asking again when it has its answer, or at a rate that is kept."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from surtitle.errors import SurroundingsError, UsageError
from surtitle.progress import SILENT, Reporter
from surtitle.serve.bench.connection import Connection, open_connection
from surtitle.serve.bench.statistics import Latencies, LoadReport, Timeline, in_ms
from surtitle.serve.bench.target import Target

__all__ = ["LoadPlan", "run_load"]

_MOST_CONNECTIONS = 1_024
_PAUSE_S = 0.1  # after a failure to connect, so that a service that is gone is not hammered
_TICKS = 100


class LoadPlan(msgspec.Struct, frozen=True, kw_only=True):
    """How hard to ask, and how long.

    Parameters
    ----------
    connections : int
        Open at the same time, up to 1,024.
    seconds : float or None
        How long; or
    requests : int or None
        how many. One of both is given.
    per_s : float or None
        None: a closed loop, in which a connection asks again when it has its answer. A number: an open loop, in which
        requests are due at this rate, whether the service keeps up or not.
    texts_per_request : int
        What the bodies hold, for the report.
    timeout_s : float
        A request without an answer after this long has failed.
    """

    connections: int
    seconds: float | None = None
    requests: int | None = None
    per_s: float | None = None
    texts_per_request: int = 1
    timeout_s: float = 10.0

    def check(self) -> None:
        """Refuse what makes no sense.

        Raises
        ------
        UsageError
            With the first thing that is wrong.
        """
        if (self.seconds is None) == (self.requests is None):
            raise UsageError("give either --seconds or --requests")
        if not 1 <= self.connections <= _MOST_CONNECTIONS:
            raise UsageError(f"--connections lies between 1 and {_MOST_CONNECTIONS:,}, got {self.connections:,}")
        numbers = {"--seconds": self.seconds, "--requests": self.requests, "--rate": self.per_s}
        for name, value in {**numbers, "--timeout": self.timeout_s}.items():
            if value is not None and not 0 < value < float("inf"):
                raise UsageError(f"{name} is above 0, got {value}")


def run_load(
    target: Target,
    bodies: Sequence[bytes],
    plan: LoadPlan,
    *,
    clock: Callable[[], float] = time.perf_counter,
    reporter: Reporter = SILENT,
) -> LoadReport:
    """Ask a service and count what comes back.

    In an open loop a latency begins when the request was due, not when a connection was free to send it: a service that
    stalls is charged with everyone who had to wait (Tene's "coordinated omission"). A connection that was free in time
    begins when it sends, so that the coarse timers of an event loop are not charged to the service.

    Parameters
    ----------
    target : Target
        Whom to ask.
    bodies : sequence of bytes
        Whole requests, sent in turn.
    plan : LoadPlan
        How hard, how long.
    clock : callable
        Seconds, never going back.
    reporter : Reporter
        Told of the progress.

    Raises
    ------
    UsageError
        If the plan makes no sense.
    SurroundingsError
        If nobody answers at the address.
    """
    plan.check()
    return asyncio.run(_Run(target, bodies, plan, clock).run(reporter))


class _Run:
    def __init__(self, target: Target, bodies: Sequence[bytes], plan: LoadPlan, clock: Callable[[], float]) -> None:
        self._target = target
        self._bodies = bodies
        self._plan = plan
        self._clock = clock
        self._start = self._end = 0.0
        self._taken = 0
        self._latencies = Latencies()
        self._timeline = Timeline()
        self._failed: Counter[str] = Counter()

    async def run(self, reporter: Reporter) -> LoadReport:
        try:
            connections = [await open_connection(self._target) for _ in range(self._plan.connections)]
        except OSError as error:
            raise SurroundingsError(
                f"{self._target.url}: {error.strerror or error}; is the service there? surtitle serve starts one"
            ) from error
        self._start = self._end = self._clock()
        ticking = asyncio.create_task(self._tick(reporter))
        try:
            await asyncio.gather(*(self._drive(connection) for connection in connections))
        finally:
            ticking.cancel()
        reporter.done(f"{self._latencies.count:,} answers")
        return self._report()

    def _next(self) -> int | None:
        """Return the number of the next request, or None at the end."""
        number, plan = self._taken, self._plan
        if plan.requests is not None and number >= plan.requests:
            return None
        if plan.seconds is not None and max(self._due(number), self._elapsed()) >= plan.seconds:
            return None
        self._taken += 1
        return number

    def _due(self, number: int) -> float:
        return 0.0 if self._plan.per_s is None else number / self._plan.per_s

    def _elapsed(self) -> float:
        return self._clock() - self._start

    async def _drive(self, connection: Connection) -> None:
        """Ask until the end, with one connection or those that take its place."""
        while (number := self._next()) is not None:
            due = self._start + self._due(number)
            wait = due - self._clock()
            if wait > 0:
                await asyncio.sleep(wait)
            begun = self._clock() if wait > 0 or self._plan.per_s is None else due
            try:
                if not connection.usable:
                    connection.close()
                    connection = await open_connection(self._target)
                async with asyncio.timeout(self._plan.timeout_s):
                    status = await connection.ask(self._bodies[number % len(self._bodies)])
            except TimeoutError:
                connection.close()
                self._note(begun, "timeout")
            except OSError:
                self._note(begun, "connection")
                if not connection.usable:
                    await asyncio.sleep(_PAUSE_S)
            else:
                self._note(begun, None if 200 <= status < 300 else str(status))
        connection.close()

    def _note(self, begun: float, failure: str | None) -> None:
        self._end = self._clock()
        latency = self._end - begun
        if failure is None:
            self._latencies.add(latency)
        else:
            self._failed[failure] += 1
        self._timeline.add(self._end - self._start, None if failure else latency, failed=failure is not None)

    async def _tick(self, reporter: Reporter) -> None:
        reporter.start("load", _TICKS)
        told = 0
        while True:
            await asyncio.sleep(0.25)
            done = int(_TICKS * self._share())
            reporter.advance(done - told)
            told = done

    def _share(self) -> float:
        if self._plan.requests is not None:
            return self._taken / self._plan.requests
        return min(1.0, self._elapsed() / (self._plan.seconds or 1.0))

    def _report(self) -> LoadReport:
        plan, times = self._plan, self._latencies
        seconds = self._end - self._start
        per_s = times.count / seconds if seconds else 0.0
        planned = self._taken if plan.per_s is None or plan.seconds is None else int(plan.per_s * plan.seconds)
        return LoadReport(
            url=self._target.url,
            connections=plan.connections,
            texts_per_request=plan.texts_per_request,
            asked_per_s=plan.per_s,
            seconds=round(seconds, 6),
            answered=times.count,
            per_s=per_s,
            texts_per_s=per_s * plan.texts_per_request,
            failed=dict(self._failed),
            unsent=max(0, planned - self._taken),
            p50_ms=in_ms(times.quantile(0.5)),
            p95_ms=in_ms(times.quantile(0.95)),
            p99_ms=in_ms(times.quantile(0.99)),
            max_ms=in_ms(times.largest_s) if times.count else None,
            mean_ms=in_ms(times.total_s / times.count) if times.count else None,
            bars=[(round(end * 1e3, 6), count) for end, count in times.bars()],
            timeline=list(self._timeline.slices(seconds)),
        )
