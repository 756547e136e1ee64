from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surtitle.errors import DataError, UsageError
from surtitle.evaluate import METRICS, Evaluation, evaluate
from tests.evaluate.samples import evaluation_input, predictions


@pytest.mark.parametrize("k", [2, 3])
def test_evaluation_survives_json(k: int) -> None:
    evaluation = evaluate(evaluation_input(n_classes=k))
    encoded = msgspec.json.encode(evaluation)
    assert msgspec.json.decode(encoded, type=Evaluation) == evaluation
    assert b"NaN" not in encoded


def test_everything_that_was_given_is_there() -> None:
    evaluation = evaluate(evaluation_input())
    assert tuple(evaluation.metrics) == METRICS
    assert evaluation.dimensions == ("client", "length", "time", "device")
    assert evaluation.test_from == datetime(2026, 3, 1, tzinfo=UTC)
    assert sum(sum(row) for row in evaluation.confusion) == evaluation.n == 300
    assert evaluation.costs is not None
    assert evaluation.costs.curves_of == "validation"
    assert [terms.name for terms in evaluation.terms] == ["keep", "remove"]


def test_more_than_two_classes_have_no_costs() -> None:
    assert evaluate(evaluation_input(n_classes=4)).costs is None


def test_what_was_not_given_is_left_out() -> None:
    given = evaluation_input(
        times=None, clients=None, columns={}, costs=None, thresholds=None, validation=None, terms={}, actions=[]
    )
    evaluation = evaluate(given)
    assert evaluation.dimensions == ("length",)
    assert evaluation.costs is None
    assert evaluation.test_from is None
    assert evaluation.terms == ()


def test_column_named_like_a_dimension_of_ours_stays_apart() -> None:
    evaluation = evaluate(evaluation_input(columns={"length": ["a", "b"] * 150}))
    assert evaluation.dimensions == ("client", "length", "time", "length (column)")


def test_a_column_of_one_value_makes_no_slices() -> None:
    assert "device" not in evaluate(evaluation_input(columns={"device": ["x"] * 300})).dimensions


def test_same_input_gives_the_same_evaluation() -> None:
    assert evaluate(evaluation_input()) == evaluate(evaluation_input())


def test_all_misfits_are_told_at_once() -> None:
    given = evaluation_input(
        texts=["short"], clients=["x"], actions=["ban"] * 300, classes=("a", "a"), columns={"c": []}, terms={"z": []}
    )
    with pytest.raises(UsageError) as caught:
        evaluate(given)
    assert [fault.where for fault in caught.value.faults] == [
        "classes",
        "texts",
        "clients",
        "columns.c",
        "actions",
        "terms",
    ]


@pytest.mark.parametrize("missing", ["costs", "thresholds"])
def test_costs_and_thresholds_belong_together(missing: str) -> None:
    given = msgspec.structs.replace(evaluation_input(), **{missing: None})
    with pytest.raises(UsageError, match="belong together"):
        evaluate(given)


def test_one_class_is_refused() -> None:
    with pytest.raises(DataError, match="one class"):
        evaluate(evaluation_input(y=np.zeros(300, int)))


@settings(max_examples=25)
@given(n=st.integers(6, 40), k=st.integers(2, 6), seed=st.integers(0, 999))
def test_few_examples_are_enough(n: int, k: int, seed: int) -> None:
    evaluation = evaluate(evaluation_input(n, k, seed))
    assert evaluation.n == n
    msgspec.json.encode(evaluation)


def test_inputs_are_not_changed() -> None:
    given = evaluation_input()
    y, probs, chosen = predictions(300, 2, 0)
    evaluate(given)
    np.testing.assert_array_equal(given.y, y)
    np.testing.assert_array_equal(given.probs, probs)
    np.testing.assert_array_equal(given.chosen, chosen)


def test_what_goes_wrong_in_a_slice_reaches_the_caller(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object, **_options: object) -> None:
        raise ZeroDivisionError("in a slice")

    monkeypatch.setattr("surtitle.evaluate.assemble.measure_slices", broken)
    with pytest.raises(ZeroDivisionError, match="in a slice"):
        evaluate(evaluation_input())
