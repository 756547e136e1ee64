"""Kill a stream again and again at random moments, file to file, and say what came of it.

Run as ``python -m tests.stream.torture --folder DIR [--events N] [--kills K] [--delivery MODE]``. The stream runs in a
forked process, so that a life costs milliseconds; it is killed by SIGKILL.
"""

import argparse
import json
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import pandas as pd

from surtitle.stream.core import Core
from surtitle.stream.deciding import Model
from surtitle.stream.ports import CHANNELS, Channel, Delivery, Opening
from surtitle.stream.rules import RuleBook
from surtitle.stream.runner import Pace, Runner
from surtitle.stream.state import Identity, State
from surtitle.stream.testing import LengthScorer
from surtitle.stream.wiring import open_sink, open_source
from tests.stream.streams import BASE, SECOND, plan

_DECISION_BYTES = 252  # about
PLAN = plan(["tumbling 10s by client", "session 2s by author"], bound_s=2)


def write_events(path: Path, n: int, seed: int) -> None:
    """Write events 10 ms apart, up to a second out of order, one in a thousand of them broken."""
    rng = random.Random(seed)
    with path.open("w", encoding="utf-8") as file:
        for number in range(n):
            if number % 1000 == 999:
                file.write("broken\n")
                continue
            event = {
                "id": f"e{number}",
                "text": "x" * rng.randrange(100),
                "time": (BASE + number * SECOND // 100 - rng.randrange(SECOND)) / SECOND,
                "client": f"client {rng.randrange(5)}",
                "author": f"author {rng.randrange(400)}",
            }
            file.write(json.dumps(event) + "\n")


def live(folder: Path, delivery: Delivery, max_records: int, started: int) -> None:
    """Run the stream of files in this process, until its end."""
    sinks: dict[Channel, str] = {channel: str(folder / f"{channel}.jsonl") for channel in CHANNELS}
    run_stream(folder, str(folder / "in.jsonl"), sinks, delivery, max_records, started)


def run_stream(
    folder: Path,
    source_address: str,
    sinks: Mapping[Channel, str],
    delivery: Delivery,
    max_records: int,
    started: int,
    *,
    stop_at: int | None = None,
) -> None:
    """Run a stream in this process, until its source ends or it has seen `stop_at` records."""
    opening = Opening(stream="torture", delivery=delivery)
    source = open_source(source_address, opening)
    sink = open_sink(sinks, opening, source)
    runner = Runner(
        source,
        sink,
        make_core=lambda scope: Core(PLAN, RuleBook(), source=source.name, scope=scope, keyed=sink.keyed),
        open_state=lambda scope: State(folder / "stream.db", Identity("p", "torture", scope, source.name, "sink")),
        current_model=lambda: Model("model", 1, LengthScorer()),
        delivery=delivery,
        pace=Pace(max_records=max_records, wait_s=0.02),
    )
    os.write(started, b".")
    for progress in runner.run():
        if progress.tally.records == stop_at:
            runner.stop()


def life(run: Callable[[int], None], meanwhile: Callable[[], object] | None) -> bool:
    """Let `run` live in a process of its own, and kill it after `meanwhile`; return whether it had come to its end.

    `run` is told the descriptor to which it writes a byte when it begins.
    """
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            run(theirs)
            code = 0
        finally:
            os._exit(code)
    os.close(theirs)
    os.read(ours, 1)
    os.close(ours)
    if meanwhile is not None:
        meanwhile()
        os.kill(child, signal.SIGKILL)
    status = os.waitpid(child, 0)[1]
    if os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0:
        raise RuntimeError("the stream failed by itself")
    return os.WIFEXITED(status)


def torture(folder: Path, *, events: int, kills: int, delivery: Delivery, seed: int) -> dict[str, Any]:
    """Kill the stream so often, let it come to its end, and compare with what should have come of it."""
    rng = random.Random(seed)
    write_events(folder / "in.jsonl", events, seed)
    # As many commits as a few lives see between them, so that kills fall all over the run.
    max_records, died, ended = max(10, events // max(1, kills) // 12), 0, False
    lived_s, longest_s = 0.0, 0.05
    while died < kills and not ended:
        moment_s = rng.uniform(0, longest_s)
        ended = life(partial(live, folder, delivery, max_records), partial(time.sleep, moment_s))
        died, lived_s = died + (not ended), lived_s + moment_s
        longest_s = pace(folder, events, kills - died, lived_s)
    done = len(_ids(folder / "decisions.jsonl", whole=False)) if died else 0
    begun = time.perf_counter()
    while not life(partial(live, folder, delivery, 5000), None):
        pass
    return {
        "kills": died,
        "share_done_at_the_last_kill": done / events,
        "last_life_s": time.perf_counter() - begun,
        **compare(folder),
    }


def pace(folder: Path, events: int, kills_left: int, lived_s: float) -> float:
    """Return how long lives may be, for the last kill to fall shortly before the end."""
    decisions = folder / "decisions.jsonl"
    size = decisions.stat().st_size if decisions.exists() else 0
    if not size or not kills_left:
        return 0.05
    done = size / (events * _DECISION_BYTES)
    return min(0.5, max(0.002, 1.4 * (1 - done) / kills_left * lived_s / done))


def compare(folder: Path) -> dict[str, Any]:
    """Say what was lost, what came twice, and whether windows are as pandas computes them."""
    given = [json.loads(line) for line in (folder / "in.jsonl").read_text().splitlines() if line != "broken"]
    decided = Counter(_ids(folder / "decisions.jsonl"))
    lost = sum(event["id"] not in decided for event in given)
    frame = pd.DataFrame(given)
    frame["time_us"] = (frame["time"] * 1e6).round().astype("int64")
    frame["score"] = frame["text"].str.len() % 100 / 100
    windows = [json.loads(line) for line in (folder / "windows.jsonl").read_text().splitlines()]
    return {
        "events": len(given),
        "lost": lost,
        "twice": sum(count - 1 for count in decided.values()),
        "late": len((folder / "late.jsonl").read_text().splitlines()),
        "windows": len(windows),
        "windows_twice": len(windows) - len({json.dumps([row["window"], row["key"], row["start"]]) for row in windows}),
        "tumbling_as_pandas": _rows(windows, "tumbling") == _tumbling(frame),
        "sessions_as_pandas": _rows(windows, "session") == _sessions(frame),
    }


def _ids(path: Path, *, whole: bool = True) -> list[str]:
    lines = path.read_text().splitlines() if path.exists() else []
    return [json.loads(line)["id"] for line in (lines if whole else lines[:-1])]


Rows = dict[tuple[str, int], tuple[int, int, float]]


def _rows(windows: list[dict[str, Any]], kind: str) -> Rows:
    found: Rows = {}
    for row in windows:
        if row["window"].startswith(kind):
            (key,) = row["key"].values()
            start, end = (pd.Timestamp(row[name]).value // 1000 for name in ("start", "end"))
            told = (end, row["totals"]["count"], round(row["totals"]["mean"], 9))
            if found.setdefault((key, start), told) != told:
                raise AssertionError(f"said twice, and not the same: {row}")
    return found


def _tumbling(frame: pd.DataFrame) -> Rows:
    start = frame["time_us"] // (10 * SECOND) * (10 * SECOND)
    grouped = frame.groupby([frame["client"], start])["score"].agg(["count", "mean"])
    return {
        cast(tuple[str, int], (key, at)): (at + 10 * SECOND, int(count), round(mean, 9))
        for (key, at), count, mean in grouped.itertuples()
    }


def _sessions(frame: pd.DataFrame) -> Rows:
    ordered = frame.sort_values(["author", "time_us"], kind="stable")
    begins = ordered.groupby("author")["time_us"].diff().fillna(10**15) >= 2 * SECOND
    grouped = ordered.groupby(begins.cumsum()).agg(
        author=("author", "first"),
        start=("time_us", "min"),
        last=("time_us", "max"),
        n=("id", "count"),
        mean=("score", "mean"),
    )
    return {
        (author, start): (last + 2 * SECOND, n, round(mean, 9))
        for author, start, last, n, mean in grouped.itertuples(index=False)
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--events", type=int, default=200_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--delivery", default="exactly-once")
    parser.add_argument("--seed", type=int, default=0)
    told = parser.parse_args()
    result = torture(told.folder, events=told.events, kills=told.kills, delivery=told.delivery, seed=told.seed)
    print(json.dumps(result))
