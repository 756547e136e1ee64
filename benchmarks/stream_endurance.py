"""Millions of events through `surtitle stream`, file to file, exactly once, with windows, and what grows meanwhile.

The comments of r/science come round again and again, a thousand a second in event time and up to two seconds out of
order, from 50 clients and 5,000 authors. A model of words decides, or with --plain one that looks at nothing. The
stream is the command itself; its memory, open windows and processor time are read from its own metrics, twice a second,
and the size of its state from the disk. The files need about 800 bytes an event; SURTITLE_BENCH_DIR says where.
"""

import csv
import gzip
import json
import os
import random
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import NamedTuple

from _claims import Claim, machine, need_data, parser, tell, versions

WINDOWS = ["tumbling 1m by client", "sliding 5m every 1m", "session 30s by author"]
SETTINGS = [f"stream.windows={json.dumps(WINDOWS)}", "stream.out_of_order=2s", "stream.delivery=exactly-once"]
FIELDS = ["stream.id=id", "stream.time=time", "stream.client=client", "stream.author=author"]
START_S = 1_767_225_600
# A minute, five of them, and as many sessions as can be within 32 s, of 20 events each; twice that is a leak.
BOUND = 2 * (50 * 2 + 6 + 32 * 1000 // 20)


class Sample(NamedTuple):
    """What was seen at one moment."""

    records: float
    resident_mb: float
    open_windows: float
    state_mb: float
    cpu_s: float


def main() -> None:
    """Run, and print the claims."""
    options = parser(__doc__ or "")
    options.add_argument("--events", type=int, default=10_000_000, help="how many (10 million)")
    options.add_argument("--plain", action="store_true", help="without the model's time")
    told = options.parse_args()
    events = 200_000 if told.quick else told.events
    data = need_data("reddit_rscience") / "comments.csv.gz"
    folder = Path(tempfile.mkdtemp(prefix="surtitle-bench-", dir=os.environ.get("SURTITLE_BENCH_DIR")))
    try:
        project = train(folder, data)
        write(folder / "in.jsonl", data, events)
        began = time.monotonic()
        samples = run(folder, project, plain=told.plain)
        seconds = time.monotonic() - began
        check(folder, events)
        for claim in claims(samples, events, seconds, "no model" if told.plain else "a model of words"):
            tell(claim, as_json=told.json)
    finally:
        shutil.rmtree(folder)


def train(folder: Path, data: Path) -> Path:
    """Make a project with a champion that knows words."""
    project = folder / "project"
    columns = ["--data", str(data), "--text", "text", "--label", "removed"]
    surtitle("new", str(project), *columns, "--set", "features.char_ngrams=[]")
    surtitle("train", "--project", str(project), "--set", "evaluate.resamples=100")
    return project


def surtitle(*arguments: str) -> None:
    """Run a command to its end."""
    done = subprocess.run(
        [sys.executable, "-m", "surtitle.cli", *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        sys.exit(done.stderr)


def write(path: Path, data: Path, count: int) -> None:
    """Write events."""
    with gzip.open(data, "rt", encoding="utf-8", newline="") as file:
        texts = [json.dumps(row["text"]) for row in csv.DictReader(file)]
    with path.open("w", encoding="utf-8", buffering=1 << 20) as file:
        file.writelines(lines(texts, count))


def lines(texts: list[str], count: int) -> Iterator[str]:
    """Yield events as lines; an author writes 20 times in a row and comes back 100 seconds later."""
    rng = random.Random(0)
    for number, text in enumerate(islice(cycle(texts), count)):
        at = START_S + number / 1000 - rng.random() * 2
        who = f'"client": "c{number % 50}", "author": "a{number // 20 % 5000}"'
        yield f'{{"id": "{number}", "text": {text}, "time": {at:.3f}, {who}}}\n'


def run(folder: Path, project: Path, *, plain: bool) -> list[Sample]:
    """Run the stream to its end; return what was seen on the way."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    files = ["--in", str(folder / "in.jsonl"), "--out", str(folder / "out.jsonl"), "--metrics", str(port)]
    settings = [word for setting in (*SETTINGS, *FIELDS) for word in ("--set", setting)]
    script = [str(Path(__file__).with_name("_stream_plain.py"))] if plain else ["-m", "surtitle.cli"]
    command = [sys.executable, *script, "stream", "--project", str(project), *files, *settings]
    stream = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    samples: list[Sample] = []
    while stream.poll() is None:
        time.sleep(0.5)
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=30) as answer:
                samples.append(sample(answer.read().decode(), project))
        except OSError:
            continue  # it starts, or has just ended
    if stream.returncode != 0:
        sys.exit(f"the stream ended: {stream.returncode}")
    return [each for each in samples if each.records]


def sample(text: str, project: Path) -> Sample:
    """Return what the metrics and the disk say."""

    def value(name: str) -> float:
        return sum(float(each) for each in re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", text, re.M))

    state = sum(path.stat().st_size for path in (project / ".surtitle" / "stream").rglob("*.db*"))
    resident = value("process_resident_memory_bytes") / 1e6
    records, windows = value("surtitle_stream_records_total"), value("surtitle_stream_open_windows")
    return Sample(records, resident, windows, state / 1e6, value("process_cpu_seconds_total"))


def check(folder: Path, events: int) -> None:
    """Make sure that every event was decided once, and counted once in the minutes."""
    with (folder / "out.jsonl").open("rb") as file:
        decided = sum(1 for _ in file)
    counted = 0
    with (folder / "out.windows.jsonl").open("rb") as file:
        for line in file:
            row = json.loads(line)
            counted += row["totals"]["count"] if row["window"] == WINDOWS[0] else 0
    if (decided, counted) != (events, events):
        sys.exit(f"{events} events, {decided} decisions, {counted} counted")


def claims(samples: list[Sample], events: int, seconds: float, model: str) -> Iterator[Claim]:
    """Return what was measured; the first tenth is for warming up."""
    later = [each for each in samples if each.records >= events / 10]
    first, last = later[0], later[-1]
    grown = max(each.resident_mb for each in later) - first.resident_mb
    per_cpu = (last.records - first.records) / max(last.cpu_s - first.cpu_s, 1e-9)
    note = f"{events:,} events, {model}, {len(samples)} samples; {machine()}, load {os.getloadavg()[0]:.1f}"
    found = versions("msgspec", "numpy", "spacy")
    told = f"from {first.resident_mb:.0f} MB at {first.records:,.0f} events to {last.resident_mb:.0f} MB; {note}"
    yield Claim(
        "most memory gained after a tenth of the events", round(grown, 1), "MB", 20, grown <= 20, {}, None, found, told
    )
    windows = max(each.open_windows for each in samples)
    yield Claim("most windows open at once", windows, "windows", BOUND, windows <= BOUND, {}, None, found, note)
    state = max(each.state_mb for each in samples)
    yield Claim("most bytes of state on disk", round(state, 1), "MB", 50, state <= 50, {}, None, found, note)
    what = f"{events / seconds:,.0f} a second by the clock, start and loading included; {note}"
    yield Claim("events per second of processor time", round(per_cpu), "events/s", None, None, {}, None, found, what)


if __name__ == "__main__":
    main()
