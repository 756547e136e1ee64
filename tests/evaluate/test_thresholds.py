import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.errors import DataError, UsageError
from surtitle.evaluate import choose_class_weights, thresholds_from_costs
from surtitle.settings import CostSettings

prices = st.floats(0.01, 100.0)


def expected_cost(action: str, p: float, costs: CostSettings) -> float:
    return {"allow": p * costs.false_negative, "remove": (1 - p) * costs.false_positive, "review": costs.review}[action]


@given(prices, prices, prices, st.floats(0.0, 1.0))
def test_no_other_action_is_cheaper_than_the_one_that_the_thresholds_name(
    missed: float, wrong: float, review: float, p: float
) -> None:
    """The law of Elkan (2001), section 2: the thresholds minimise the expected cost at every probability."""
    costs = CostSettings(false_negative=missed, false_positive=wrong, review=review)
    thresholds = thresholds_from_costs(costs)
    action = "remove" if p >= thresholds.remove else "review" if p >= thresholds.review else "allow"
    cheapest = min(expected_cost(other, p, costs) for other in ("allow", "review", "remove"))
    assert expected_cost(action, p, costs) <= cheapest + 1e-9


def test_nothing_is_reviewed_when_a_review_never_pays() -> None:
    thresholds = thresholds_from_costs(CostSettings(false_negative=1.0, false_positive=3.0, review=0.9))
    assert thresholds.review == thresholds.remove == 0.75


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_weights_lean_towards_rare_classes_and_never_away_from_them(n_classes: int) -> None:
    rng = np.random.default_rng(n_classes)
    shares = np.arange(1, n_classes + 1) / np.arange(1, n_classes + 1).sum()
    y = rng.choice(n_classes, size=3000, p=shares)
    logits = np.log(shares) + 1.2 * np.eye(n_classes)[y] + rng.normal(scale=0.7, size=(3000, n_classes))
    probs = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    weights = choose_class_weights(y, probs)
    assert weights.min() == 1.0
    assert (np.diff(weights) <= 0).all()


def test_a_clear_gain_in_macro_f1_is_taken() -> None:
    y = np.repeat([0, 1], [900, 100])
    probs = np.repeat([[0.95, 0.05], [0.65, 0.35]], [900, 100], axis=0)
    weights = choose_class_weights(y, probs)
    assert (np.argmax(weights * probs, axis=1) == y).all()


def test_classes_of_one_size_keep_equal_weights() -> None:
    y = np.arange(300) % 3
    probs = np.full((300, 3), 0.2) + 0.4 * np.eye(3)[y]
    np.testing.assert_array_equal(choose_class_weights(y, probs), np.ones(3))


def test_one_class_only_is_refused() -> None:
    with pytest.raises(DataError, match="choosing class weights"):
        choose_class_weights(np.zeros(5, np.int64), np.tile([0.5, 0.5], (5, 1)))


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(UsageError):
        choose_class_weights(np.array([0, 1]), np.array([[0.5, 0.5]]))
