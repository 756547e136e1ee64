"""Prometheus metrics, right over several workers: each keeps its numbers in files that any of them can add up.

Labels are bounded: endpoints and statuses are fixed sets, and versions are those that have been champion.
"""

import os
import resource
from collections.abc import Sequence
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from surtitle.cycle.loading import Loaded
from surtitle.models import LinearScorer
from surtitle.records import Scored

__all__ = ["CONTENT_TYPE_LATEST", "ENDPOINTS", "Metrics", "render"]

ENDPOINTS = ("decide", "infer", "events", "labels", "models", "v2", "health", "metrics", "docs", "other")
_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5)
_TEXTS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)


class Metrics:
    """What this worker counts. Children are kept, so that a request looks up no labels."""

    def __init__(self) -> None:
        requests = Counter("surtitle_requests", "Requests answered.", ["endpoint", "status"], registry=None)
        seconds = Histogram(
            "surtitle_request_seconds",
            "From the request's head to the answer.",
            ["endpoint"],
            buckets=_SECONDS,
            registry=None,
        )
        self._requests = requests
        self._status: dict[tuple[str, int], Counter] = {}
        self._seconds = {endpoint: seconds.labels(endpoint) for endpoint in ENDPOINTS}
        self._texts = Histogram("surtitle_batch_texts", "Texts per request.", buckets=_TEXTS, registry=None)
        self._decisions = Counter("surtitle_decisions", "Decisions.", ["action", "version"], registry=None)
        self._actions: dict[tuple[str, str], Counter] = {}
        self._hits = Counter("surtitle_scorer_cache_hits", "Chunks of text known to the scorer.", registry=None)
        self._misses = Counter("surtitle_scorer_cache_misses", "Chunks of text new to the scorer.", registry=None)
        self._loads = Counter("surtitle_model_loads", "Versions loaded or refused.", ["result"], registry=None)
        self._labels = Counter("surtitle_labels", "Late labels stored.", registry=None)
        self._events = Counter("surtitle_events", "Events stored for the stream.", registry=None)
        self._shadow = Counter("surtitle_shadow", "Events that the challenger scored too.", ["result"], registry=None)
        self._cpu = Counter("surtitle_cpu_seconds", "Processor time of all workers.", registry=None)
        self._version = _gauge("surtitle_model_version", "The general champion.", "mostrecent")
        self._created = _gauge(
            "surtitle_model_created_timestamp_seconds", "When that version was registered.", "mostrecent"
        )
        self._n_models = _gauge("surtitle_models_loaded", "Models in memory.", "livesum")
        self._bytes = _gauge("surtitle_models_bytes", "Their estimated size.", "livesum")
        self._in_flight = _gauge("surtitle_in_flight", "Requests not answered yet.", "livesum")
        self._resident = _gauge("surtitle_resident_bytes", "Resident memory of the workers.", "livesum")
        self._workers = _gauge("surtitle_workers", "Workers that run.", "livesum")
        self._workers.set(1)
        self._cpu_told = 0.0
        self._cache_told: dict[int, tuple[int, int]] = {}

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """Count one request."""
        found = self._status.get((endpoint, status))
        if found is None:
            found = self._status[endpoint, status] = self._requests.labels(endpoint, str(status))
        found.inc()
        self._seconds[endpoint].observe(seconds)

    def decided(self, scored: Sequence[Scored], version: str) -> None:
        """Count the decisions of one request by one model."""
        for each in scored:
            found = self._actions.get((each.action, version))
            if found is None:
                found = self._actions[each.action, version] = self._decisions.labels(each.action, version)
            found.inc()

    def batch(self, n_texts: int) -> None:
        """Note the size of one request."""
        self._texts.observe(n_texts)

    def labels_stored(self, n: int) -> None:
        """Count late labels."""
        self._labels.inc(n)

    def events_stored(self, n: int) -> None:
        """Count events for the stream."""
        self._events.inc(n)

    def loaded(self, result: str) -> None:
        """Count a load: `ok` or `refused`."""
        self._loads.labels(result).inc()

    def shadowed(self, result: str, n: int) -> None:
        """Count events of the shadow: `kept` or `dropped`."""
        self._shadow.labels(result).inc(n)

    def champion(self, loaded: Loaded) -> None:
        """Note which version decides now."""
        self._version.set(loaded.number)
        self._created.set(loaded.created_at.timestamp())

    def models(self, n: int, size: int) -> None:
        """Note what is in memory."""
        self._n_models.set(n)
        self._bytes.set(size)

    def tick(self, in_flight: int, champion: Loaded) -> None:
        """Note what is read now and then rather than at each request."""
        self._in_flight.set(in_flight)
        self._resident.set(_resident_bytes())
        used = resource.getrusage(resource.RUSAGE_SELF)
        total = used.ru_utime + used.ru_stime
        self._cpu.inc(total - self._cpu_told)
        self._cpu_told = total
        self._tell_cache(champion)

    def _tell_cache(self, champion: Loaded) -> None:
        found = champion.scorer.stats() if isinstance(champion.scorer, LinearScorer) else {}
        hits, misses = found.get("hits", 0), found.get("misses", 0)
        before = self._cache_told.get(champion.number, (0, 0))
        self._hits.inc(max(0, hits - before[0]))
        self._misses.inc(max(0, misses - before[1]))
        self._cache_told = {champion.number: (hits, misses)}


def _gauge(name: str, meaning: str, mode: str) -> Gauge:
    return Gauge(name, meaning, multiprocess_mode=mode, registry=None)  # type: ignore[arg-type]  # a Literal of theirs


def _resident_bytes() -> int:
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * os.sysconf("SC_PAGE_SIZE")


def render(folder: str) -> bytes:
    """Return the numbers of all workers, added up, as Prometheus reads them.

    Parameters
    ----------
    folder : str
        Where the workers keep them.
    """
    registry = CollectorRegistry()
    MultiProcessCollector(registry, path=folder)  # type: ignore[no-untyped-call]  # theirs
    return generate_latest(registry)
