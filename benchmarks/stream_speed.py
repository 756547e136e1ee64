"""The stream, file to file, exactly once, on one core: throughput, latency, recovery and memory.

Model and events are the comments of r/science, again and again, ten milliseconds apart in event time. Throughput is
counted in events per second of processor time of one process that is held to one core. With --quick on fewer events.
"""

import contextlib
import csv
import gzip
import io
import json
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from _claims import DATA, Claim, arguments, machine, tell, versions
from surtitle.cli import main as surtitle
from surtitle.models.decide import DecisionRule
from surtitle.project import find_project, load_project
from surtitle.records import Thresholds
from surtitle.settings import DataSettings, Settings, StreamSettings
from surtitle.stream.core import Core
from surtitle.stream.deciding import Model, TextScorer
from surtitle.stream.models import Champions
from surtitle.stream.planning import plan_of
from surtitle.stream.ports import Opening
from surtitle.stream.rules import RuleBook
from surtitle.stream.runner import Pace, Runner
from surtitle.stream.sinks.files import FileSink
from surtitle.stream.sources.files import FileSource
from surtitle.stream.state import Identity, State

PACKAGES = ("msgspec", "numpy", "spacy")
BASE_S = 1_700_000_000
WINDOWS = ("tumbling 1m by client",)


class NoModel:
    """Says the same of each text: what is left is the stream."""

    rule = DecisionRule(("kept", "removed"), (1.0, 1.0), Thresholds(review=0.3, remove=0.7))

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return a half and a half."""
        return np.full((len(texts), 2), 0.5)


def main() -> None:
    """Print the claims."""
    options = arguments(__doc__ or "")
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory(dir=os.environ.get("SURTITLE_BENCH_DIR")) as name:
        folder = Path(name)
        texts, what = train_in(folder)
        size, runs = (30_000, 1) if options.quick else (300_000, 3)
        write_events(folder / "in.jsonl", texts, size)
        note = f"model and events from {what}, {statistics.mean(map(len, texts)):.0f} characters a text; {machine()}"
        model = Champions(load_project(find_project(folder / "project")), "champion", lambda: 0).general
        engine = getattr(model.scorer, "engine", "python")
        floor = 60_000 if engine == "native" else 12_000
        rates = [throughput(folder, model.scorer, ()) for _ in range(runs)]
        report("file to file, exactly once, no windows", max(rates), floor, f"{engine} scorer; {note}", options.json)
        rates = [throughput(folder, model.scorer, WINDOWS) for _ in range(runs)]
        report(
            "the same with windows of a minute by client", max(rates), floor, f"{engine} scorer; {note}", options.json
        )
        rates = [throughput(folder, NoModel(), WINDOWS) for _ in range(runs)]
        report("windows only, recovery on", max(rates), 40_000, note, options.json)
        for rate, limit_ms in ((1000, 25.0), (5000, 50.0)):
            p99 = latency(folder, model.scorer, texts, rate, 3 if options.quick else 20)
            tell(
                Claim(
                    claim=f"arrival to durable decision at {rate:,} events/s, p99",
                    value=round(p99, 1),
                    unit="ms",
                    floor=limit_ms,
                    holds=p99 <= limit_ms,
                    versions=versions(*PACKAGES),
                    note=note,
                ),
                as_json=options.json,
            )
        seconds = recovery(folder)
        tell(
            Claim(
                claim="back to work after a kill, beside loading the model",
                value=round(seconds, 3),
                unit="s",
                floor=0.5,
                holds=seconds <= 0.5,
                versions=versions(*PACKAGES),
                note=f"state with 2,000 open windows; {machine()}",
            ),
            as_json=options.json,
        )
        events = 300_000 if options.quick else 10_000_000
        grown = memory(folder, texts, events)
        tell(
            Claim(
                claim="memory gained over the last nine tenths of the events",
                value=round(grown, 1),
                unit="MB",
                floor=20,
                holds=grown <= 20,
                versions=versions(*PACKAGES),
                note=f"{events:,} events; {machine()}",
            ),
            as_json=options.json,
        )


def report(claim: str, rate: float, floor: float, note: str, as_json: bool) -> None:
    """Print a claim on throughput."""
    tell(
        Claim(
            claim=claim,
            value=round(rate),
            unit="events/s of one core",
            floor=floor,
            holds=rate >= floor,
            versions=versions(*PACKAGES),
            note=note,
        ),
        as_json=as_json,
    )


def train_in(folder: Path) -> tuple[list[str], str]:
    """Make and train a project; return texts and what they are."""
    comments = DATA / "reddit_rscience" / "comments.csv.gz"
    if not comments.is_file():
        sys.exit(f"skipped: no real data in {DATA}")
    with gzip.open(comments, "rt", encoding="utf-8", newline="") as file:
        texts = [row["text"] for row in csv.DictReader(file)]
    options = ["--data", str(comments), "--text", "text", "--label", "removed", "--set", "evaluate.resamples=100"]
    project = str(folder / "project")
    with contextlib.redirect_stdout(io.StringIO()):
        codes = [surtitle(["new", project, *options]), surtitle(["train", "--project", project])]
    assert codes == [0, 0]
    return texts, "r/science"


def write_events(path: Path, texts: list[str], size: int) -> None:
    """Write events."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(event(number, texts[number % len(texts)], BASE_S + number / 100) for number in range(size))


