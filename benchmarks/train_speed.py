"""How long a whole `surtitle train` takes on the 60,082 tweets of crisislex_t6, beside the plain script.

Both run as processes of their own on the same cores, in turn, three times; the medians are compared. `surtitle train`
reads, checks and splits the file, tries several combinations on the validation split, measures with 1,000 bootstrap
resamples, writes the report and registers the version. The plain script reads the file, tokenises with a blank spaCy
pipeline and its look-up lemmas, fits TfidfVectorizer and LogisticRegression on the same split, and computes the AUC.

It is run twice: with the features of the default recipe (words 1-2 and, inside words, characters 2-5), and with words
alone. A third line sets our default recipe against the plain script with words alone, which does much less.
"""

import csv
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
from sklearn.pipeline import FeatureUnion
csv.field_size_limit(10**7)
with gzip.open(sys.argv[1], "rt", encoding="utf-8", newline="") as file:
    rows = sorted(csv.DictReader(file), key=lambda row: row["created_utc"])
nlp = spacy.blank("en")
nlp.add_pipe("lemmatizer", config={"mode": "lookup"})
nlp.initialize()
docs = [[t.lemma_.lower() for t in doc] for doc in nlp.pipe(row["text"] for row in rows)]
cut = int(0.8 * len(rows))
grams = lambda d: d + [a + " " + b for a, b in zip(d, d[1:])]
blocks = [("words", TfidfVectorizer(analyzer=grams, min_df=2, sublinear_tf=True))]
if sys.argv[2] == "default":
    chars = TfidfVectorizer(
        preprocessor=" ".join, analyzer="char_wb", ngram_range=(2, 5), min_df=2, sublinear_tf=True, lowercase=False
    )
    blocks.append(("chars", chars))
union = FeatureUnion(blocks)
y = [row["label"] == "on-topic" for row in rows]
model = LogisticRegression(C=4, class_weight="balanced", max_iter=2000)
model.fit(union.fit_transform(docs[:cut]), y[:cut])
print(roc_auc_score(y[cut:], model.predict_proba(union.transform(docs[cut:]))[:, 1]))
"""
SETTINGS = """
[data]
source = "tweets.csv.gz"
time = "created_utc"
client = "event"
"""
PACKAGES = ("surtitle", "spacy", "scikit-learn", "numpy")
FEATURES = {"default": [], "words": ["--set", "features.char_ngrams=[]"]}


def main() -> None:
    """Run all in turn and print the claims."""
    options = arguments(__doc__ or "")
    folder = Path(tempfile.mkdtemp(prefix="surtitle-bench-"))
    try:
        write_data(folder / "tweets.csv.gz", 6_000 if options.quick else None)
        (folder / "surtitle.toml").write_text(SETTINGS)
        (folder / "plain.py").write_text(PLAIN)
        measured = measure(folder, rounds=1 if options.quick else 3)
    finally:
        shutil.rmtree(folder)
    size = "6,000 tweets; the floor is set for all 60,082" if options.quick else "60,082 tweets"
    for ours, plain, floor, what in (
        ("default", "default", 5.0, "the plain script with the same features, words and characters"),
        ("words", "words", 1.0, "the plain script with the same features, words only"),
        ("default", "words", 1.0, "the plain script with words only, though it also does characters"),
    ):
        our_runs, plain_runs = measured[f"surtitle {ours}"], measured[f"plain {plain}"]
        ratio = statistics.median(plain_runs) / statistics.median(our_runs)
        claim = Claim(
            claim=f"surtitle train, end to end, is faster than {what}",
            value=round(ratio, 2),
            unit="times as fast",
            floor=None if options.quick else floor,
            holds=None if options.quick else ratio >= floor,
            peer={"name": "plain spaCy + scikit-learn script", "seconds": plain_runs, "our seconds": our_runs},
            ratio=round(ratio, 2),
            versions=versions(*PACKAGES),
            note=f"{size}; {machine()}",
        )
        tell(claim, as_json=options.json)


def measure(folder: Path, *, rounds: int) -> dict[str, list[float]]:
    """Run every command in turn, `rounds` times, and return the seconds of each."""
    surtitle = str(Path(sys.executable).with_name("surtitle"))
    found: dict[str, list[float]] = {}
    for _ in range(rounds):
        for name, options in FEATURES.items():
            shutil.rmtree(folder / ".surtitle", ignore_errors=True)
            found.setdefault(f"surtitle {name}", []).append(seconds([surtitle, "train", *options], folder))
            plain = [sys.executable, "plain.py", "tweets.csv.gz", name]
            found.setdefault(f"plain {name}", []).append(seconds(plain, folder))
    return found


def write_data(path: Path, rows: int | None) -> None:
    """Copy the set, or every tenth row until there are enough."""
    source = need_data("crisislex_t6") / "tweets.csv.gz"
    if rows is None:
        shutil.copy(source, path)
        return
    with (
        gzip.open(source, "rt", encoding="utf-8", newline="") as file,
        gzip.open(path, "wt", encoding="utf-8", newline="") as out,
    ):
        reader, writer = csv.reader(file), csv.writer(out)
        writer.writerow(next(reader))
        writer.writerows(islice(reader, 0, rows * 10, 10))


def seconds(command: list[str], folder: Path) -> float:
    """Return how long a process takes."""
    start = time.perf_counter()
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return round(time.perf_counter() - start, 2)


if __name__ == "__main__":
    main()
