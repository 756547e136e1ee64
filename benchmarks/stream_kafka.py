"""The stream on a real Kafka broker, exactly once, and its peers; from file to file, see `stream_speed.py`.

Our model is trained on r/science, and its comments come round again and again. Rates are records by the seconds from
the first poll with records to the last commit, and by the seconds of CPU of the process, which a busy machine disturbs
less. One process, like the peers, finds the events there; two are set beside one while the events are written. Latency
is from the writing of an event to the commit that holds its decision, after a quarter of the run. The broker, the
generator of events and the stream share this machine's cores.

Peers: Bytewax with recovery counts a file's events in the windows that ours are counted in; Quix Streams passes the
topic through exactly once without scoring anything; a plain loop of scikit-learn and a Kafka consumer scores it at
least once.
"""

import csv
import gzip
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from _claims import Claim, arguments, machine, need_data, tell, versions
from _stream_peers import LOOP, QUIX, VERSIONS, peers_python, run_bytewax, run_peer

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from tests.kafka.broker import Broker  # noqa: E402 the broker is the tests'
from tests.kafka.jars import UnavailableError, fetch_jars  # noqa: E402 after the path is set
from tests.kafka.topics import create_topic, fill, read  # noqa: E402 after the path is set

PACKAGES = ("surtitle", "spacy", "numpy", "confluent-kafka")
SETTINGS = '[project]\nname = "bench"\n[data]\nsource = "comments.csv.gz"\ntext = "text"\nlabel = "removed"\n'
FIELDS = ["stream.id=id", "stream.time=time", "stream.client=client", "stream.delivery=exactly-once"]
WINDOWS = 'stream.windows=["tumbling 1m by client"]'
START = datetime(2026, 1, 1, tzinfo=UTC)


class Bench:
    """A project with a champion, and texts to be decided."""

    def __init__(self, folder: Path, *, quick: bool) -> None:
        self.folder = folder
        self.quick = quick
        self.data = folder / "comments.csv.gz"
        shutil.copy(need_data("reddit_rscience") / "comments.csv.gz", self.data)
        (folder / "surtitle.toml").write_text(SETTINGS)
        surtitle = [sys.executable, "-m", "surtitle.cli", "train", "--project", str(folder), "--json"]
        made = subprocess.run(
            [*surtitle, "--set", "evaluate.resamples=100"], capture_output=True, text=True, check=False
        )
        if made.returncode != 0:
            sys.exit(made.stderr)
        with gzip.open(self.data, "rt", encoding="utf-8", newline="") as file:
            self.texts = [row["text"] for row in csv.DictReader(file)]
        self._runs = 0

    def events(self, count: int) -> Iterator[bytes]:
        """Yield so many events, a thousand a second in event time."""
        for number, text in enumerate(islice(cycle(self.texts), count)):
            moment = (START + timedelta(milliseconds=number)).isoformat()
            event = {"id": str(number), "text": text, "client": f"c{number % 7}", "time": moment}
            yield json.dumps(event).encode()

    def start(self, source: str, target: str, *more: str, **task: Any) -> subprocess.Popen[str]:
        """Start a process of a stream, and wait until it has polled once."""
        overrides = [f"stream.input={json.dumps(source)}", f"stream.output={json.dumps(target)}", *FIELDS, *more]
        told = json.dumps({"project": str(self.folder), "overrides": overrides, **task})
        script = str(Path(__file__).with_name("_stream_child.py"))
        child = subprocess.Popen([sys.executable, script, told], stdout=subprocess.PIPE, text=True)
        assert child.stdout is not None
        if child.stdout.readline() != "ready\n":
            sys.exit(f"a process of the stream ended: {child.wait()}")
        return child

    def fresh(self, stem: str) -> str:
        """Return a path that nothing has used."""
        self._runs += 1
        return str(self.folder / f"{stem}-{self._runs}.jsonl")


def end(child: subprocess.Popen[str]) -> dict[str, Any]:
    """Wait for a process, and return what it measured."""
    said, _ = child.communicate(timeout=1200)
    if child.returncode != 0:
        sys.exit(f"a process of the stream ended: {child.returncode}")
    found: dict[str, Any] = json.loads(said.strip().splitlines()[-1])
    return found


