"""How long a whole `surtitle train` takes on the 60,082 tweets of crisislex_t6, beside the plain script.

Both run as processes of their own on the same cores, in turn, three times; the medians are compared. `surtitle train`
reads, checks and splits the file, tries several combinations on the validation split, measures with 1,000 bootstrap
resamples, writes the report and registers the version. The plain script reads the file, tokenises with a blank spaCy
pipeline and its look-up lemmas, fits TfidfVectorizer and LogisticRegression on the same split, and computes the AUC.
"""

import gzip
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path

from _claims import Claim, arguments, machine, need_data, tell, versions

PLAIN = """
import csv, gzip, sys
import spacy
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
csv.field_size_limit(10**7)
with gzip.open(sys.argv[1], "rt", encoding="utf-8", newline="") as file:
    rows = sorted(csv.DictReader(file), key=lambda row: row["created_utc"])
nlp = spacy.blank("en")
nlp.add_pipe("lemmatizer", config={"mode": "lookup"})
nlp.initialize()
docs = [[t.lemma_.lower() for t in doc] for doc in nlp.pipe(row["text"] for row in rows)]
cut = int(0.8 * len(rows))
grams = lambda d: d + [a + " " + b for a, b in zip(d, d[1:])]
vectorizer = TfidfVectorizer(analyzer=grams, min_df=2, sublinear_tf=True)
y = [row["label"] == "on-topic" for row in rows]
model = LogisticRegression(C=4, class_weight="balanced", max_iter=2000)
model.fit(vectorizer.fit_transform(docs[:cut]), y[:cut])
print(roc_auc_score(y[cut:], model.predict_proba(vectorizer.transform(docs[cut:]))[:, 1]))
"""
SETTINGS = """
[data]
source = "tweets.csv.gz"
time = "created_utc"
client = "event"
"""
PACKAGES = ("surtitle", "spacy", "scikit-learn", "numpy")


def main() -> None:
    """Run both in turn and print the claim."""
    options = arguments(__doc__ or "")
    folder = Path(tempfile.mkdtemp(prefix="surtitle-bench-"))
    try:
        write_data(folder / "tweets.csv.gz", 6_000 if options.quick else None)
        (folder / "surtitle.toml").write_text(SETTINGS)
        (folder / "plain.py").write_text(PLAIN)
        ours, plain = [], []
        for _ in range(1 if options.quick else 3):
            shutil.rmtree(folder / ".surtitle", ignore_errors=True)
            ours.append(seconds([str(Path(sys.executable).with_name("surtitle")), "train", "--json"], folder))
            plain.append(seconds([sys.executable, "plain.py", "tweets.csv.gz"], folder))
    finally:
        shutil.rmtree(folder)
    ratio = statistics.median(plain) / statistics.median(ours)
    claim = Claim(
        claim="surtitle train is faster than the plain spaCy + scikit-learn script, end to end",
        value=round(statistics.median(ours), 2),
        unit="s",
        floor=1.0,
        holds=ratio > 1.0,
        peer={"name": "plain script", "value": round(statistics.median(plain), 2), "runs": plain, "our runs": ours},
        ratio=round(ratio, 3),
        versions=versions(*PACKAGES),
        note=f"{'first 6,000 tweets' if options.quick else '60,082 tweets'}; the floor is of the ratio; {machine()}",
    )
    tell(claim, as_json=options.json)


def write_data(path: Path, rows: int | None) -> None:
    """Copy the set, or its first rows of each part of its time span."""
    source = need_data("crisislex_t6") / "tweets.csv.gz"
    if rows is None:
        shutil.copy(source, path)
        return
    with gzip.open(source, "rt", encoding="utf-8") as file, gzip.open(path, "wt", encoding="utf-8") as out:
        out.write(next(file))
        out.writelines(islice(file, 0, rows * 10, 10))


def seconds(command: list[str], folder: Path) -> float:
    """Return how long a process takes."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return round(time.perf_counter() - start, 2)


if __name__ == "__main__":
    main()
