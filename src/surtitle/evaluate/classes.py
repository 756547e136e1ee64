"""What is true of each class: confusions, precision and recall, curves, scores, terms."""

from collections.abc import Mapping, Sequence

import msgspec
import numpy as np

from surtitle.evaluate._arrays import FloatArray, IntArray
from surtitle.evaluate.calibration import wilson
from surtitle.evaluate.curves import Curve, precision_recall_curve, roc_curve
from surtitle.evaluate.metrics import confidence_and_hit
from surtitle.evaluate.ranking import rank
from surtitle.records import Interval

__all__ = [
    "ClassQuality",
    "ClassTerms",
    "ScoreHistogram",
    "Terms",
    "class_qualities",
    "class_terms",
    "confusion_matrix",
    "ranking_curves",
    "score_histograms",
    "share",
]

Terms = Mapping[str, Sequence[tuple[str, float]]]

_HISTOGRAM_BINS = 30
_MOST_TERMS = 15
_MOST_CURVES = 6


class ClassQuality(msgspec.Struct, frozen=True):
    """One class against the rest; `precision` and `recall` with Wilson intervals, None where undefined."""

    name: str
    n: int
    precision: Interval | None
    recall: Interval | None
    f1: float
    auc: float | None
    average_precision: float | None


class ClassTerms(msgspec.Struct, frozen=True):
    """The terms that point most to a class and most away from it, each with its coefficient."""

    name: str
    towards: tuple[tuple[str, float], ...]
    away: tuple[tuple[str, float], ...]


class ScoreHistogram(msgspec.Struct, frozen=True):
    """Counts of scores in 30 equal bins from 0 to 1, for the examples that `name` describes."""

    name: str
    counts: tuple[int, ...]


def share(hits: int, n: int, level: float) -> Interval | None:
    """Return `hits` of `n` with its Wilson interval, or None of nothing.

    Examples
    --------
    >>> print(share(8, 10, 0.95), share(0, 0, 0.95))
    0.800 [0.490, 0.943] None
    """
    return Interval(hits / n, *wilson(hits, n, level=level)) if n else None


def confusion_matrix(y: IntArray, chosen: IntArray, n_classes: int) -> IntArray:
    """Count examples, shape (K, K): rows are true classes, columns chosen ones.

    Examples
    --------
    >>> confusion_matrix(np.array([0, 1, 1]), np.array([0, 0, 1]), 2).tolist()
    [[1, 0], [1, 1]]
    """
    return np.bincount(y * n_classes + chosen, minlength=n_classes**2).reshape(n_classes, n_classes)


def class_qualities(
    classes: Sequence[str], y: IntArray, probs: FloatArray, confusion: IntArray, *, level: float
) -> tuple[ClassQuality, ...]:
    """Return each class's precision, recall, F1, AUC and average precision.

    Examples
    --------
    >>> y, probs = np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]])
    >>> qualities = class_qualities(("keep", "remove"), y, probs, np.eye(2, dtype=int), level=0.95)
    >>> [(quality.name, quality.f1, quality.auc) for quality in qualities]
    [('keep', 1.0, 1.0), ('remove', 1.0, 1.0)]
    """
    ones = np.ones((1, len(y)))
    qualities = []
    for k, name in enumerate(classes):
        right, n, called = (int(v) for v in (confusion[k, k], confusion[k].sum(), confusion[:, k].sum()))
        auc, average_precision = (float(figure[0]) for figure in rank(y == k, probs[:, k])(ones))
        quality = ClassQuality(
            name=name,
            n=n,
            precision=share(right, called, level),
            recall=share(right, n, level),
            f1=2.0 * right / max(n + called, 1),
            auc=auc if np.isfinite(auc) else None,
            average_precision=average_precision if np.isfinite(average_precision) else None,
        )
        qualities.append(quality)
    return tuple(qualities)


def ranking_curves(
    classes: Sequence[str], y: IntArray, probs: FloatArray
) -> tuple[tuple[Curve, ...], tuple[Curve, ...]]:
    """Return ROC and precision-recall curves: of the positive class of two, else of the 6 largest classes."""
    sizes = np.bincount(y, minlength=len(classes))
    drawn = [1] if len(classes) == 2 else sorted(np.argsort(-sizes, kind="stable")[:_MOST_CURVES].tolist())
    roc = [roc_curve(classes[k], y == k, probs[:, k]) for k in drawn]
    precision_recall = [precision_recall_curve(classes[k], y == k, probs[:, k]) for k in drawn]
    return tuple(c for c in roc if c), tuple(c for c in precision_recall if c)


def score_histograms(classes: Sequence[str], y: IntArray, probs: FloatArray) -> tuple[ScoreHistogram, ...]:
    """Return two histograms of the scores: of the negative and of the positive examples, or of wrong and right choices.

    With two classes the score is the positive class's probability; with more it is the largest one, and a choice is
    right when that is the true class's.

    Examples
    --------
    >>> found = score_histograms(("keep", "remove"), np.array([0, 1]), np.array([[0.9, 0.1], [0.2, 0.8]]))
    >>> [(histogram.name, histogram.counts.index(1)) for histogram in found]
    [('keep', 3), ('remove', 24)]
    """
    confidence, hit = confidence_and_hit(y, probs)
    names = tuple(classes) if len(classes) == 2 else ("wrong", "right")
    edges = np.linspace(0.0, 1.0, _HISTOGRAM_BINS + 1)
    counts = [np.histogram(confidence[hit == k], bins=edges)[0].tolist() for k in range(2)]
    return tuple(ScoreHistogram(name, tuple(found)) for name, found in zip(names, counts, strict=True))


def class_terms(terms: Terms) -> tuple[ClassTerms, ...]:
    """Return each class's strongest terms in both directions, the strongest first.

    Examples
    --------
    >>> class_terms({"rude": [("dummy", 2.0), ("thanks", -1.5), ("idiot", 3.0)]})
    (ClassTerms(name='rude', towards=(('idiot', 3.0), ('dummy', 2.0)), away=(('thanks', -1.5),)),)
    """
    return tuple(
        ClassTerms(name, _strongest(found, sign=1.0), _strongest(found, sign=-1.0)) for name, found in terms.items()
    )


def _strongest(terms: Sequence[tuple[str, float]], *, sign: float) -> tuple[tuple[str, float], ...]:
    pointing = [(str(term), float(value)) for term, value in terms if sign * value > 0]
    return tuple(sorted(pointing, key=lambda pair: -sign * pair[1])[:_MOST_TERMS])
