import threading
from importlib.util import find_spec
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

FloatArray = NDArray[np.float64]
Problem = tuple[sparse.csr_array, NDArray[np.int64]]

has_native = find_spec("surtitle_native") is not None
need_native = pytest.mark.skipif(not has_native, reason="surtitle_native is not built")
ways = pytest.mark.parametrize("native", [False, pytest.param(True, marks=need_native)])


def problem(seed: int, n: int, n_columns: int, n_classes: int) -> Problem:
    rng = np.random.default_rng(seed)
    X = np.where(rng.random((n, n_columns)) < 0.3, rng.random((n, n_columns)), 0.0)
    y = rng.permutation(np.arange(n) % n_classes)
    return sparse.csr_array(X), y.astype(np.int64)


@ways
@pytest.mark.parametrize("n_classes", [2, 3, 5])
def test_the_gradient_is_the_slope_of_the_loss(native: bool, n_classes: int) -> None:
    loss = LogisticLoss(*problem(1, 40, 6, n_classes), native=native)
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


@ways
@pytest.mark.parametrize("n_classes", [2, 4])
@pytest.mark.parametrize("balanced", [False, True])
def test_the_weights_are_those_of_scikit_learn(native: bool, n_classes: int, balanced: bool) -> None:
    X, y = problem(5, 600, 30, n_classes)
    y[:100] = 0  # so that balancing matters
    model = fit_rows(LogisticLoss(X, y, native=native), 600, c=3.0, balanced=balanced)
    reference = LogisticRegression(C=3.0, class_weight="balanced" if balanced else None, tol=1e-4, max_iter=1000)
    reference.fit(X, y)
    np.testing.assert_allclose(model.coef, reference.coef_, atol=1e-6)
    np.testing.assert_allclose(model.intercept, reference.intercept_, atol=1e-6)


@ways
def test_the_first_rows_alone_give_the_model_of_those_rows(native: bool) -> None:
    X, y = problem(2, 200, 12, 3)
    part = fit_rows(LogisticLoss(X, y, native=native), 120, c=1.0, balanced=True)
    alone = fit_rows(LogisticLoss(some_rows(X, 0, 120), y[:120], native=native), 120, c=1.0, balanced=True)
    np.testing.assert_allclose(part.coef, alone.coef, rtol=1e-12)


@ways
def test_starting_from_the_answer_gives_the_answer(native: bool) -> None:
    loss = LogisticLoss(*problem(4, 150, 10, 3), native=native)
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


@ways
def test_a_hopeless_example_costs_much_but_is_finite(native: bool) -> None:
    loss = LogisticLoss(sparse.csr_array(np.array([[1.0], [1.0]])), np.array([0, 1]), native=native)
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


@ways
def test_parameters_of_another_shape_are_refused(native: bool) -> None:
    loss = LogisticLoss(*problem(0, 20, 7, 2), native=native)
    with pytest.raises(ValueError, match=r"parameters|shape|size|dimension"):
        loss(np.zeros(5), class_weights=np.ones(2), l2=0.0, n_rows=20)