def event(number: int | str, text: str, at_s: float) -> str:
    """Return one event as a line."""
    return (
        json.dumps({"id": str(number), "text": text, "time": at_s, "client": f"client {hash(str(number)) % 20}"}) + "\n"
    )


def stream(
    folder: Path, scorer: TextScorer, windows: tuple[str, ...], *, follow: bool = False, source: str = "in.jsonl"
) -> Runner:
    """Return a stream over the events, on a state of its own."""
    settings = Settings(
        data=DataSettings(id="id", time="time", client="client"), stream=StreamSettings(windows=windows)
    )
    plan, run = plan_of(settings), str(time.perf_counter_ns())
    files = FileSource(folder / source, Opening(stream="bench", follow=follow))
    return Runner(
        files,
        FileSink({name: folder / run / f"{name}.jsonl" for name in ("decisions", "windows", "late")}),
        make_core=lambda scope: Core(plan, RuleBook(), source=files.name, scope=scope),
        open_state=lambda scope: State(folder / run / "stream.db", Identity("p", "bench", scope, files.name, "")),
        current_model=lambda: Model("model", 1, scorer),
        pace=Pace(wait_s=0.02),
    )


def throughput(folder: Path, scorer: TextScorer, windows: tuple[str, ...]) -> float:
    """Return events per second of this process's processor time, from the first poll to the last commit."""
    runner = stream(folder, scorer, windows)
    begun, records = time.process_time(), 0
    for progress in runner.run():
        records += progress.records
    return records / (time.process_time() - begun)


def latency(folder: Path, scorer: TextScorer, texts: list[str], rate: int, seconds: int) -> float:
    """Return the 99th percentile, in ms, of the time from an event's arrival in the file to its committed decision."""
    name = f"live-{rate}.jsonl"
    (folder / name).touch()
    writer = os.fork()
    if writer == 0:
        write_paced(folder / name, texts, rate, seconds)
        os._exit(0)
    os.sched_setaffinity(0, set(range(os.cpu_count() or 1)))  # as a service would run; only throughput is per core
    runner = stream(folder, scorer, (), follow=True, source=name)
    arrived = follow_arrivals(folder / name)
    waits: list[float] = []
    for progress in runner.run():
        now = time.time()
        waits += [now - next(arrived) for _ in range(progress.records)]
        if len(waits) >= rate * seconds:
            break
    os.waitpid(writer, 0)
    return float(np.percentile(waits[rate:], 99)) * 1000  # the first second warms up


def write_paced(path: Path, texts: list[str], rate: int, seconds: int) -> None:
    """Append events at a steady rate, each with the moment of its writing."""
    with path.open("a", encoding="utf-8", buffering=1) as file:
        begun = time.perf_counter()
        for number in range(rate * seconds):
            ahead = begun + number / rate - time.perf_counter()
            if ahead > 0:
                time.sleep(ahead)
            file.write(event(number, texts[number % len(texts)], time.time()))


def follow_arrivals(path: Path) -> Iterator[float]:
    """Yield the moment of each event's writing; asked only for events that the stream has read."""
    with path.open(encoding="utf-8") as file:
        while line := file.readline():
            yield json.loads(line)["time"]


def recovery(folder: Path) -> float:
    """Return the seconds from opening a state with 2,000 open windows to the first poll."""
    settings = Settings(data=DataSettings(time="time"), stream=StreamSettings(windows=("session 1d by author",)))
    plan = plan_of(settings)
    path = folder / "many.jsonl"
    with path.open("w") as file:
        for number in range(2000):
            file.write(json.dumps({"text": "a", "time": BASE_S + number, "author": f"author {number}"}) + "\n")

    def runner() -> Runner:
        files = FileSource(path, Opening(stream="bench", follow=True))
        return Runner(
            files,
            FileSink({name: folder / "many" / f"{name}.jsonl" for name in ("decisions", "windows", "late")}),
            make_core=lambda scope: Core(plan, RuleBook(), source=files.name, scope=scope),
            open_state=lambda scope: State(folder / "many" / "stream.db", Identity("p", "b", scope, files.name, "")),
            current_model=lambda: Model("model", 1, NoModel()),
            pace=Pace(wait_s=0),
        )

    first = runner().run()
    for progress in first:
        if progress.tally.records == 2000:
            break
    first.close()
    begun = time.perf_counter()
    second = runner().run()
    progress = next(second)
    seconds = time.perf_counter() - begun
    assert progress.open_windows == 2000
    second.close()
    return seconds


def memory(folder: Path, texts: list[str], size: int) -> float:
    """Return by how many MB the process grew after the first tenth of so many events."""
    short = [text[:60] for text in texts]
    write_events(folder / "long.jsonl", short, size)
    at_first = None
    for progress in stream(folder, NoModel(), WINDOWS, source="long.jsonl").run():
        if at_first is None and progress.tally.records >= size // 10:
            at_first = resident_mb()
    assert at_first is not None
    return resident_mb() - at_first


def resident_mb() -> float:
    """Return the memory of this process now; its peak would be that of the training before."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


if __name__ == "__main__":
    main()
