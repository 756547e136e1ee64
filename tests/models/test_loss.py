import threading
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import check_grad
from sklearn.linear_model import LogisticRegression

from surtitle.models.linear import fit_rows
from surtitle.models.loss import LogisticLoss, some_rows
from surtitle.text.native import EngineName, native_status

FloatArray = NDArray[np.float64]
Problem = tuple[sparse.csr_array, NDArray[np.int64]]

need_native = pytest.mark.skipif(not native_status().available, reason=native_status().what)


def problem(seed: int, n: int, n_columns: int, n_classes: int) -> Problem:
    rng = np.random.default_rng(seed)
    X = np.where(rng.random((n, n_columns)) < 0.3, rng.random((n, n_columns)), 0.0)
    y = rng.permutation(np.arange(n) % n_classes)
    return sparse.csr_array(X), y.astype(np.int64)


@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_the_gradient_is_the_slope_of_the_loss(engine: EngineName, n_classes: int) -> None:
    loss = LogisticLoss(*problem(1, 40, 6, n_classes), engine=engine)
    weights = np.linspace(0.01, 0.05, n_classes)

    def value(parameters: FloatArray) -> float:
        return loss(parameters, class_weights=weights, l2=0.2, n_rows=33)[0]

    def slope(parameters: FloatArray) -> FloatArray:
        return loss(parameters, class_weights=weights, l2=0.2, n_rows=33)[1]

    assert check_grad(value, slope, np.random.default_rng(0).normal(size=7 * loss.n_weights)) < 1e-6


