from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
import pytest
from sklearn.metrics import precision_score, recall_score, roc_auc_score

from surtitle.errors import UsageError
from surtitle.records import Thresholds
from surtitle.settings import EvaluateSettings
from surtitle.watch.quality import PeriodQuality, measure_period
from tests.evaluate.samples import predictions

FAST = EvaluateSettings(resamples=100)
CUTS = Thresholds(review=0.3, remove=0.7)


def period(y: Any, probs: Any, chosen: Any, **changes: Any) -> PeriodQuality:
    given: dict[str, Any] = {
        "start": datetime(2026, 3, 1, tzinfo=UTC),
        "end": datetime(2026, 3, 2, tzinfo=UTC),
        "version": 1,
        "n_decisions": len(y),
        "mature": True,
        "settings": FAST,
        "thresholds": CUTS,
    }
    return measure_period(np.asarray(y), np.asarray(probs), np.asarray(chosen), **(given | changes))


def test_figures_are_those_of_scikit_learn() -> None:
    y, probs, chosen = predictions(500, 2, seed=3)
    quality = period(y, probs, chosen, n_decisions=900, client="chess")
    assert (quality.n_decisions, quality.n_labelled, quality.positives) == (900, 500, int(y.sum()))
    assert quality.auc is not None
    assert quality.auc.value == pytest.approx(roc_auc_score(y, probs[:, 1]))
    assert quality.auc.low < quality.auc.value < quality.auc.high
    for name in ("review", "remove"):
        called = probs[:, 1] >= getattr(CUTS, name)
        assert quality.precision[name].value == pytest.approx(precision_score(y, called))
        assert quality.recall[name].value == pytest.approx(recall_score(y, called))
    assert quality.accuracy is not None
    assert quality.accuracy.value == pytest.approx((y == chosen).mean())


def test_period_without_labels_has_no_figures() -> None:
    quality = period(np.zeros(0, np.int64), np.zeros((0, 2)), np.zeros(0, np.int64), n_decisions=7)
    assert (quality.n_labelled, quality.positives, quality.auc, quality.accuracy) == (0, 0, None, None)
    assert quality.precision == quality.recall == {}


def test_period_of_one_class_has_no_auc_but_an_accuracy() -> None:
    probs = np.column_stack([np.full(20, 0.6), np.full(20, 0.4)])
    quality = period(np.zeros(20, np.int64), probs, np.zeros(20, np.int64))
    assert quality.auc is None
    assert quality.accuracy is not None
    assert quality.accuracy.value == 1.0
    assert quality.precision == {"review": quality.precision["review"]}
    assert quality.recall == {}


def test_more_than_two_classes_have_no_positives_and_no_thresholds() -> None:
    quality = period(*predictions(300, 3, seed=1), thresholds=None)
    assert quality.positives is None
    assert quality.auc is not None
    assert quality.precision == {}


def test_record_survives_json() -> None:
    quality = period(*predictions(100, 2, seed=2))
    assert msgspec.json.decode(msgspec.json.encode(quality), type=PeriodQuality) == quality


def test_arrays_that_do_not_fit_are_refused() -> None:
    y, probs, chosen = predictions(50, 2, seed=0)
    with pytest.raises(UsageError, match="predictions cannot be measured"):
        period(y[:-1], probs, chosen)
