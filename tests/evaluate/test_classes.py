import numpy as np
import pytest
from sklearn.metrics import precision_recall_fscore_support

from surtitle.evaluate.classes import class_qualities, class_terms, confusion_matrix, ranking_curves, score_histograms
from tests.evaluate.samples import predictions

CLASSES = ("a", "b", "c")


def test_precision_recall_and_f1_are_scikit_learns() -> None:
    y, probs, chosen = predictions(200, 3, seed=0)
    found = class_qualities(CLASSES, y, probs, confusion_matrix(y, chosen, 3), level=0.95)
    precision, recall, f1, n = precision_recall_fscore_support(y, chosen)
    for k, quality in enumerate(found):
        assert quality.precision is not None
        assert quality.recall is not None
        assert quality.precision.value == pytest.approx(precision[k])
        assert quality.recall.value == pytest.approx(recall[k])
        assert quality.f1 == pytest.approx(f1[k])
        assert quality.n == n[k]


def test_class_that_does_not_occur_has_no_figures() -> None:
    y = np.array([0, 1, 0, 1])
    probs = np.tile([0.5, 0.3, 0.2], (4, 1))
    last = class_qualities(CLASSES, y, probs, confusion_matrix(y, y, 3), level=0.95)[2]
    assert (last.n, last.f1) == (0, 0.0)
    assert last.precision is None
    assert last.recall is None
    assert last.auc is None
    assert last.average_precision is None


def test_histograms_count_every_example() -> None:
    y, probs, _ = predictions(100, 3, seed=0)
    wrong, right = score_histograms(CLASSES, y, probs)
    assert sum(wrong.counts) + sum(right.counts) == 100
    assert sum(right.counts) == (probs.argmax(axis=1) == y).sum()


def test_curves_are_of_the_positive_class_or_of_the_largest_ones() -> None:
    y, probs, _ = predictions(100, 2, seed=0)
    assert [curve.name for curve in ranking_curves(CLASSES[:2], y, probs)[0]] == ["b"]
    y, probs, _ = predictions(400, 9, seed=0)
    y = np.where(y == 4, 3, y)
    names = [curve.name for curve in ranking_curves(tuple("abcdefghi"), y, probs)[0]]
    assert len(names) == 6
    assert "d" in names
    assert "e" not in names


def test_terms_without_weight_point_nowhere() -> None:
    [found] = class_terms({"a": [("x", 0.0), ("y", 1.0)]})
    assert (found.towards, found.away) == ((("y", 1.0),), ())
