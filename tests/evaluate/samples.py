"""Predictions to measure, made from a seed."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np

from surtitle.evaluate import EvaluationInput, Facts, thresholds_from_costs
from surtitle.evaluate._arrays import FloatArray, IntArray
from surtitle.settings import CostSettings, EvaluateSettings

COSTS = CostSettings(false_negative=3.0, false_positive=1.0, review=0.3)


def predictions(n: int, n_classes: int, seed: int, *, ties: bool = False) -> tuple[IntArray, FloatArray, IntArray]:
    """Return y, probs, chosen of a model that knows something."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, n_classes, n)
    y[:n_classes] = np.arange(n_classes)
    logits = rng.normal(size=(n, n_classes))
    logits[np.arange(n), y] += 1.0
    probs = np.exp(logits)
    probs /= probs.sum(axis=1, keepdims=True)
    if ties:
        probs = np.round(probs * 8) + 1.0
        probs /= probs.sum(axis=1, keepdims=True)
    return y, probs, probs.argmax(axis=1)


def evaluation_input(n: int = 300, n_classes: int = 2, seed: int = 0, **changes: Any) -> EvaluationInput:
    """Return an evaluation's input with all there can be in it."""
    y, probs, chosen = predictions(n, n_classes, seed)
    classes = ("keep", "remove", "other", "more", "extra", "last")[:n_classes]
    start = datetime(2026, 3, 1)
    two = n_classes == 2
    cuts = thresholds_from_costs(COSTS)
    actions = ["remove" if p >= cuts.remove else "review" if p >= cuts.review else "allow" for p in probs[:, 1]]
    given = {
        "y": y,
        "probs": probs,
        "chosen": chosen,
        "actions": actions if two else [classes[k] for k in chosen],
        "classes": classes,
        "texts": [f"text number {k} " + "very " * (k % 40) + "long" for k in range(n)],
        "facts": Facts(project="sample", label="kind", noun="comments", split_by="time", settings="[train]\nc = 1.0"),
        "settings": EvaluateSettings(resamples=100),
        "times": [start + timedelta(days=k % 90) for k in range(n)],
        "clients": [("chess", "cooking", None)[k % 3] for k in range(n)],
        "columns": {"device": [f"device {k % 30}" for k in range(n)]},
        "costs": COSTS if two else None,
        "thresholds": cuts if two else None,
        "validation": (y, probs),
        "terms": {name: [("dummy", 2.0), ("|umm|", 1.0), ("thanks", -1.5)] for name in classes},
    }
    return EvaluationInput(**(given | changes))