def rate(*found: dict[str, Any]) -> float:
    """Return records per second, from the first's beginning to the last's end."""
    seconds = max(each["last"] for each in found) - min(each["first"] for each in found)
    return float(sum(each["records"] for each in found) / max(seconds, 1e-9))


def per_cpu(found: dict[str, Any]) -> float:
    """Return records per second of CPU."""
    return float(found["records"] / max(found["cpu_s"], 1e-9))


def peer_rate(found: dict[str, Any]) -> float | None:
    """Return a peer's records per second, None if it did not run."""
    return None if "skipped" in found else found["records"] / found["seconds"]


def claim(what: str, value: float, unit: str, floor: float | None, *, below: bool = False, **more: Any) -> Claim:
    """Return a claim; one that names a peer's rate has the ratio to it."""
    holds = None if floor is None else (value <= floor if below else value >= floor)
    return Claim(what, round(value, 3), unit, floor, holds, versions=versions(*PACKAGES), **more)


def windows(bench: Bench, python: str, why: str) -> Claim:
    """Measure windows alone, from file to file, beside Bytewax."""
    path = Path(bench.fresh("in"))
    count = 60_000 if bench.quick else 1_000_000
    with path.open("wb") as file:
        file.writelines(event + b"\n" for event in bench.events(count))
    found = end(bench.start(str(path), bench.fresh("out"), WINDOWS, scoring=False))
    peer = run_bytewax(python, path, bench.folder, count) if python else {"skipped": why}
    theirs = peer_rate(peer)
    return claim(
        "windows without a model, file to file, recovery on, one process",
        rate(found),
        "events/s",
        40_000,
        note=f"{per_cpu(found):,.0f} per second of CPU; ours writes each event's decision as well",
        peer={"bytewax": VERSIONS["bytewax"], **peer},
        ratio=rate(found) / theirs if theirs else None,
    )


def kafka(bench: Bench, broker: Broker, python: str, why: str) -> Iterator[Claim]:
    """Measure from topic to topic."""
    count = 40_000 if bench.quick else 400_000
    one, single = share(bench, broker, count, processes=1)
    alone = backlog(bench, broker, single, count)
    peers = {}
    for name, script, more in (("quixstreams", QUIX, []), ("scikit-learn loop", LOOP, [str(bench.data)])):
        if python:
            target = create_topic(broker, partitions=4)
            peers[name] = run_peer(python, script, broker.address, single, target, str(count), *more)
        else:
            peers[name] = {"skipped": why}
    theirs = peer_rate(peers["quixstreams"])
    yield claim(
        "Kafka to Kafka, exactly-once, one process",
        rate(alone),
        "events/s",
        30_000,
        note=f"{per_cpu(alone):,.0f} per second of CPU; Quix scores nothing, the loop is at least once",
        peer=peers,
        ratio=rate(alone) / theirs if theirs else None,
    )
    both, _ = share(bench, broker, count, processes=2)
    yield claim(
        "Kafka to Kafka, exactly-once, two processes beside one",
        rate(*both) / rate(*one),
        "times",
        1.7,
        note=f"{rate(*both):,.0f} beside {rate(*one):,.0f} events/s; the broker and who writes them share the cores",
    )
    yield from restart(bench, broker)


def backlog(bench: Bench, broker: Broker, source: str, count: int) -> dict[str, Any]:
    """Have one process decide events that are there already, as the peers find them."""
    target = create_topic(broker, partitions=4)
    address = f"kafka://{broker.address}/{source}?group={source}-again"
    found = end(bench.start(address, f"kafka://{broker.address}/{target}"))
    require_all(broker, target, count)
    return found


def share(bench: Bench, broker: Broker, count: int, *, processes: int) -> tuple[list[dict[str, Any]], str]:
    """Have processes decide events as they are written, together; return what they measured, and the topic."""
    source, target = create_topic(broker, partitions=4), create_topic(broker, partitions=4)
    address = f"kafka://{broker.address}/{source}?group={source}"
    children = [bench.start(address, f"kafka://{broker.address}/{target}") for _ in range(processes)]
    time.sleep(3.0)  # until the partitions are shared out
    fill(broker, source, bench.events(count), partitions=4)
    found = [end(child) for child in children]
    require_all(broker, target, count)
    return found, source


