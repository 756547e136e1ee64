"""One process of a stream, as `stream_kafka.py` measures it: prints ``ready``, and at the end one line of JSON.

It is told what to do by a JSON object in its first argument, as `Task` describes.
"""

import itertools
import json
import resource
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.models.decide import DecisionRule
from surtitle.project import load_project
from surtitle.records import Thresholds
from surtitle.stream.deciding import Model
from surtitle.stream.opening import open_stream
from surtitle.stream.ports import Poll
from surtitle.stream.progress import Progress
from surtitle.stream.runner import Runner


class Task(msgspec.Struct, frozen=True):
    """What the process is to do.

    Parameters
    ----------
    project : str
        The project's folder.
    overrides : list of str
        Settings, as of ``--set``.
    records : int
        Stop after so many; 0: when the source is empty for a second after it was not.
    scoring : bool
        Whether the champion decides, or a model that looks at nothing.
    stamped : bool
        Whether records end with the time of their writing, for latencies.
    """

    project: str
    overrides: list[str]
    records: int = 0
    scoring: bool = True
    stamped: bool = False


class Nothing:
    """A model that looks at nothing, to measure the rest."""

    rule = DecisionRule(("kept", "removed"), (1.0, 1.0), Thresholds(review=0.5, remove=0.9))

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return shape (n_texts, 2)."""
        return np.tile([0.75, 0.25], (len(texts), 1))


class Meter:
    """Reads the clock when records are seen, and again when they are committed."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._sent: list[int] = []
        self.records = 0
        self.first = self.last = self.cpu_first = self.cpu_last = 0.0
        self.latencies_ms: list[float] = []
        self.memory_mb: list[float] = []

    def watch(self, runner: Runner) -> None:
        """Look at what the source gives."""
        poll = runner._source.poll

        def watched(max_records: int, wait_s: float) -> Poll:
            found = poll(max_records, wait_s)
            if found.batches and not self.first:
                self.first, self.cpu_first = time.time(), time.process_time()
            if self._task.stamped:
                values = itertools.chain.from_iterable(batch.values for batch in found.batches)
                self._sent = [int(value[value.rindex(b":") + 1 : -1]) for value in values]
            return found

        runner._source.poll = watched  # type: ignore[method-assign]  # the source itself is left alone

    def committed(self, progress: Progress) -> None:
        """Take the time of a commit."""
        if not progress.records:
            return
        self.last, self.cpu_last = time.time(), time.process_time()
        now_us = time.time_ns() // 1000
        self.latencies_ms += [(now_us - sent) / 1000 for sent in self._sent]
        before, self.records = self.records, self.records + progress.records
        if self.records // 50_000 > before // 50_000:
            self.memory_mb.append(memory_mb())


def memory_mb() -> float:
    """Return the memory of this process, now where Linux tells, else at most so far."""
    status = Path("/proc/self/statm")
    if status.exists():
        return int(status.read_text().split()[1]) * resource.getpagesize() / 1e6
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    """Run the stream and tell what was seen."""
    task = msgspec.json.decode(sys.argv[1], type=Task)
    began = time.time()
    stream = open_stream(load_project(Path(task.project), task.overrides), environ={})
    loaded = time.time()
    runner, meter = stream.runner, Meter(task)
    if not task.scoring:
        runner._current_model = lambda: Model("nothing", 1, Nothing())
    meter.watch(runner)
    for turn, progress in enumerate(runner.run()):
        if turn == 0:
            print("ready", flush=True)
        meter.committed(progress)
        if task.records and meter.records >= task.records:
            runner.stop()
        if not task.records and meter.records and time.time() - meter.last > 1.0:
            runner.stop()
    told = {
        "began": began,
        "loaded": loaded,
        "first": meter.first,
        "last": meter.last,
        "cpu_s": meter.cpu_last - meter.cpu_first,
        "records": meter.records,
        "memory_mb": meter.memory_mb or [memory_mb()],
        # The first quarter warms up.
        "latencies_ms": np.percentile(meter.latencies_ms[len(meter.latencies_ms) // 4 :], [50, 99, 100]).tolist()
        if meter.latencies_ms
        else [],
    }
    print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main()
