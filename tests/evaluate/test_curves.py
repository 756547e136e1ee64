import numpy as np
import pytest
from sklearn import metrics as trusted

from surtitle.evaluate.curves import MAX_POINTS, precision_recall_curve, roc_curve
from tests.evaluate.samples import predictions


def test_few_points_are_scikit_learns() -> None:
    y, probs, _ = predictions(60, 2, seed=2, ties=True)
    curve = roc_curve("x", y == 1, probs[:, 1])
    assert curve is not None
    fpr, tpr, _ = trusted.roc_curve(y, probs[:, 1], drop_intermediate=False)
    assert curve.x == pytest.approx(fpr.tolist(), abs=1e-5)
    assert curve.y == pytest.approx(tpr.tolist(), abs=1e-5)


def test_thinned_curve_keeps_its_area() -> None:
    y, probs, _ = predictions(20_000, 2, seed=2)
    curve = roc_curve("x", y == 1, probs[:, 1])
    assert curve is not None
    assert len(curve.x) <= MAX_POINTS
    assert (curve.x[0], curve.y[0], curve.x[-1], curve.y[-1]) == (0.0, 0.0, 1.0, 1.0)
    assert np.trapezoid(curve.y, curve.x) == pytest.approx(trusted.roc_auc_score(y, probs[:, 1]), abs=1e-3)


def test_precision_ends_at_the_share_of_positives() -> None:
    y, probs, _ = predictions(5_000, 2, seed=2)
    curve = precision_recall_curve("x", y == 1, probs[:, 1])
    assert curve is not None
    assert curve.x[-1] == 1.0
    assert curve.y[-1] == pytest.approx(y.mean(), abs=1e-5)


@pytest.mark.parametrize("curve", [roc_curve, precision_recall_curve])
def test_one_class_has_no_curve(curve: object) -> None:
    assert curve("x", np.ones(3, bool), np.zeros(3)) is None  # type: ignore[operator] # one of two functions
