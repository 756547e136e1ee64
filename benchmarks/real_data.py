"""Quality on six real sets: a whole `surtitle train` beside the plain scikit-learn script, on the same splits.

The plain script is `TfidfVectorizer` (1-2 grams, min_df 2, sublinear) and `LogisticRegression(C=4, balanced)`. It has
no choices to make, so it is fitted on train and validation together, as our own model is after its choices are made.
"""

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

from _claims import Claim, arguments, machine, need_data, tell, versions
from surtitle.cycle import train
from surtitle.evaluate import measure
from surtitle.models import class_indices
from surtitle.prepare import Prepared, prepare
from surtitle.project import Project, load_project
from surtitle.records import Interval

SETS = {
    "reddit_rscience": ("comments.csv.gz", 'text = "text"\nlabel = "removed"'),
    "davidson_hate_offensive": ("labeled_data.csv", 'text = "tweet"\nlabel = "class"'),
    "crisislex_t6": ("tweets.csv.gz", 'text = "text"\nlabel = "label"\ntime = "created_utc"\nclient = "event"'),
    "airline_tweets": ("tweets.csv.gz", 'text = "text"\nlabel = "label"\ntime = "created_utc"\nclient = "airline"'),
    "amazon_multidomain": ("reviews.csv.gz", 'text = "text"\nlabel = "label"\ntime = "date"\nclient = "domain"'),
    "sms_spam": (
        "SMSSpamCollection.tsv",
        'text = "text"\nlabel = "label"\npositive = "spam"\nquote = ""\nheader = false\ncolumns = ["label", "text"]',
    ),
}
QUICK = ("reddit_rscience", "sms_spam")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def main() -> None:
    """Run all sets and print a claim each for AUC and macro-F1."""
    options = arguments(__doc__ or "")
    names = QUICK if options.quick else tuple(SETS)
    rows = [row for name in names for row in compare(name, as_json=options.json)]
    if not options.json:
        print_table(rows)


def compare(name: str, *, as_json: bool) -> list[dict[str, Any]]:
    """Train on one set both ways; print the claims and return the table's rows."""
    folder = Path(tempfile.mkdtemp(prefix="surtitle-bench-"))
    try:
        project = make_project(folder, name)
        trained = train(project, now=NOW, environ={})
        prepared = prepare(project, now=NOW, environ={})
        plain = plain_metrics(project, prepared)
    finally:
        shutil.rmtree(folder)
    rows = []
    for metric in ("auc", "macro_f1"):
        ours, peer = trained.metrics[metric], plain[metric]
        claim = Claim(
            claim=f"{name}: {metric} is not below the plain script's interval",
            value=round(ours.value, 4),
            unit=metric,
            floor=round(peer.low, 4),
            holds=ours.value >= peer.low,
            peer={"name": "plain scikit-learn", "value": peer.value, "low": peer.low, "high": peer.high},
            ratio=ours.value / peer.value,
            versions=versions("surtitle", "scikit-learn", "spacy", "numpy"),
            note=machine(),
        )
        tell(claim, as_json=as_json)
        rows.append({"set": name, "split": trained.split, "metric": metric, "ours": ours, "plain": peer})
    return rows


def make_project(folder: Path, name: str) -> Project:
    """Write the settings of one set, and nothing else."""
    file, columns = SETS[name]
    source = need_data(name) / file
    (folder / "surtitle.toml").write_text(f'[project]\nname = "{name}"\n[data]\nsource = "{source}"\n{columns}\n')
    return load_project(folder)


def plain_metrics(project: Project, prepared: Prepared) -> dict[str, Interval]:
    """Fit the plain script and measure it as ours is measured."""
    seen = pa.concat_tables([prepared.load("train"), prepared.load("validation")])
    test = prepared.load("test")
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    X = vectorizer.fit_transform(seen["text"].to_pylist())
    y = class_indices(seen["label"].to_pylist(), prepared.classes)
    model = LogisticRegression(C=4, class_weight="balanced", max_iter=2000).fit(X, y)
    probs = model.predict_proba(vectorizer.transform(test["text"].to_pylist()))
    settings = project.settings.evaluate
    return dict(
        measure(
            class_indices(test["label"].to_pylist(), prepared.classes),
            probs,
            np.asarray(probs.argmax(axis=1), np.int64),
            resamples=settings.resamples,
            confidence=settings.confidence,
            seed=settings.seed,
        )
    )


def print_table(rows: list[dict[str, Any]]) -> None:
    """Print the table of benchmarks/README.md."""
    print("\n| set | train / validation / test | metric | surtitle | plain scikit-learn |")
    print("| --- | --- | --- | --- | --- |")
    for row in rows:
        split = " / ".join(f"{n:,}" for n in row["split"].values())
        print(f"| {row['set']} | {split} | {row['metric']} | {row['ours']} | {row['plain']} |")


if __name__ == "__main__":
    main()
