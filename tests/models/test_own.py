from types import SimpleNamespace

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.svm import LinearSVC

from surtitle.errors import SettingsError
from surtitle.models import DecisionRule, EstimatorScorer, estimator_logits

TEXTS = ["a b", "c d", "a d", "c b"] * 5
Y = np.array([0, 1, 0, 1] * 5)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_an_uncalibrated_estimator_keeps_its_own_probabilities(n_classes: int) -> None:
    y = Y if n_classes == 2 else np.arange(20) % 3
    estimator = make_pipeline(TfidfVectorizer(analyzer="char"), LogisticRegression()).fit(TEXTS, y)
    rule = DecisionRule(tuple("abc"[:n_classes]), (1.0,) * n_classes)
    shift = np.zeros(1 if n_classes == 2 else n_classes)
    scorer = EstimatorScorer(estimator, 1.0, shift, rule)
    np.testing.assert_allclose(scorer.probabilities(TEXTS), estimator.predict_proba(TEXTS), atol=1e-12)
    assert scorer.score(TEXTS[:1])[0].label == "a"
    assert scorer.score([]) == []


def test_margins_serve_where_there_are_no_probabilities() -> None:
    estimator = make_pipeline(TfidfVectorizer(analyzer="char"), LinearSVC()).fit(TEXTS, Y)
    np.testing.assert_array_equal(estimator_logits(estimator, TEXTS)[:, 0], estimator.decision_function(TEXTS))


def test_an_estimator_without_scores_is_refused() -> None:
    with pytest.raises(SettingsError, match="neither predict_proba nor decision_function"):
        estimator_logits(SimpleNamespace(), TEXTS)
