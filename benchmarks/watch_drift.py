"""A check of drift over 1 million scored texts, by a sketch, beside Evidently's on as many as it can do in the time.

Both compare comments of later months with those of training: ours words, unseen words, scores and a classifier that
tries to tell the texts apart; Evidently its text drift (a classifier over TF-IDF) and the drift of the score column.
Evidently holds both tables, with all texts, in memory. It does not import with pandas 3, so it has an environment of
its own, which a run without --quick makes; where that cannot be done its figure is left out.
"""

import json
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice

import numpy as np

from _claims import Claim, arguments, machine, tell, versions
from _peers import environment
from surtitle.evaluate.sketch import Sketch, WordCounter, make_sketch, score_counts
from surtitle.settings import CleaningSettings
from surtitle.simulate.community import generate
from surtitle.watch.drift import compare_scores, compare_texts

FLOOR_S = 30.0
BATCH = 10_000
PEER = ["evidently==0.7.23", "pandas<3"]
SCRIPT = """
import json, sys, time
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.metrics import ValueDrift

shape = DataDefinition(text_columns=["text"], numerical_columns=["score"])
was, now = (Dataset.from_pandas(pd.DataFrame(table), data_definition=shape) for table in json.load(sys.stdin))
began = time.process_time()
Report([ValueDrift(column="text"), ValueDrift(column="score")]).run(now, was)
print(time.process_time() - began)
"""
START, LATER = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """Print the claims."""
    options = arguments(__doc__ or "")
    n, n_peer = (50_000, 2000) if options.quick else (1_000_000, 20_000)
    trained = [comment.text for comment in generate(25_000, seed=1, start=START, days=300)]
    scores = np.random.default_rng(0).beta(0.4, 1.6, 5000)
    sketch = make_sketch(trained[:20_000], trained[20_000:], scores, CleaningSettings())
    seconds, drifted = ours(sketch, n)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    peer_s, why = evidently(trained[:n_peer], scores, n_peer, may_install=not options.quick)
    if why:
        print(f"Evidently is left out: {why}", file=sys.stderr)
    rate, peer_rate = n / seconds, None if peer_s is None else n_peer / peer_s
    tell(
        Claim(
            claim=f"check of drift over {n:,} scored texts",
            value=round(seconds, 1),
            unit="s of the core",
            floor=FLOOR_S * n / 1_000_000,
            holds=seconds <= FLOOR_S * n / 1_000_000,
            peer={"name": f"Evidently, {n_peer:,} texts on each side", "value": peer_s and round(peer_s, 1)},
            ratio=peer_rate and round(rate / peer_rate, 1),
            versions=versions("surtitle") | (dict([PEER[0].split("==")]) if peer_s else {}),
            note=f"{rate:,.0f} texts/s, drift {'seen' if drifted else 'not seen'}; ratio of texts/s; peak memory "
            f"{peak:.0f} MB with the made-up texts of a batch; {machine()}",
        ),
        as_json=options.json,
    )


def ours(sketch: Sketch, n: int) -> tuple[float, bool]:
    """Return the seconds of the core that the check takes, without making the texts up, and whether it sees drift."""
    counter, counts, rng = WordCounter(sketch.cleaning, sketch.words), np.zeros(20, np.int64), np.random.default_rng(1)
    seconds = 0.0
    for texts in batches(n):
        scores = rng.beta(0.6, 1.4, len(texts))
        began = time.process_time()
        counter.add(texts)
        counts += score_counts(scores)
        seconds += time.process_time() - began
    began = time.process_time()
    found = compare_texts(sketch, counter).drifted, compare_scores(sketch, counts).drifted
    return seconds + time.process_time() - began, all(found)


def batches(n: int) -> Iterator[Sequence[str]]:
    """Yield made-up texts of later months."""
    comments = generate(n, seed=2, start=LATER, days=60)
    while texts := [comment.text for comment in islice(comments, BATCH)]:
        yield texts


def evidently(trained: Sequence[str], scores: np.ndarray, n: int, *, may_install: bool) -> tuple[float | None, str]:
    """Return the seconds of the core that Evidently takes, or None and the reason why it is left out."""
    programs, why = environment("evidently", PEER, may_install=may_install)
    if programs is None:
        return None, why
    rng = np.random.default_rng(1)
    later = [comment.text for comment in generate(n, seed=2, start=LATER, days=60)]
    tables = [
        {"text": list(trained), "score": np.resize(scores, n)[: len(trained)].tolist()},
        {"text": later, "score": rng.beta(0.6, 1.4, n).tolist()},
    ]
    command = [str(programs / "python"), "-W", "ignore", "-c", SCRIPT]
    done = subprocess.run(command, input=json.dumps(tables), capture_output=True, text=True, check=False, timeout=600)
    if done.returncode != 0:
        return None, (done.stderr.strip().splitlines() or ["no reason told"])[-1][:300]
    return float(done.stdout.split()[-1]), ""


if __name__ == "__main__":
    main()
