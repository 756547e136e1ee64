"""How many texts a second, and how long one text takes: our scorer beside its peers, on one core, in one run.

On the tweets of crisislex_t6 in order of time: all are trained on the first part; *fresh* texts are the later ones,
scored once by a scorer that has not met them, none of them in the training part or twice among them; *seen* are the
same, scored a second time. Every contestant runs in a process of its own, pinned to the same core, one thread. Rates
are per second of that core's time, since others may want the core too; single texts are timed by the clock on the wall.

- plain: clean -> spaCy's blank tokenizer, look-up lemmas -> TfidfVectorizer -> LogisticRegression, the same weights as
  ours; the largest difference of a probability is one of the claims.
- regex-only: scikit-learn's TfidfVectorizer with its own regular expression. It gives other terms and other scores.
- fastText and Vowpal Wabbit: words and pairs. ``pip install 'surtitle[bench]'``; without them they are left out.

Then: an 8,000-character run of ``!``, a text of 1 MB without spaces, and 5 million made-up texts vectorised for
training on all cores (50,000 with --quick).
"""

import csv
import gzip
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from _claims import Claim, arguments, machine, need_data, tell, versions
from _contestants import CONTESTANTS
from surtitle.artefact import ModelFacts, save_artefact
from surtitle.models.classifier import TextClassifier

Found = dict[str, dict[str, float]]
HERE = Path(__file__).parent
PACKAGES = ("surtitle", "spacy", "scikit-learn", "numpy")
RATE, TIME = "texts/s", "us"
FLOORS: dict[tuple[str, str], float] = {
    ("native words", "seen"): 150_000,
    ("native words", "fresh"): 100_000,
    ("native words", "seen p50"): 5,
    ("native words", "seen p99"): 50,
    ("native words", "fresh p50"): 5,
    ("native words", "fresh p99"): 50,
    ("native default", "fresh"): 40_000,
    ("native default", "fresh p50"): 15,
    ("python words", "seen"): 45_000,
    ("python words, from cold", "fresh"): 18_000,
    ("python words", "seen p50"): 20,
}
HOSTILE = {"marks": ("8,000 exclamation marks", 5.0), "no spaces": ("a text of 1 MB without spaces", 200.0)}
MOST_SECONDS = 120.0
SAME = 1e-9


def main() -> None:
    """Train, run every contestant, and print the claims."""
    options = arguments(__doc__ or "")
    with tempfile.TemporaryDirectory(prefix="surtitle-bench-") as name:
        folder = Path(name)
        n_train, n_fresh = (4_000, 1_500) if options.quick else (36_000, 20_000)
        data = write_data(folder, n_train, n_fresh)
        train(folder, data)
        found = dict(run_all(folder, rounds=1 if options.quick else 3))
        note = f"{n_train:,} tweets to train on, {len(data['fresh']):,} fresh ones; one core of {machine()}"
        claims = [*speed_claims(found, note), *parity_claims(folder, found), *small_claims(found, note)]
        for claim in claims:
            tell(claim, as_json=options.json)
        tell(many_texts(folder, 50_000 if options.quick else 5_000_000), as_json=options.json)