def require_all(broker: Broker, target: str, count: int) -> None:
    """End unless there is a decision for each event."""
    seen = len(read(broker, target))
    if seen != count:
        sys.exit(f"{count} events, {seen} decisions")


def restart(bench: Bench, broker: Broker) -> Iterator[Claim]:
    """Kill a process in the middle, and see how long another takes to commit again."""
    source, target = create_topic(broker, partitions=4), create_topic(broker, partitions=4)
    count = 20_000
    fill(broker, source, bench.events(count), partitions=4)
    address, out = f"kafka://{broker.address}/{source}?group={source}", f"kafka://{broker.address}/{target}"
    first = bench.start(address, out, "stream.max_batch=200")
    time.sleep(0.5)
    first.send_signal(signal.SIGKILL)
    first.wait()
    found = end(bench.start(address, out, records=1))
    yield claim(
        "back at work after kill -9: from a loaded model to the first records, Kafka to Kafka",
        found["first"] - found["loaded"],
        "s",
        0.5,
        below=True,
        note=f"loading took {found['loaded'] - found['began']:.2f} s",
    )


def latencies(bench: Bench, broker: Broker) -> Iterator[Claim]:
    """Measure how long an event waits for its durable decision, at two rates."""
    seconds = 3 if bench.quick else 30
    for per_second, floor in ((1_000, 25.0), (5_000, 50.0)):
        count = per_second * seconds
        source, target = create_topic(broker), create_topic(broker)
        address = f"kafka://{broker.address}/{source}?group={source}"
        child = bench.start(address, f"kafka://{broker.address}/{target}", records=count, stamped=True)
        time.sleep(2.0)  # until the partition is ours
        with producing(broker, source) as send:
            write_at(per_second, stamped(bench, count), send)
            half, p99, worst = end(child)["latencies_ms"]
        title = f"arrival to durable decision, Kafka to Kafka, {per_second:,} events/s, p99"
        yield claim(title, p99, "ms", floor, below=True, note=f"p50 {half:.1f} ms, worst {worst:.1f} ms")


def stamped(bench: Bench, count: int) -> Iterator[Callable[[], bytes]]:
    """Yield events that take the time when they are called."""
    for event in bench.events(count):
        # Mypy cannot infer a default.
        yield lambda event=event: event[:-1] + b',"sent":%d}' % (time.time_ns() // 1000)  # type: ignore[misc]


def write_at(per_second: int, events: Iterator[Callable[[], bytes]], send: Callable[[list[bytes]], object]) -> None:
    """Write events at an even rate, those of each two milliseconds together."""
    step_s, began = 0.002, time.perf_counter()
    size = max(1, int(per_second * step_s))
    for turn in range(10**9):
        bunch = [event() for event in islice(events, size)]
        if not bunch:
            return
        send(bunch)
        time.sleep(max(0.0, began + (turn + 1) * step_s - time.perf_counter()))


@contextmanager
def producing(broker: Broker, topic: str) -> Iterator[Callable[[list[bytes]], object]]:
    """Give a function that writes to a topic at once."""
    from confluent_kafka import Producer

    producer = Producer({**broker.client_settings, "linger.ms": 0})

    def send(values: list[bytes]) -> None:
        for value in values:
            producer.produce(topic, value)
        producer.poll(0)

    yield send
    producer.flush()


def main() -> None:
    """Measure everything and print the claims."""
    options = arguments(__doc__ or "")
    folder = Path(tempfile.mkdtemp(prefix="surtitle-bench-"))
    if not options.json:
        print(f"{machine()}, load {os.getloadavg()[0]:.1f}", file=sys.stderr)
    python, why = peers_python(may_install=not options.quick)
    try:
        bench = Bench(folder, quick=options.quick)
        tell(windows(bench, python, why), as_json=options.json)
        try:
            fetch_jars()
        except UnavailableError as error:
            sys.exit(f"skipped: {error}")
        with Broker(folder / "broker", heap_mb=768) as broker:
            for found in (*kafka(bench, broker, python, why), *latencies(bench, broker)):
                tell(found, as_json=options.json)
    finally:
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
