"""Time from pressing Enter to the answer: `surtitle --help`, and `surtitle score` of one text from cold.

Each figure is the median of runs in processes of their own, beside the time that a bare Python takes. The model is
trained on the tweets of crisislex_t6 where they are there, since a large vocabulary takes longer to load, and else on a
made-up community; with --quick on 5,000 made-up comments.
"""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _claims import DATA, Claim, arguments, machine, tell, versions

HELP_FLOOR_MS = 150.0
SCORE_FLOOR_S = 1.5
RUNS, QUICK_RUNS = 20, 10
PACKAGES = ("surtitle", "typer", "spacy", "numpy", "scipy", "msgspec")
SURTITLE = [str(Path(sys.executable).with_name("surtitle"))]


def main() -> None:
    """Print both claims."""
    options = arguments(__doc__ or "")
    runs = QUICK_RUNS if options.quick else RUNS
    bare = median_seconds([sys.executable, "-c", "pass"], runs)
    helped = median_seconds([*SURTITLE, "--help"], runs)
    tell(
        Claim(
            claim="surtitle --help, median",
            value=round(helped * 1e3, 1),
            unit="ms",
            floor=HELP_FLOOR_MS,
            holds=helped * 1e3 <= HELP_FLOOR_MS,
            peer={"name": "python -c pass", "value": round(bare * 1e3, 1)},
            ratio=round(helped / bare, 2),
            versions=versions(*PACKAGES),
            note=machine(),
        ),
        as_json=options.json,
    )
    with tempfile.TemporaryDirectory() as folder:
        project, what = train_in(Path(folder), quick=options.quick)
        command = [*SURTITLE, "score", "You are a DUMMY!!!!", "--project", str(project)]
        scored = median_seconds(command, runs)
        spacy = median_seconds([sys.executable, "-c", "import spacy; spacy.blank('en')('You are a DUMMY!!!!')"], runs)
    tell(
        Claim(
            claim="surtitle score of one text from cold, median",
            value=round(scored, 3),
            unit="s",
            floor=SCORE_FLOOR_S,
            holds=scored <= SCORE_FLOOR_S,
            peer={"name": "python: import spacy, tokenize one text", "value": round(spacy, 3)},
            ratio=round(scored / spacy, 2),
            versions=versions(*PACKAGES),
            note=f"model trained on {what}; {machine()}",
        ),
        as_json=options.json,
    )


def median_seconds(command: list[str], runs: int) -> float:
    """Run `command` once to warm the disk's cache, then `runs` times; return the median time."""
    times = []
    for _ in range(runs + 1):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


def train_in(folder: Path, *, quick: bool) -> tuple[Path, str]:
    """Make and train a project; return it and the name of its data."""
    project = folder / "project"
    tweets = DATA / "crisislex_t6" / "tweets.csv.gz"
    if quick or not tweets.is_file():
        size = 5000 if quick else 50_000
        run = [*SURTITLE, "demo", str(project), "--size", str(size), "--json"]
        subprocess.run(run, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        return project, f"{size:,} made-up comments"
    for words in (["new", str(project), "--data", str(tweets)], ["train", "--project", str(project)]):
        subprocess.run([*SURTITLE, *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return project, "crisislex_t6"


if __name__ == "__main__":
    main()
