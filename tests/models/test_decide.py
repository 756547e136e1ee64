import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.models.decide import DecisionRule
from surtitle.records import Thresholds

TWO = DecisionRule(("kept", "removed"), (1.0, 1.0), Thresholds(0.2, 0.8))
THREE = DecisionRule(("a", "b", "c"), (1.0, 1.0, 3.0))


@pytest.mark.parametrize(
    ("probability", "action"), [(0.0, "allow"), (0.19, "allow"), (0.2, "review"), (0.79, "review"), (0.8, "remove")]
)
def test_the_action_changes_at_the_thresholds(probability: float, action: str) -> None:
    assert TWO.action(probability, "kept") == action


def test_nothing_is_reviewed_when_the_thresholds_are_one() -> None:
    rule = DecisionRule(("kept", "removed"), (1.0, 1.0), Thresholds(0.5, 0.5))
    assert [rule.action(p, "") for p in (0.49, 0.5)] == ["allow", "remove"]


def test_the_score_of_two_classes_is_the_positive_ones_probability() -> None:
    scored = TWO.decide(np.array([[0.7, 0.3]]))[0]
    assert (scored.score, scored.label, scored.action) == (0.3, "kept", "review")
    assert scored.probabilities == {"kept": 0.7, "removed": 0.3}


def test_with_more_classes_the_action_is_the_class_that_its_weight_lifts_highest() -> None:
    scored = THREE.decide(np.array([[0.5, 0.3, 0.2]]))[0]
    assert (scored.label, scored.action, scored.score) == ("c", "c", 0.2)


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20).map(sorted))
def test_a_higher_probability_never_has_a_milder_action(probabilities: list[float]) -> None:
    order = ["allow", "review", "remove"]
    severity = [order.index(TWO.action(p, "")) for p in probabilities]
    assert severity == sorted(severity)
