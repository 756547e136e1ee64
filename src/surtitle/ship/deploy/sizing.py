"""How many workers, how much memory, what machine: from a measurement and the load to come. PURE.

The sum is told in words, so that whoever decides can see what it rests on.
"""

import math

import msgspec

from surtitle.errors import Fault, UsageError

__all__ = ["Load", "Measurement", "Size", "find_size"]

USE = 0.6
"""The share of a worker's core that is planned to be busy: above it, waiting grows faster than the load."""
_USE_WITH_ONE_AWAY = 0.9
_SPARE = 1.25
_STEP_MB = 32
_MOST_PER_S = 1_000_000
_MOST_TEXTS = 1_000
_MOST_WORKERS = 64
_PARENT_MB = 64.0


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What is expected of the service.

    Parameters
    ----------
    requests_per_s : float
        In the busiest minute, above 0.
    texts_per_request : int
        In each.
    """

    requests_per_s: float
    texts_per_request: int = 1

    def check(self) -> None:
        """Refuse what no service will ever see.

        Raises
        ------
        UsageError
            With everything that is wrong.
        """
        faults = []
        if not 0 < self.requests_per_s <= _MOST_PER_S:
            what = f"lies above 0 and up to {_MOST_PER_S:,} requests a second, got {self.requests_per_s:g}"
            faults.append(Fault("--load", what, "name the busiest minute, as requests a second"))
        if not 1 <= self.texts_per_request <= _MOST_TEXTS:
            what = f"lies between 1 and {_MOST_TEXTS:,}, got {self.texts_per_request:,}"
            faults.append(Fault("--texts", what, "name the texts in one request"))
        if faults:
            raise UsageError("this load cannot be planned for", faults)


class Measurement(msgspec.Struct, frozen=True, kw_only=True):
    """What one worker takes, measured.

    Parameters
    ----------
    cpu_ms : float
        Processor time for a request.
    texts_per_request : int
        In each of the requests measured.
    worker_mb : float
        Resident memory of a worker, after the load.
    model_mb : float
        What the model takes of it; so much again while a new champion is taken up beside it.
    source : str
        Where this comes from, in words.
    """

    cpu_ms: float
    texts_per_request: int
    worker_mb: float
    model_mb: float
    source: str


class Size(msgspec.Struct, frozen=True, kw_only=True):
    """What is proposed.

    Parameters
    ----------
    instances : int
        Services beside each other, at least 2, so that one can be started anew while the others answer.
    workers : int
        Of each instance.
    cores : float
        Processor time that the load takes, over all instances.
    cpu_m : int
        What an instance asks for, in thousandths of a core.
    memory_mb : int
        What an instance may take.
    machine_cores, machine_mb : int
        Of one machine that carries all instances and a proxy.
    words : tuple of str
        The sum, line by line.
    """

    instances: int
    workers: int
    cores: float
    cpu_m: int
    memory_mb: int
    machine_cores: int
    machine_mb: int
    words: tuple[str, ...]


def find_size(load: Load, measured: Measurement, *, workers: int | None = None) -> Size:
    """Propose a size that carries the load, also while one instance is away.

    Parameters
    ----------
    load : Load
        To come.
    measured : Measurement
        Of one worker.
    workers : int or None
        Of each instance. None: two instances with as many workers as it takes. A number, as in a cluster: as many
        instances as it takes.

    Raises
    ------
    UsageError
        If the load makes no sense, or is more than one machine can carry.

    Examples
    --------
    >>> measured = Measurement(cpu_ms=1.2, texts_per_request=1, worker_mb=120, model_mb=10, source="measured now")
    >>> size = find_size(Load(requests_per_s=300), measured)
    >>> size.instances, size.workers, size.memory_mb
    (2, 1, 256)
    >>> print(size.words[1])
    300 requests/s x 1.2 ms = 0.36 cores
    """
    load.check()
    cpu_ms, note = _cpu_of(load, measured)
    cores = load.requests_per_s * cpu_ms / 1000
    needed = max(1, math.ceil(round(cores / USE, 9)))
    if workers is None:
        instances = 2
        workers = max(math.ceil(needed / instances), math.ceil(round(cores / _USE_WITH_ONE_AWAY, 9)))
    else:
        instances = max(2, math.ceil(needed / workers), math.ceil(round(cores / _USE_WITH_ONE_AWAY / workers, 9)) + 1)
    if workers > _MOST_WORKERS:
        raise UsageError(
            f"{load.requests_per_s:,.0f} requests/s x {cpu_ms:.3g} ms = {cores:,.0f} cores; that takes two services of "
            f"{workers:,} workers, and there may be {_MOST_WORKERS}; spread it over machines: surtitle ship kubernetes"
        )
    memory = _round_up((_PARENT_MB + workers * (measured.worker_mb + measured.model_mb)) * _SPARE, _STEP_MB)
    machine_cores = needed + 1  # nginx and the stream need some too
    machine_mb = _round_up(instances * memory + 512, 512)
    away = cores / ((instances - 1) * workers)
    each = f"{measured.worker_mb:.0f} MB worker + {measured.model_mb:.0f} MB for the next champion"
    words = (
        measured.source,
        f"{load.requests_per_s:,g} requests/s x {cpu_ms:.3g} ms{note} = {cores:.2f} cores",
        f"at {USE:.0%} use: {cores:.2f} / {USE:g} -> {needed:,} worker{'s' if needed > 1 else ''}",
        f"{instances:,} instances of {workers:,}: with one away the rest is busy to {away:.0%}",
        f"memory of an instance = ({_PARENT_MB:.0f} MB parent + {workers:,} x ({each})) x {_SPARE:g} -> {memory:,} MB",
        f"one machine for all of it: {machine_cores:,} cores, {machine_mb / 1024:.1f} GB",
    )
    return Size(
        instances=instances,
        workers=workers,
        cores=round(cores, 6),
        cpu_m=_round_up(max(100.0, 1000 * cores / USE / instances), 50),
        memory_mb=memory,
        machine_cores=machine_cores,
        machine_mb=machine_mb,
        words=words,
    )


def _cpu_of(load: Load, measured: Measurement) -> tuple[float, str]:
    """Return the milliseconds of a request with so many texts; never less than was measured with fewer."""
    factor = load.texts_per_request / measured.texts_per_request
    if factor <= 1:
        return measured.cpu_ms, ""
    was = f"{measured.texts_per_request:,} text{'s' if measured.texts_per_request > 1 else ''}"
    note = f" ({load.texts_per_request:,} texts, {measured.cpu_ms:.3g} ms measured with {was}: at most)"
    return measured.cpu_ms * factor, note


def _round_up(value: float, step: int) -> int:
    return step * math.ceil(round(value / step, 9))