def write_data(folder: Path, n_train: int, n_fresh: int) -> dict[str, list[Any]]:
    """Divide the tweets by time and leave them for the contestants."""
    source = need_data("crisislex_t6") / "tweets.csv.gz"
    with gzip.open(source, "rt", encoding="utf-8", newline="") as file:
        rows = sorted(csv.DictReader(file), key=lambda row: row["created_utc"])
    cut = len(rows) * 3 // 5
    known = rows[:cut][:: max(1, cut // n_train)][:n_train]
    met = {row["text"] for row in known}
    fresh = [text for text in dict.fromkeys(row["text"] for row in rows[cut:]) if text not in met]
    data: dict[str, list[Any]] = {
        "train": [row["text"] for row in known],
        "labels": [int(row["label"] == "on-topic") for row in known],
        "fresh": fresh[:n_fresh],
    }
    (folder / "texts.json").write_text(json.dumps(data), encoding="utf-8")
    return data


def train(folder: Path, data: dict[str, list[Any]]) -> None:
    """Fit both models and save them as a project would."""
    facts = ModelFacts(
        name="bench",
        created_at=datetime.now(UTC),
        data_hash="",
        data_from=None,
        data_to=None,
        examples={},
        metrics={},
        packages={},
        recipe={},
    )
    for name, chars in (("words", ()), ("default", (2, 5))):
        fitted = TextClassifier(C=4, char_ngrams=chars).fit(data["train"], data["labels"])
        (folder / name).mkdir()
        save_artefact(folder / name, fitted.scorer_, facts)


def run_all(folder: Path, rounds: int) -> Iterator[tuple[str, dict[str, float]]]:
    """Run every contestant that can run here; say why another cannot."""
    threads = {f"{library}_NUM_THREADS": "1" for library in ("OMP", "OPENBLAS", "MKL")}
    for name in CONTESTANTS:
        command = [sys.executable, str(HERE / "_contestants.py"), name, str(folder), str(rounds)]
        done = subprocess.run(command, env=os.environ | threads, check=True, stdout=subprocess.PIPE)
        found = json.loads(done.stdout.splitlines()[-1])
        if "skipped" in found:
            print(f"skipped {name}: {found['skipped']}", file=sys.stderr)
        else:
            yield name, found


def speed_claims(found: Found, note: str) -> Iterator[Claim]:
    """Set each of our figures beside those of all peers."""
    peers = {name: figures for name, figures in found.items() if not name.startswith(("python", "native"))}
    for name, figures in found.items():
        if name in peers:
            continue
        beside = f"plain {'default' if 'default' in name else 'words'}"
        cold = name.endswith("cold")
        for figure in ("fresh", "seen", "fresh p50", "fresh p99", "seen p50", "seen p99"):
            if cold and figure != "fresh":
                continue
            value, plain, is_rate = figures[figure], peers[beside][figure], " " not in figure
            floor = FLOORS.get((name, figure))
            yield Claim(
                claim=f"{name}: {figure} texts" if is_rate else f"{name}: one text, {figure}",
                value=round(value, 0 if is_rate else 1),
                unit=RATE if is_rate else TIME,
                floor=floor,
                holds=None if floor is None else (value >= floor if is_rate else value <= floor),
                peer={peer: round(others[figure], 1) for peer, others in peers.items()},
                ratio=round(value / plain if is_rate else plain / value, 2),
                versions=versions(*PACKAGES),
                note=f"ratio: times as fast as {beside}; {note}",
            )


def parity_claims(folder: Path, found: Found) -> Iterator[Claim]:
    """Compare the probabilities of the fresh texts with the plain pipeline's."""
    for name in found:
        if not name.startswith(("python", "native")):
            continue
        beside = f"plain {'default' if 'default' in name else 'words'}"
        apart = np.abs(np.load(folder / f"{name}.npy") - np.load(folder / f"{beside}.npy"))
        yield Claim(
            claim=f"{name}: largest difference of a probability from {beside}",
            value=float(apart.max()),
            unit="probability",
            floor=SAME,
            holds=bool(apart.max() <= SAME),
            versions=versions(*PACKAGES),
            note=f"{len(apart):,} fresh tweets",
        )


def small_claims(found: Found, note: str) -> Iterator[Claim]:
    """Say what hostile texts cost, and what memory a scorer takes."""
    for name, figures in found.items():
        if not name.startswith(("python", "native")) or name.endswith("cold"):
            continue
        for figure, (what, floor) in HOSTILE.items():
            if figure not in figures:
                continue
            value = figures[figure]
            yield Claim(
                claim=f"{name}: {what}",
                value=round(value, 2),
                unit="ms",
                floor=floor,
                holds=value <= floor,
                versions=versions(*PACKAGES),
                note=note,
            )
        yield Claim(
            claim=f"{name}: memory of a scorer after the fresh texts",
            value=round(figures["used MB"], 1),
            unit="MB",
            peer={"name": "before them", "value": round(figures["loaded MB"], 1)},
            versions=versions(*PACKAGES),
            note=note,
        )


def many_texts(folder: Path, n_texts: int) -> Claim:
    """Vectorise many texts for training in a process of their own."""
    command = [sys.executable, str(HERE / "_many_texts.py"), str(folder / "texts.json"), str(n_texts)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    found = json.loads(done.stdout)
    whole = n_texts >= 5_000_000
    return Claim(
        claim=f"{n_texts:,} texts vectorised for training, words",
        value=round(found["seconds"], 1),
        unit="s",
        floor=MOST_SECONDS if whole else None,
        holds=found["seconds"] <= MOST_SECONDS if whole else None,
        peer={key: round(value) for key, value in found.items() if key != "seconds"},
        versions=versions(*PACKAGES),
        note=f"peak MB: of the process, texts and rows included; {machine()}",
    )


if __name__ == "__main__":
    main()
