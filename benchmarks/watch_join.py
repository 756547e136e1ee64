"""Decisions joined to late labels: 10 million, a day at a time, in bounded memory.

Each day brings a file of decisions with random identifiers, as a stream writes it, and the labels of a fifth of the day
before, in any order. What a day costs must not grow with what is there already, so the last day is beside the first.
"""

import random
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from _claims import Claim, arguments, machine, tell, versions
from surtitle.inbox import LabelInbox, LateLabel
from surtitle.project import load_project
from surtitle.watch.gathering import DecisionFile, gather
from surtitle.watch.store import WatchStore

START = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 10
LABELLED = 0.2
PER_DAY, QUICK_PER_DAY = 1_000_000, 20_000


def main() -> None:
    """Print the claims."""
    options = arguments(__doc__ or "")
    per_day = QUICK_PER_DAY if options.quick else PER_DAY
    total, n_labels = per_day * DAYS, 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "surtitle.toml").write_text('[data]\nsource = "x.csv"\n')
        state = load_project(root).state
        cpu, wall, yesterday = [], 0.0, list[str]()
        for day in range(DAYS):
            path = root / f"decisions-{day}.jsonl"
            ids = write_day(path, day, per_day)
            send_labels(state, yesterday, day)
            started = time.process_time(), time.perf_counter()
            assert join(root, path) == (per_day, len(yesterday))
            cpu.append(time.process_time() - started[0])
            wall += time.perf_counter() - started[1]
            n_labels += len(yesterday)
            yesterday = ids
            if day < DAYS - 1:
                path.unlink()
        began = time.perf_counter()
        assert join(root, path) == (0, 0)
        idle_s = time.perf_counter() - began
        size = (state / "watch.db").stat().st_size
    tell(
        Claim(
            claim=f"{total:,} decisions joined to {n_labels:,} late labels",
            value=round(total / sum(cpu)),
            unit="decisions per second of one core",
            peer={"name": "seconds of the first day; ratio: of the last day to it", "value": round(cpu[0], 2)},
            ratio=round(cpu[-1] / cpu[0], 2),
            versions=versions("surtitle", "msgspec"),
            note=f"{wall:.0f} s by the clock, {size / total:.0f} bytes each on disk, "
            f"{idle_s:.2f} s when nothing is new; {machine()}",
        ),
        as_json=options.json,
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    tell(
        Claim("peak memory of that, with a day's ids that the benchmark holds", round(peak), "MB"),
        as_json=options.json,
    )


def join(root: Path, path: Path) -> tuple[int, int]:
    """Join what is new; return how many decisions and labels that was."""
    project = load_project(root)
    with WatchStore(project.state) as store:
        gathered = gather(project, store, [DecisionFile(path)])
    return gathered.decisions, gathered.labels


def write_day(path: Path, day: int, n: int) -> list[str]:
    """Write a day's decisions; return the ids of those that will be labelled."""
    rng = random.Random(day)
    step, labelled = timedelta(days=1) / n, []
    with path.open("w") as file:
        for number in range(n):
            id_, score = f"{rng.getrandbits(128):032x}", rng.random()
            at = (START + timedelta(days=day) + step * number).isoformat()
            file.write(
                f'{{"kind":"decision","id":"{id_}","model":"m","version":1,"client":"c{number % 50}","score":{score},'
                f'"action":"{"remove" if score > 0.5 else "allow"}","reasons":[],"event_time":"{at}",'
                f'"decided_at":"{at}","partition":"p","position":{number}}}\n'
            )
            if rng.random() < LABELLED:
                labelled.append(id_)
    return labelled


def send_labels(state: Path, ids: list[str], day: int) -> None:
    """Store the labels, in any order."""
    state.mkdir(exist_ok=True)
    rng, now = random.Random(day), START + timedelta(days=day)
    rng.shuffle(ids)
    inbox = LabelInbox(state)
    for start in range(0, len(ids), 10_000):
        inbox.add([LateLabel(id_, str(rng.randrange(2)), now) for id_ in ids[start : start + 10_000]], now=now)
    inbox.close()


if __name__ == "__main__":
    main()
