"""Memory and time of preparing 5 million comments of 200 characters, beside pandas reading and dividing the same file.

The comments are generated from a seed, in several communities, shuffled in time, one in twenty a near copy of an
earlier one. Each side runs in a process of its own; the figure is the peak of its resident memory.
"""

import json
import random
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from _claims import Claim, arguments, machine, tell, versions

ROWS, QUICK_ROWS = 5_000_000, 300_000
COPIES = 10_000_000
LIMIT_MB = 2000.0
NOW = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = 20_000
LENGTH = 200
SETTINGS = """[data]
source = "comments.csv"
text = "body"
label = "removed"
time = "created_utc"
client = "community"
[evaluate]
slices = ["flair"]
"""
PANDAS = """
import sys, json, time, resource, pandas as pd
start = time.perf_counter()
table = pd.read_csv(sys.argv[1])
table = table.drop_duplicates("body").sort_values("created_utc")
cut = int(len(table) * 0.8)
train, test = table.iloc[:cut], table.iloc[cut:]
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
print(json.dumps({"seconds": time.perf_counter() - start, "peak_mb": peak}))
"""


def main() -> None:
    """Print the claims: memory of distinct comments, and of nothing but copies."""
    if len(sys.argv) > 2 and sys.argv[1] == "--child":
        prepare_here(Path(sys.argv[2]))
        return
    options = arguments(__doc__ or "")
    n = QUICK_ROWS if options.quick else ROWS
    folder = Path(tempfile.mkdtemp(prefix="surtitle-bench-"))
    try:
        (folder / "surtitle.toml").write_text(SETTINGS)
        size = write_comments(folder / "comments.csv", n)
        ours = run([__file__, "--child", str(folder)])
        again = run([__file__, "--child", str(folder)])
        peer = run(["-c", PANDAS, str(folder / "comments.csv")])
        note = f"{n:,} comments, {size / 1e6:,.0f} MB; {machine()}"
        report("peak memory of preparing", ours, peer, note, as_json=options.json)
        tell(
            Claim(
                claim="preparing again with nothing changed",
                value=round(again["seconds"], 2),
                unit="s",
                ratio=round(ours["seconds"] / again["seconds"], 1),
                note=f"{note}; ratio: to the first time",
            ),
            as_json=options.json,
        )
        if not options.quick:
            shutil.rmtree(folder / ".surtitle")
            write_copies(folder / "comments.csv", COPIES)
            copies = run([__file__, "--child", str(folder)])
            report("peak memory of preparing copies", copies, None, f"{COPIES:,} rows", as_json=options.json)
    finally:
        shutil.rmtree(folder)


def report(claim: str, ours: dict[str, float], peer: dict[str, float] | None, note: str, *, as_json: bool) -> None:
    """Print one memory claim, with the time it took."""
    tell(
        Claim(
            claim=claim,
            value=round(ours["peak_mb"]),
            unit="MB",
            floor=LIMIT_MB,
            holds=ours["peak_mb"] < LIMIT_MB,
            peer={"name": "pandas", **peer} if peer else {},
            ratio=round(peer["peak_mb"] / ours["peak_mb"], 2) if peer else None,
            versions=versions("duckdb", "pyarrow", "pandas"),
            note=f"{note}; {ours['seconds']:.1f} s, of which {ours['cpu_seconds']:.1f} s of processor",
        ),
        as_json=as_json,
    )


def run(command: list[str]) -> dict[str, float]:
    """Run a script in a process of its own and return what it measured."""
    done = subprocess.run([sys.executable, *command], check=True, stdout=subprocess.PIPE, text=True)
    measured: dict[str, float] = json.loads(done.stdout)
    return measured


def prepare_here(root: Path) -> None:
    """Prepare the project and print seconds and peak memory."""
    from surtitle.prepare import prepare
    from surtitle.project import load_project

    start = time.perf_counter()
    prepared = prepare(load_project(root), now=NOW, environ={})
    seconds = time.perf_counter() - start
    used = resource.getrusage(resource.RUSAGE_SELF)
    kept = sum(sum(counts.values()) for counts in prepared.counts.values())
    measured = {
        "seconds": seconds,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss / 1e3,
        "rows": prepared.rows_read,
        "kept": kept,
    }
    print(json.dumps(measured))


def write_comments(path: Path, n: int) -> int:
    """Write `n` comments of about 200 characters; return the file's size in bytes."""
    rng = random.Random(0)
    words = ["".join(rng.choices("abcdefghijklmnopqrstuvwxyz", k=rng.randint(2, 9))) for _ in range(WORDS)]
    parts = [" ".join(rng.choices(words, k=14))[:66] for _ in range(50_000)]
    last = "first"
    with path.open("w") as file:
        file.write("id,created_utc,community,flair,body,removed\n")
        for number in range(n):
            text = last.upper() + "!" if rng.random() < 0.05 else " ".join(rng.choices(parts, k=3))
            last = text
            second = 1_500_000_000 + rng.randrange(50_000_000)
            removed = int(rng.random() < 0.2)
            file.write(f'c{number},{second},community{rng.randrange(40)},f{number % 7},"{text[:LENGTH]}",{removed}\n')
    return path.stat().st_size


def write_copies(path: Path, n: int) -> None:
    """Write `n` rows that are copies of a hundred comments."""
    with path.open("w") as file:
        file.write("id,created_utc,community,flair,body,removed\n")
        for number in range(n):
            which = number % 100
            file.write(f"{number},{1_500_000_000 + number},a,f,comment number {which},{which % 2}\n")


if __name__ == "__main__":
    main()
