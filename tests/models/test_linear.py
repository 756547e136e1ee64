import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse
from scipy.special import expit
from scipy.special import softmax as scipy_softmax
from sklearn.linear_model import LogisticRegression

from surtitle.models.linear import LinearModel, fit_calibration, fit_linear, softmax


def rows(seed: int, n: int, n_classes: int) -> tuple[sparse.csr_array, NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, 5))
    y = np.argmax(X[:, :n_classes] + rng.gumbel(size=(n, n_classes)), axis=1)
    return sparse.csr_array(X), y.astype(np.int64)


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("balanced", [False, True])
def test_probabilities_are_those_of_scikit_learn(n_classes: int, balanced: bool) -> None:
    X, y = rows(0, 300, n_classes)
    model = fit_linear(X, y, c=0.7, balanced=balanced)
    weight = "balanced" if balanced else None
    reference = LogisticRegression(C=0.7, class_weight=weight, tol=1e-9, max_iter=5000).fit(X, y)
    np.testing.assert_allclose(model.probabilities(X), reference.predict_proba(X), atol=5e-3)


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=9))
def test_two_class_softmax_is_the_logistic_function(logits: list[float]) -> None:
    found = softmax(np.array(logits)[:, None])
    np.testing.assert_allclose(found[:, 1], expit(logits), atol=1e-15)
    np.testing.assert_allclose(found.sum(axis=1), 1.0)


@given(st.lists(st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=3), min_size=1, max_size=5))
def test_many_class_softmax_is_scipys(logits: list[list[float]]) -> None:
    np.testing.assert_allclose(softmax(np.array(logits)), scipy_softmax(logits, axis=1), atol=1e-15)


def test_rescaling_the_weights_is_rescaling_the_logits() -> None:
    X, _ = rows(1, 20, 3)
    model = LinearModel(np.arange(15.0).reshape(3, 5), np.array([1.0, 2.0, 3.0]))
    shift = np.array([0.5, 0.0, -0.5])
    np.testing.assert_allclose(model.rescaled(2.0, shift).logits(X), 2.0 * model.logits(X) + shift)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_calibration_finds_the_distortion_that_was_made(n_classes: int) -> None:
    rng = np.random.default_rng(3)
    true = rng.normal(scale=2.0, size=(20_000, 1 if n_classes == 2 else n_classes))
    probabilities = softmax(true)
    y = (rng.random((len(true), 1)) > probabilities.cumsum(axis=1)).sum(axis=1)
    distorted = (true - 0.3) / 2.5
    scale, shift = fit_calibration(distorted, y)
    np.testing.assert_allclose(softmax(scale * distorted + shift), probabilities, atol=0.02)


@given(st.integers(0, 10_000), st.integers(2, 4))
@settings(max_examples=50)
def test_calibration_never_changes_a_ranking_and_is_finite(seed: int, n_classes: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(n_classes, 30))
    logits = rng.normal(scale=10.0, size=(n, 1 if n_classes == 2 else n_classes))
    y = rng.integers(0, n_classes, size=n)
    scale, shift = fit_calibration(logits, y)
    assert scale > 0
    assert np.isfinite([scale, *shift]).all()


def test_calibration_of_perfectly_separated_classes_stays_short_of_certainty() -> None:
    logits = np.array([[-5.0], [5.0]] * 20)
    scale, shift = fit_calibration(logits, np.array([0, 1] * 20))
    assert 0.9 < softmax(scale * logits + shift)[1, 1] < 1.0
