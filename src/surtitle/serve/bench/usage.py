"""What a service took while it was loaded, by its own metrics: processor time and memory."""

import re
import time
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPSConnection

import msgspec

from surtitle.progress import SILENT, Reporter
from surtitle.serve.bench.run import LoadPlan, run_load
from surtitle.serve.bench.statistics import LoadReport, ServiceUse
from surtitle.serve.bench.target import Target

__all__ = ["Gauges", "parse_gauges", "read_gauges", "run_measured_load", "use_between"]

_TELL_S = 0.7  # a worker notes what it has used every half second
_TIMEOUT_S = 5.0
_LIMIT = 4_000_000
_NAMES = {
    "surtitle_cpu_seconds_total": "cpu_s",
    "surtitle_resident_bytes": "resident_bytes",
    "surtitle_models_bytes": "models_bytes",
    "surtitle_workers": "workers",
}
_LINE = re.compile(r"^(surtitle_\w+)(?:\{\})? ([0-9.eE+-]+)$", re.M)


class Gauges(msgspec.Struct, frozen=True, kw_only=True):
    """What `/metrics` tells of all workers together.

    Parameters
    ----------
    cpu_s : float
        Processor time since they began.
    resident_bytes, models_bytes : float
        Memory, and what the models take of it.
    workers : float
        Processes.
    """

    cpu_s: float
    resident_bytes: float
    models_bytes: float
    workers: float


def parse_gauges(text: str) -> Gauges | None:
    r"""Read the text of `/metrics`; None where it is not a service's of ours.

    Examples
    --------
    >>> parse_gauges("surtitle_workers 1.0\n") is None
    True
    """
    found = {_NAMES[name]: float(value) for name, value in _LINE.findall(text) if name in _NAMES}
    return Gauges(**found) if len(found) == len(_NAMES) else None


def read_gauges(target: Target, key: str = "") -> Gauges | None:
    """Ask a service for its metrics; None where it does not show them."""
    kind = HTTPSConnection if target.tls else HTTPConnection
    try:
        with closing(kind(target.host, target.port, timeout=_TIMEOUT_S)) as connection:
            connection.request("GET", "/metrics", headers={"Authorization": f"Bearer {key}"} if key else {})
            answer = connection.getresponse()
            body = answer.read(_LIMIT)
    except (OSError, HTTPException):
        return None
    return parse_gauges(body.decode("utf-8", "replace")) if answer.status == 200 else None


def use_between(before: Gauges, after: Gauges, report: LoadReport) -> ServiceUse | None:
    """Return what the requests between two looks took; None where workers came or went, or nothing was answered."""
    if before.workers != after.workers or after.workers < 1 or not report.answered or after.cpu_s <= before.cpu_s:
        return None
    return ServiceUse(
        workers=int(after.workers),
        cpu_ms=round(1000 * (after.cpu_s - before.cpu_s) / (report.answered + sum(report.failed.values())), 4),
        worker_mb=round(after.resident_bytes / after.workers / 1e6, 1),
        model_mb=round(after.models_bytes / after.workers / 1e6, 1),
    )


def run_measured_load(
    target: Target, bodies: Sequence[bytes], plan: LoadPlan, *, key: str = "", reporter: Reporter = SILENT
) -> LoadReport:
    """Ask a service, count what comes back, and what it took, as far as it shows its metrics.

    Parameters
    ----------
    target : Target
        Whom to ask.
    bodies : sequence of bytes
        Whole requests, sent in turn.
    plan : LoadPlan
        How hard, how long.
    key : str
        Of the API, for `/metrics`.
    reporter : Reporter
        Told of the progress.

    Raises
    ------
    UsageError
        If the plan makes no sense.
    SurroundingsError
        If nobody answers at the address.
    """
    before = read_gauges(target, key)
    report = run_load(target, bodies, plan, reporter=reporter)
    if before is None:
        return report
    time.sleep(_TELL_S)
    after = read_gauges(target, key)
    return report if after is None else msgspec.structs.replace(report, service=use_between(before, after, report))
