from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.models.decide import DecisionRule
from surtitle.records import Thresholds
from surtitle.stream.deciding import Model, judge
from surtitle.stream.testing import LengthScorer


class _Fixed:
    def __init__(self, rule: DecisionRule, rows: Any) -> None:
        self.rule = rule
        self._rows = np.asarray(rows, np.float64)

    def probabilities(self, texts: Any) -> Any:
        return self._rows[[int(text) for text in texts]]


def _model(scorer: Any) -> Model:
    return Model("model", 1, scorer)


shares = st.lists(st.floats(0, 1), min_size=1, max_size=20)


@given(shares, st.sampled_from([(0.3, 0.7), (0.5, 0.5), (0.7, 0.3)]))
def test_two_classes_get_the_scores_and_actions_of_the_models_own_rule(
    drawn: list[float], limits: tuple[float, float]
) -> None:
    rule = DecisionRule(("kept", "removed"), (1.0, 2.0), Thresholds(*limits))
    rows = np.array([[1 - share, share] for share in drawn])
    opinions = judge(_model(_Fixed(rule, rows)), [str(n) for n in range(len(drawn))])
    expected = rule.decide(rows)
    assert opinions.scores == [each.score for each in expected]
    assert opinions.actions == [each.action for each in expected]


@given(st.lists(st.tuples(*[st.floats(0, 1)] * 3), min_size=1, max_size=20))
def test_more_classes_get_the_class_chosen(drawn: list[tuple[float, float, float]]) -> None:
    rule = DecisionRule(("a", "b", "c"), (1.0, 1.0, 3.0))
    opinions = judge(_model(_Fixed(rule, drawn)), [str(n) for n in range(len(drawn))])
    expected = rule.decide(np.array(drawn))
    assert opinions.scores == [each.score for each in expected]
    assert opinions.actions == [each.action for each in expected]


@given(st.sets(st.integers(0, 99), max_size=5))
def test_bad_texts_are_found_in_few_calls_and_the_others_are_scored(bad: set[int]) -> None:
    scorer = LengthScorer()
    texts = ["POISON" if n in bad else "x" * n for n in range(100)]
    opinions = judge(_model(scorer), texts)
    assert opinions.poisoned.keys() == bad
    assert [score for n, score in enumerate(opinions.scores) if n not in bad] == [
        n / 100 for n in range(100) if n not in bad
    ]
    assert scorer.calls <= 1 + 2 * 7 * len(bad)


@pytest.mark.parametrize(
    ("rows", "told"),
    [([[0.5, float("nan")]], "not a number"), ([[0.2, 0.3, 0.5]], "scores of shape"), ([[0.5]], "shape")],
)
def test_scores_that_make_no_sense_are_poison(rows: Any, told: str) -> None:
    rule = DecisionRule(("kept", "removed"), (1.0, 1.0), Thresholds(0.3, 0.7))
    assert told in judge(_model(_Fixed(rule, rows)), ["0"]).poisoned[0]


def test_a_fault_of_the_surroundings_is_no_poison() -> None:
    class Full(LengthScorer):
        def probabilities(self, texts: Any) -> Any:
            raise MemoryError

    with pytest.raises(MemoryError):
        judge(_model(Full()), ["a", "b"])
