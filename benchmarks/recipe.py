"""The default recipe in 5 folds on two public sets, beside the figures known for it and beside words alone.

Folds are stratified and seeded. Per fold, C is fixed at the recipe's, so nothing is chosen on what is measured.
"""

import csv
import gzip
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import f1_score, roc_auc_score
from sklearn.model_selection import StratifiedKFold

from _claims import Claim, arguments, machine, need_data, tell, versions
from surtitle.evaluate import choose_class_weights
from surtitle.models.classifier import TextClassifier

C = 2.0


def main() -> None:
    """Print macro-F1 on both sets, and AUC on the binary one."""
    options = arguments(__doc__ or "")
    csv.field_size_limit(10**7)
    measured = {"reddit_rscience": folds(*read("reddit_rscience", "comments.csv.gz", "text", "removed"))}
    if not options.quick:
        measured["davidson_hate_offensive"] = folds(
            *read("davidson_hate_offensive", "labeled_data.csv", "tweet", "class")
        )
    known = {
        ("reddit_rscience", "macro_f1"): 0.708,
        ("reddit_rscience", "auc"): 0.791,
        ("davidson_hate_offensive", "macro_f1"): 0.745,
    }
    for (name, metric), floor in known.items():
        if name not in measured:
            continue
        value = round(measured[name][metric], 4)
        claim = Claim(
            claim=f"{name}, 5 folds: {metric} of the default recipe",
            value=value,
            unit=metric,
            floor=floor,
            holds=value >= floor,
            peer={"name": "known for the recipe", "value": floor},
            ratio=round(value / floor, 4),
            versions=versions("surtitle", "scikit-learn", "spacy"),
            note=machine(),
        )
        tell(claim, as_json=options.json)


def read(name: str, file: str, text: str, label: str) -> tuple[list[str], NDArray[np.int64]]:
    """Read texts and labels."""
    path: Path = need_data(name) / file
    with (gzip.open if file.endswith(".gz") else open)(path, "rt", encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    return [row[text] for row in rows], np.array([int(row[label]) for row in rows], np.int64)


def folds(texts: list[str], y: NDArray[np.int64]) -> dict[str, float]:
    """Return the mean of each figure over 5 folds; the class cut is tuned inside the training part, as `train` does."""
    found: dict[str, list[float]] = {"macro_f1": [], "auc": []}
    for seen, held_out in StratifiedKFold(5, shuffle=True, random_state=0).split(texts, y):
        weights = tuned_weights([texts[i] for i in seen], y[seen])
        classifier = TextClassifier(C=C).fit([texts[i] for i in seen], y[seen])
        probs = classifier.predict_proba([texts[i] for i in held_out])
        found["macro_f1"].append(f1_score(y[held_out], (probs * weights).argmax(axis=1), average="macro"))
        if probs.shape[1] == 2:
            found["auc"].append(roc_auc_score(y[held_out], probs[:, 1]))
    return {name: float(np.mean(values)) for name, values in found.items() if values}


def tuned_weights(texts: list[str], y: NDArray[np.int64]) -> NDArray[np.float64]:
    """Fit on seven eighths of the training part, and choose the class weights on the rest."""
    fit, tune = next(StratifiedKFold(8, shuffle=True, random_state=1).split(texts, y))
    classifier = TextClassifier(C=C).fit([texts[i] for i in fit], y[fit])
    return choose_class_weights(y[tune], classifier.predict_proba([texts[i] for i in tune]))


if __name__ == "__main__":
    main()
