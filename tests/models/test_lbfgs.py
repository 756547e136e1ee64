from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.optimize import minimize, rosen, rosen_der

from surtitle.models.lbfgs import minimise

FloatArray = NDArray[np.float64]
Function = Callable[[FloatArray], tuple[float, FloatArray]]


def valley(x: FloatArray) -> tuple[float, FloatArray]:
    return float(rosen(x)), np.asarray(rosen_der(x))


def soft(seed: int, n: int) -> tuple[FloatArray, Function]:
    """A convex function whose curvature changes from place to place."""
    rng = np.random.default_rng(seed)
    A, b = rng.normal(size=(3 * n, n)) * 10.0 ** rng.uniform(-1, 1, n), rng.normal(size=3 * n)

    def function(x: FloatArray) -> tuple[float, FloatArray]:
        z = A @ x - b
        return float(np.logaddexp(z, -z).sum() + 0.05 * x @ x), A.T @ np.tanh(z) + 0.1 * x

    return rng.normal(size=n), function


@pytest.mark.parametrize("tolerance", [1e-1, 1e-3, 1e-6])
@given(st.integers(0, 10_000), st.integers(1, 30))
@settings(max_examples=40)
def test_it_ends_where_scipys_ends_after_as_many_looks(tolerance: float, seed: int, n: int) -> None:
    start, function = soft(seed, n)
    ours: list[float] = []
    theirs: list[float] = []

    def noting(into: list[float]) -> Function:
        def look(x: FloatArray) -> tuple[float, FloatArray]:
            value, slope = function(x)
            into.append(value)
            return value, slope

        return look

    found = minimise(
        noting(ours),
        start,
        gradient_tolerance=tolerance,
        decrease_tolerance=1e-14,
        most_iterations=60,
    )
    options: Any = {"gtol": tolerance, "ftol": 1e-14, "maxls": 50, "maxiter": 60}
    reference: Any = minimize(noting(theirs), start, jac=True, method="L-BFGS-B", options=options)
    same = min(len(ours), len(theirs), 15)  # rounding grows from step to step
    np.testing.assert_allclose(ours[:same], theirs[:same], rtol=1e-6)
    assert function(found)[0] == pytest.approx(reference.fun, rel=1e-6, abs=1e-9)


def test_a_curved_valley_is_followed_to_its_end() -> None:
    found = minimise(valley, np.full(8, -1.2), gradient_tolerance=1e-8, decrease_tolerance=0.0, most_iterations=500)
    np.testing.assert_allclose(found, 1.0, atol=1e-6)


def test_a_start_that_is_good_enough_is_returned_as_it_is() -> None:
    start = np.ones(4)
    found = minimise(valley, start, gradient_tolerance=1e-3, decrease_tolerance=0.0, most_iterations=10)
    assert found.tolist() == [1.0] * 4
    assert found is not start


def test_the_number_of_iterations_is_a_limit() -> None:
    start = np.full(4, -1.2)
    values = [
        valley(minimise(valley, start, gradient_tolerance=0.0, decrease_tolerance=0.0, most_iterations=most))[0]
        for most in (0, 1, 5, 20)
    ]
    assert values[0] == valley(start)[0]
    assert values == sorted(values, reverse=True)


def test_a_gradient_of_the_wrong_sign_ends_the_search_where_it_began() -> None:
    def lying(x: FloatArray) -> tuple[float, FloatArray]:
        return float(x @ x), -2 * x

    start = np.array([1.0, 2.0])
    found = minimise(lying, start, gradient_tolerance=1e-6, decrease_tolerance=0.0, most_iterations=10)
    assert found.tolist() == [1.0, 2.0]


def test_a_tolerance_of_zero_ends_when_rounding_is_reached() -> None:
    found = minimise(
        lambda x: (float(((x - 0.1) ** 4).sum() + x @ x), 4 * (x - 0.1) ** 3 + 2 * x),
        np.array([3.0, -2.0]),
        gradient_tolerance=0.0,
        decrease_tolerance=0.0,
        most_iterations=10_000,
    )
    assert np.abs(4 * (found - 0.1) ** 3 + 2 * found).max() < 1e-6
