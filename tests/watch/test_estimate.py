"""The AUC expected without labels is the one that labels give, while probabilities mean what they say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from surtitle.errors import UsageError
from surtitle.records import Interval
from surtitle.watch.estimate import expected_auc, trust_of

probabilities = st.lists(st.sampled_from([0.0, 0.1, 0.25, 0.5, 0.9, 1.0]), min_size=2, max_size=12)


def by_pairs(scores: list[float]) -> float:
    """The definition, pair by pair."""
    wins = pairs = 0.0
    for i, upper in enumerate(scores):
        for j, lower in enumerate(scores):
            if i != j:
                weight = upper * (1 - lower)
                pairs += weight
                wins += weight * (1.0 if upper > lower else 0.5 if upper == lower else 0.0)
    return wins / pairs


@given(probabilities)
def test_expectation_is_the_sum_over_pairs(scores: list[float]) -> None:
    found = expected_auc(np.array(scores), confidence=0.95)
    if sum(scores) < 1 or len(scores) - sum(scores) < 1:
        assert found is None
    elif found is not None:
        assert found.value == pytest.approx(by_pairs(scores))
        assert found.low <= found.value + 1e-12
        assert found.high >= found.value - 1e-12


@pytest.mark.parametrize("shape", [(0.5, 3.0), (2.0, 2.0), (0.3, 0.3)])
def test_interval_holds_the_auc_of_labels_as_often_as_it_says(shape: tuple[float, float]) -> None:
    rng = np.random.default_rng(7)
    scores = rng.beta(*shape, size=1500)
    expected = expected_auc(scores, confidence=0.9)
    assert expected is not None
    found = [roc_auc_score(rng.random(1500) < scores, scores) for _ in range(300)]
    held = np.mean([expected.low <= auc <= expected.high for auc in found])
    assert 0.84 < held < 0.96
    assert np.mean(found) == pytest.approx(expected.value, abs=0.003)


@pytest.mark.parametrize("scores", [[0.1, 1.2], [np.nan, 0.5], [[0.1, 0.2]]])
def test_what_is_no_probability_is_refused(scores: list[float]) -> None:
    with pytest.raises(UsageError, match="from 0 to 1"):
        expected_auc(np.array(scores), confidence=0.95)


def test_without_positives_or_texts_nothing_is_expected() -> None:
    assert expected_auc(np.full(20, 0.001), confidence=0.95) is None
    assert expected_auc(np.zeros(0), confidence=0.95) is None


def trusting(scores: np.ndarray, y: np.ndarray) -> tuple[str, ...]:
    auc = Interval(float(roc_auc_score(y, scores)), 0.0, 1.0)
    found = trust_of(scores, y.astype(np.int64), auc, confidence=0.95)
    assert found is not None
    return found.reasons


def test_labels_that_keep_what_was_promised_raise_no_doubt() -> None:
    rng = np.random.default_rng(3)
    doubted = 0
    for _ in range(100):
        scores = rng.beta(0.5, 2.0, size=2000)
        doubted += bool(trusting(scores, rng.random(2000) < scores))
    assert doubted <= 10


def test_labels_that_break_it_do() -> None:
    rng = np.random.default_rng(3)
    scores = rng.beta(0.5, 2.0, size=2000)
    noisy = np.where(rng.random(2000) < 0.15, 0.5, scores)
    reasons = trusting(scores, rng.random(2000) < noisy)
    assert any("AUC" in reason for reason in reasons)
    assert any("positive" in reason for reason in trusting(scores, rng.random(2000) < scores * 0.5))


def test_a_handful_of_labels_says_nothing_either_way() -> None:
    scores = np.linspace(0.1, 0.9, 49)
    assert trust_of(scores, np.arange(49) % 2, Interval(0.5, 0.4, 0.6), confidence=0.95) is None
