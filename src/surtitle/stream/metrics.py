"""Prometheus metrics of a running stream, on a port of their own.

Counters with a `scope` are the sums in the stream's state: they go on where they were after a restart or a crash, and
move with a partition to another process. Histograms and aborted commits are this process's own, and begin at zero with
it. Labels are bounded: scopes by the source's partitions, versions by those that have been champion.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from surtitle.errors import MissingExtraError, SettingsError, SurroundingsError
from surtitle.stream.progress import Progress, ScopeProgress
from surtitle.stream.watermark import BEGINNING

try:
    from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, start_http_server
    from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
    from prometheus_client.registry import Collector
except ImportError:
    raise MissingExtraError("prometheus-client", "metrics") from None

__all__ = ["StreamMetrics", "exposing", "parse_listen"]

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_RECORDS = (1, 4, 16, 64, 256, 1024, 4096, 8192, 16_384)


class StreamMetrics(Collector):
    """What a running stream shows.

    Parameters
    ----------
    stream, delivery : str
        Its name and its guarantee.
    clock : callable
        Returns the time, in microseconds since 1970.

    Examples
    --------
    >>> from surtitle.stream.tally import Tally
    >>> metrics = StreamMetrics("mine", "exactly-once", lambda: 5_000_000)
    >>> scope = ScopeProgress(scope="", tally=Tally(records=7, on_time=7), watermark=2_000_000)
    >>> metrics.observe(Progress(scopes=(scope,), records=7, commit_s=0.004))
    >>> metrics.registry.get_sample_value("surtitle_stream_records_total", {"scope": ""})
    7
    >>> metrics.registry.get_sample_value("surtitle_stream_watermark_delay_seconds", {"scope": ""})
    3.0
    """

    def __init__(self, stream: str, delivery: str, clock: Callable[[], int]) -> None:
        self.registry = CollectorRegistry()
        self._names = [stream, delivery]
        self._clock = clock
        self._now = Progress()
        self._batch = Histogram(
            "surtitle_stream_batch_records", "Records per commit.", buckets=_RECORDS, registry=self.registry
        )
        self._commit = Histogram(
            "surtitle_stream_commit_seconds", "How long a commit takes.", buckets=_SECONDS, registry=self.registry
        )
        self._aborted = Counter(
            "surtitle_stream_aborted_commits", "Commits given up and done again.", registry=self.registry
        )
        self.registry.register(self)
        ProcessCollector(registry=self.registry)

    def observe(self, progress: Progress) -> None:
        """Take what the runner says after a poll; scrapes, which come from another thread, see it from then on."""
        self._now = progress
        if progress.aborted:
            self._aborted.inc()
        elif progress.commit_s is not None:
            self._batch.observe(progress.records)
            self._commit.observe(progress.commit_s)

    def collect(self) -> Iterator[Metric]:
        """Give all that is read off the last progress."""
        progress = self._now
        info = GaugeMetricFamily("surtitle_stream_info", "Which stream this is.", labels=["stream", "delivery"])
        info.add_metric(self._names, 1)
        yield info
        rate = "Records a second, lately."
        yield GaugeMetricFamily("surtitle_stream_records_per_second", rate, value=progress.rate)
        if progress.lag is not None:
            lag = "What is there but was not read yet: records of a broker, bytes of files."
            yield GaugeMetricFamily("surtitle_stream_lag", lag, value=progress.lag)
        if progress.version is not None:
            yield GaugeMetricFamily("surtitle_stream_model_version", "The general model.", value=progress.version)
        yield from _counters(progress)
        yield from _gauges(progress, self._clock())


def _counters(progress: Progress) -> Iterator[Metric]:
    counts: dict[tuple[str, str], Callable[[ScopeProgress], int]] = {
        ("records", "Records that came."): lambda scope: scope.tally.records,
        ("late", "Events that came too late for a window."): lambda scope: scope.tally.late,
        ("dead_letters", "Records that could not be read or decided."): (
            lambda scope: scope.tally.dead + scope.tally.retried
        ),
        ("retried", "Dead letters that were tried again."): lambda scope: scope.tally.retried,
    }
    for (name, meaning), count in counts.items():
        family = CounterMetricFamily(f"surtitle_stream_{name}", meaning, labels=["scope"])
        for scope in progress.scopes:
            family.add_metric([scope.scope], count(scope))
        yield family
    decisions = CounterMetricFamily("surtitle_stream_decisions", "Decisions.", labels=["scope", "action", "version"])
    for scope in progress.scopes:
        for version, actions in scope.tally.versions.items():
            for action, decided in actions.items():
                decisions.add_metric([scope.scope, action, version], decided)
    yield decisions


def _gauges(progress: Progress, now: int) -> Iterator[Metric]:
    delay = GaugeMetricFamily(
        "surtitle_stream_watermark_delay_seconds", "How far event time is behind the clock.", labels=["scope"]
    )
    figures: dict[tuple[str, str], Callable[[ScopeProgress], int]] = {
        ("dead_letters_kept", "Dead letters that wait to be looked at."): lambda scope: scope.tally.dead,
        ("open_windows", "Windows that are open."): lambda scope: scope.open_windows,
        ("idle_partitions", "Partitions that do not hold up the watermark."): lambda scope: scope.idle,
    }
    for scope in progress.scopes:
        if scope.watermark > BEGINNING:
            delay.add_metric([scope.scope], max(0, now - scope.watermark) / 1e6)
    yield delay
    for (name, meaning), figure in figures.items():
        family = GaugeMetricFamily(f"surtitle_stream_{name}", meaning, labels=["scope"])
        for scope in progress.scopes:
            family.add_metric([scope.scope], figure(scope))
        yield family


def parse_listen(address: str) -> tuple[str, int]:
    """Read ``HOST:PORT`` or ``PORT``, which listens on this machine alone.

    Raises
    ------
    SettingsError
        If it is neither.

    Examples
    --------
    >>> parse_listen("9400"), parse_listen("0.0.0.0:9400"), parse_listen("[::1]:9400")
    (('127.0.0.1', 9400), ('0.0.0.0', 9400), ('::1', 9400))
    """
    host, _, port = address.rpartition(":")
    if not port.isascii() or not port.isdigit() or int(port) > 65_535:
        raise SettingsError(f"stream.metrics: {address!r} is not HOST:PORT or PORT, such as 127.0.0.1:9400")
    return host.removeprefix("[").removesuffix("]") or "127.0.0.1", int(port)


@contextmanager
def exposing(
    address: str, stream: str, delivery: str, clock: Callable[[], int] = lambda: time.time_ns() // 1000
) -> Iterator[tuple[str, Callable[[Progress], None]]]:
    """Show metrics while the block runs; give where, and what takes the stream's progress.

    Parameters
    ----------
    address : str
        As of `parse_listen`; port 0 is any that is free.
    stream, delivery, clock
        As of `StreamMetrics`.

    Raises
    ------
    SettingsError
        If the address cannot be read.
    SurroundingsError
        If nobody can listen there.
    """
    host, port = parse_listen(address)
    metrics = StreamMetrics(stream, delivery, clock)
    try:
        server, thread = start_http_server(port, host, registry=metrics.registry)
    except OSError as error:
        raise SurroundingsError(
            f"metrics cannot listen on {host}:{port}: {error.strerror}; choose another port with --metrics"
        ) from error
    try:
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{server.server_port}/metrics", metrics.observe
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