@need_native
@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(0, 40), st.floats(-3, 3))
def test_both_ways_agree(seed: int, n_classes: int, n_rows: int, size: float) -> None:
    X, y = problem(seed, 40, 9, n_classes)
    rng = np.random.default_rng(seed)
    plain, native = LogisticLoss(X, y, engine="python"), LogisticLoss(X, y)
    point = rng.normal(size=10 * plain.n_weights) * 10.0**size
    weights, l2 = rng.uniform(size=n_classes), rng.uniform()
    one = plain(point, class_weights=weights, l2=l2, n_rows=n_rows)
    other = native(point, class_weights=weights, l2=l2, n_rows=n_rows)
    assert one[0] == pytest.approx(other[0], rel=1e-12, abs=1e-12)
    np.testing.assert_allclose(one[1], other[1], rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("balanced", [False, True])
def test_the_weights_are_those_of_scikit_learn(engine: EngineName, n_classes: int, balanced: bool) -> None:
    X, y = problem(5, 600, 30, n_classes)
    y[:100] = 0  # so that balancing matters
    model = fit_rows(LogisticLoss(X, y, engine=engine), 600, c=3.0, balanced=balanced)
    reference = LogisticRegression(C=3.0, class_weight="balanced" if balanced else None, tol=1e-4, max_iter=1000)
    reference.fit(X, y)
    np.testing.assert_allclose(model.coef, reference.coef_, atol=1e-6)
    np.testing.assert_allclose(model.intercept, reference.intercept_, atol=1e-6)


@given(st.integers(0, 10_000), st.integers(2, 4), st.booleans())
def test_a_weight_is_worth_as_many_equal_rows(seed: int, n_classes: int, balanced: bool) -> None:
    """The law of sample weights: a row of weight k counts as k equal rows, in fitting and in balancing."""
    X, y = problem(seed, 40, 6, n_classes)
    times = np.random.default_rng(seed).integers(1, 4, len(y))
    repeated = np.repeat(np.arange(len(y)), times)
    weighted = LogisticLoss(X, y, weights=times.astype(np.float64))
    plain = LogisticLoss(X[repeated], y[repeated])
    one = fit_rows(weighted, len(y), c=1.0, balanced=balanced)
    other = fit_rows(plain, len(repeated), c=1.0, balanced=balanced)
    np.testing.assert_allclose(one.coef, other.coef, atol=1e-8)
    np.testing.assert_allclose(one.intercept, other.intercept, atol=1e-8)


def test_weighted_rows_give_the_weights_of_scikit_learn() -> None:
    X, y = problem(6, 400, 20, 3)
    importance = np.random.default_rng(6).uniform(0.01, 1.0, 400)
    model = fit_rows(LogisticLoss(X, y, weights=importance), 400, c=3.0, balanced=False)
    reference = LogisticRegression(C=3.0, tol=1e-4, max_iter=1000).fit(X, y, sample_weight=importance)
    np.testing.assert_allclose(model.coef, reference.coef_, atol=1e-6)


def test_weights_of_one_are_no_weights(engine: EngineName) -> None:
    X, y = problem(7, 120, 9, 2)
    ones = fit_rows(LogisticLoss(X, y, weights=np.ones(120)), 120, c=1.0, balanced=True)
    none = fit_rows(LogisticLoss(X, y, engine=engine), 120, c=1.0, balanced=True)
    np.testing.assert_allclose(ones.coef, none.coef, atol=1e-9)


def test_the_slope_of_a_weighted_loss_is_its_gradient() -> None:
    X, y = problem(8, 40, 6, 3)
    loss = LogisticLoss(X, y, weights=np.linspace(0.1, 2.0, 40))
    options: dict[str, Any] = {"class_weights": np.full(3, 0.02), "l2": 0.2, "n_rows": 33}
    point = np.random.default_rng(0).normal(size=21)

    def value(parameters: FloatArray) -> float:
        return loss(parameters, **options)[0]

    def slope(parameters: FloatArray) -> FloatArray:
        return loss(parameters, **options)[1]

    assert check_grad(value, slope, point) < 1e-6


@pytest.mark.parametrize("weights", [np.ones(3), np.array([1.0, 0.0]), np.array([1.0, -1.0]), np.array([1.0, np.nan])])
def test_weights_that_make_no_sense_are_refused(weights: FloatArray) -> None:
    with pytest.raises(ValueError, match="2 rows need as many weights, finite and above 0"):
        LogisticLoss(sparse.csr_array(np.ones((2, 1))), np.array([0, 1]), weights=weights)


def test_the_first_rows_alone_give_the_model_of_those_rows(engine: EngineName) -> None:
    X, y = problem(2, 200, 12, 3)
    part = fit_rows(LogisticLoss(X, y, engine=engine), 120, c=1.0, balanced=True)
    alone = fit_rows(LogisticLoss(some_rows(X, 0, 120), y[:120], engine=engine), 120, c=1.0, balanced=True)
    np.testing.assert_allclose(part.coef, alone.coef, rtol=1e-12)


def test_starting_from_the_answer_gives_the_answer(engine: EngineName) -> None:
    loss = LogisticLoss(*problem(4, 150, 10, 3), engine=engine)
    model = fit_rows(loss, 150, c=2.0, balanced=False)
    again = fit_rows(loss, 150, c=2.0, balanced=False, start=model)
    np.testing.assert_array_equal(again.coef, model.coef)


@need_native
@pytest.mark.parametrize("n_classes", [2, 4])
def test_the_number_of_threads_does_not_change_a_bit(n_classes: int) -> None:
    X, y = problem(3, 4000, 60, n_classes)
    assert X.nnz > 50_000  # enough to be worth threads
    native: Any = LogisticLoss(X, y)._native
    point = np.random.default_rng(0).normal(size=61 * (1 if n_classes == 2 else n_classes))
    weights = np.full(n_classes, 1.0 / 4000)
    answers = [native.loss_gradient(point, weights, 0.1, 4000, threads) for threads in (1, 2, 3, 8, 0)]
    assert all(answer == answers[0] for answer in answers)


@need_native
def test_several_threads_may_look_at_one_loss() -> None:
    X, y = problem(3, 4000, 60, 2)
    loss = LogisticLoss(X, y)
    points = np.random.default_rng(0).normal(size=(4, 61))
    weights = np.full(2, 1.0 / 4000)
    expected = [loss(point, class_weights=weights, l2=0.1, n_rows=4000) for point in points]
    found: dict[int, list[tuple[float, FloatArray]]] = {}

    def work(index: int) -> None:
        found[index] = [loss(points[index], class_weights=weights, l2=0.1, n_rows=4000) for _ in range(20)]

    threads = [threading.Thread(target=work, args=(index,)) for index in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for index, (value, gradient) in enumerate(expected):
        assert all(v == value and (g == gradient).all() for v, g in found[index])


def test_a_hopeless_example_costs_much_but_is_finite(engine: EngineName) -> None:
    loss = LogisticLoss(sparse.csr_array(np.array([[1.0], [1.0]])), np.array([0, 1]), engine=engine)
    value, gradient = loss(np.array([1e5, 0.0]), class_weights=np.ones(2), l2=0.0, n_rows=2)
    assert value == pytest.approx(1e5)
    assert gradient.tolist() == [1.0, 1.0]


@given(st.integers(0, 20), st.integers(0, 20))
def test_some_rows_are_those_rows(start: int, stop: int) -> None:
    X, _ = problem(0, 20, 7, 2)
    start, stop = sorted((start, stop))
    np.testing.assert_array_equal(some_rows(X, start, stop).toarray(), X.toarray()[start:stop])


def test_most_rows_are_not_copied() -> None:
    X, _ = problem(0, 20, 7, 2)
    assert np.shares_memory(some_rows(X, 0, 18).data, X.data)


@pytest.mark.parametrize("labels", [[0, 0], [1, -1], []])
def test_labels_that_are_not_two_classes_are_refused(labels: list[int]) -> None:
    X = sparse.csr_array(np.ones((len(labels), 1)))
    with pytest.raises(ValueError, match="of two classes or more"):
        LogisticLoss(X, np.array(labels, np.int64))


def test_another_number_of_labels_is_refused() -> None:
    with pytest.raises(ValueError, match="2 rows have 3 labels"):
        LogisticLoss(sparse.csr_array(np.ones((2, 1))), np.array([0, 1, 0]))


def test_parameters_of_another_shape_are_refused(engine: EngineName) -> None:
    loss = LogisticLoss(*problem(0, 20, 7, 2), engine=engine)
    with pytest.raises(ValueError, match=r"parameters|shape|size|dimension"):
        loss(np.zeros(5), class_weights=np.ones(2), l2=0.0, n_rows=20)
