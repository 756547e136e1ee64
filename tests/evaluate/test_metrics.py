import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as trusted

from surtitle.errors import UsageError
from surtitle.evaluate import METRICS, summarise
from tests.evaluate.samples import predictions

CASES = [(n, k, ties) for n in (30, 997) for k in (2, 3, 7) for ties in (False, True)]
seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(8, 80)
class_counts = st.integers(2, 5)


@pytest.mark.parametrize(("n", "k", "ties"), CASES)
@pytest.mark.parametrize("weighted", [False, True])
def test_figures_are_those_of_scikit_learn(n: int, k: int, ties: bool, weighted: bool) -> None:
    y, probs, chosen = predictions(n, k, seed=n + k, ties=ties)
    weights = np.random.default_rng(1).integers(1, 5, n).astype(float) if weighted else None
    found = summarise(y, probs, chosen, weights)
    one_hot = np.eye(k)[y] if k > 2 else (y == 1).astype(float)
    scores = probs if k > 2 else probs[:, 1]
    squares = ((probs - np.eye(k)[y]) ** 2).sum(axis=1) if k > 2 else (probs[:, 1] - y) ** 2
    expected = {
        "auc": trusted.roc_auc_score(one_hot, scores, average="macro", sample_weight=weights),
        "average_precision": trusted.average_precision_score(one_hot, scores, average="macro", sample_weight=weights),
        "macro_f1": trusted.f1_score(y, chosen, average="macro", sample_weight=weights, zero_division=0),
        "log_loss": trusted.log_loss(y, probs, sample_weight=weights),
        "brier": np.average(squares, weights=weights),
    }
    assert {name: found[name] for name in expected} == pytest.approx(expected, abs=1e-12)


def test_brier_of_two_classes_is_scikit_learns() -> None:
    y, probs, chosen = predictions(200, 2, seed=3)
    assert summarise(y, probs, chosen)["brier"] == pytest.approx(trusted.brier_score_loss(y, probs[:, 1]))


def test_calibration_error_by_hand() -> None:
    p = np.array([0.1, 0.1, 0.1, 0.1, 0.9, 0.9])
    y = np.array([0, 0, 0, 1, 1, 1])
    figures = summarise(y, np.column_stack([1 - p, p]), y)
    assert figures["ece"] == pytest.approx((4 * 0.15 + 2 * 0.1) / 6)


def test_calibration_error_of_three_classes_is_of_the_largest_probability() -> None:
    probs = np.array([[0.8, 0.1, 0.1], [0.8, 0.1, 0.1]])
    assert summarise(np.array([0, 1]), probs, np.array([0, 0]))["ece"] == pytest.approx(0.3)


def test_constant_scores_rank_like_chance() -> None:
    y = np.array([0, 0, 0, 1])
    figures = summarise(y, np.full((4, 2), 0.5), np.zeros(4, dtype=int))
    assert (figures["auc"], figures["average_precision"]) == (0.5, 0.25)


def test_one_class_has_no_auc() -> None:
    figures = summarise(np.ones(4, dtype=int), np.full((4, 2), 0.5), np.ones(4, dtype=int))
    assert np.isnan([figures["auc"], figures["average_precision"]]).all()
    assert figures["macro_f1"] == 1.0


def test_absent_class_is_left_out_of_the_mean() -> None:
    y, probs, _ = predictions(60, 3, seed=4)
    y = np.where(y == 2, 0, y)
    expected = np.mean([trusted.roc_auc_score(y == k, probs[:, k]) for k in (0, 1)])
    assert summarise(y, probs, probs.argmax(axis=1))["auc"] == pytest.approx(expected)


def test_certain_and_wrong_has_a_finite_log_loss() -> None:
    figures = summarise(np.array([0, 1]), np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1, 0]))
    assert figures["log_loss"] == pytest.approx(-np.log(np.finfo(float).eps))


@given(seed=seeds, n=sizes, k=class_counts)
def test_figures_keep_their_bounds(seed: int, n: int, k: int) -> None:
    figures = summarise(*predictions(n, k, seed))
    assert list(figures) == list(METRICS)
    for name in ("auc", "average_precision", "macro_f1", "ece"):
        assert 0.0 <= figures[name] <= 1.0
    assert 0.0 <= figures["brier"] <= (1.0 if k == 2 else 2.0)
    assert figures["log_loss"] >= 0.0


@given(seed=seeds, n=sizes, k=class_counts)
def test_order_of_examples_does_not_matter(seed: int, n: int, k: int) -> None:
    y, probs, chosen = predictions(n, k, seed, ties=True)
    order = np.random.default_rng(seed).permutation(n)
    shuffled = summarise(y[order], probs[order], chosen[order])
    assert shuffled == pytest.approx(summarise(y, probs, chosen))


@given(seed=seeds, n=sizes, k=class_counts)
def test_a_weight_is_a_repetition(seed: int, n: int, k: int) -> None:
    y, probs, chosen = predictions(n, k, seed, ties=True)
    weights = np.random.default_rng(seed).integers(0, 4, n)
    weights[:k] += 1
    rows = np.repeat(np.arange(n), weights)
    repeated = summarise(y[rows], probs[rows], chosen[rows])
    assert summarise(y, probs, chosen, weights.astype(float)) == pytest.approx(repeated)


@given(seed=seeds, n=sizes, power=st.floats(0.2, 5.0))
def test_ranking_is_the_same_after_a_rising_map(seed: int, n: int, power: float) -> None:
    y, probs, chosen = predictions(n, 2, seed, ties=True)
    p = probs[:, 1] ** power
    mapped = summarise(y, np.column_stack([1 - p, p]), chosen)
    straight = summarise(y, probs, chosen)
    for name in ("auc", "average_precision", "macro_f1"):
        assert mapped[name] == pytest.approx(straight[name])


def test_all_faults_of_the_arrays_are_told_at_once() -> None:
    probs = np.array([[0.5, 0.5], [np.nan, 1.0], [0.9, 0.9]])
    with pytest.raises(UsageError) as caught:
        summarise(np.array([0, 2, 1]), probs, np.array([0, -1, 1]))
    assert [fault.where for fault in caught.value.faults] == ["y", "chosen", "probs"]
    assert "is 2 at index 1" in str(caught.value)
    assert "row 1 is no distribution: nan, 1 (2 such)" in str(caught.value)


@pytest.mark.parametrize(
    ("y", "probs", "chosen", "where"),
    [
        (np.zeros(2, int), np.full(2, 0.5), np.zeros(2, int), "probs"),
        (np.zeros(0, int), np.zeros((0, 2)), np.zeros(0, int), "probs"),
        (np.zeros(3, int), np.full((2, 2), 0.5), np.zeros(2, int), "y"),
        (np.zeros(2), np.full((2, 2), 0.5), np.zeros(2, int), "y"),
        (np.zeros(2, int), np.full((2, 2), 0.5), np.zeros((2, 1), int), "chosen"),
        (np.zeros(2, int), np.ones((2, 1)), np.zeros(2, int), "probs"),
    ],
)
def test_wrong_shapes_name_the_argument(y: object, probs: object, chosen: object, where: str) -> None:
    with pytest.raises(UsageError) as caught:
        summarise(y, probs, chosen)  # type: ignore[arg-type] # on purpose
    assert caught.value.faults[0].where == where
