import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as trusted

from surtitle.evaluate.ranking import one_against_rest, rank
from tests.evaluate.samples import predictions


def test_many_weightings_at_once_are_those_one_by_one() -> None:
    y, probs, _ = predictions(50, 3, seed=1, ties=True)
    weights = np.random.default_rng(2).integers(0, 3, (20, 50)).astype(float)
    weigh = one_against_rest(y, probs)
    together = weigh(weights)
    for row in range(20):
        alone = weigh(weights[row : row + 1])
        for name, values in together.items():
            assert values[row] == pytest.approx(alone[name][0])


def test_fractional_weights_are_those_of_scikit_learn() -> None:
    y, probs, _ = predictions(80, 2, seed=5, ties=True)
    weights = np.random.default_rng(3).random(80)
    auc, average_precision = rank(y == 1, probs[:, 1])(weights[None])
    assert auc[0] == pytest.approx(trusted.roc_auc_score(y, probs[:, 1], sample_weight=weights))
    assert average_precision[0] == pytest.approx(trusted.average_precision_score(y, probs[:, 1], sample_weight=weights))


def test_resample_without_a_class_averages_over_the_others() -> None:
    y = np.array([0, 0, 1, 1, 2])
    probs = np.full((5, 3), 1 / 3)
    weights = np.array([[1.0, 1.0, 1.0, 1.0, 0.0], [1.0, 1.0, 0.0, 0.0, 0.0]])
    auc = one_against_rest(y, probs)(weights)["auc"]
    assert auc[0] == 0.5
    assert np.isnan(auc[1])


@given(seed=st.integers(0, 10_000), ties=st.booleans(), n=st.integers(2, 40))
def test_whole_weights_are_those_of_as_many_equal_examples(seed: int, ties: bool, n: int) -> None:
    y, probs, _ = predictions(n, 2, seed=seed, ties=ties)
    weights = np.random.default_rng(seed).integers(0, 4, n)
    weights[[np.argmax(y), np.argmin(y)]] += 1  # so that both classes are there
    repeated = np.repeat(np.arange(n), weights)
    auc, average_precision = rank(y == 1, probs[:, 1])(weights[None])
    assert auc[0] == pytest.approx(trusted.roc_auc_score(y[repeated], probs[repeated, 1]))
    assert average_precision[0] == pytest.approx(trusted.average_precision_score(y[repeated], probs[repeated, 1]))
