import math
from collections.abc import Callable

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy.optimize._dcsrch import DCSRCH  # MINPACK-2's, which SciPy's L-BFGS-B uses

from surtitle.models.line_search import line_search

Along = Callable[[float], tuple[float, float]]


def quartic(at: float, tilt: float) -> Along:
    return lambda t: ((t - at) ** 4 + tilt * t, 4 * (t - at) ** 3 + tilt)


def logistic(at: float, pull: float) -> Along:
    def along(t: float) -> tuple[float, float]:
        x = min(max(t - at, -500.0), 500.0)
        return math.log1p(math.exp(-x)) + 0.5 * pull * t * t, -1 / (1 + math.exp(x)) + pull * t

    return along


def waves(length: float, tilt: float) -> Along:
    return lambda t: (math.cos(t / length) - tilt * t, -math.sin(t / length) / length - tilt)


@given(st.sampled_from([quartic, logistic, waves]), st.floats(0.01, 30.0), st.floats(1e-3, 2.0), st.floats(-3.0, 3.0))
def test_the_trials_are_minpacks(shape: Callable[..., Along], a: float, b: float, exponent: float) -> None:
    along, first = shape(a, b), 10.0**exponent
    value, slope = along(0.0)
    assume(slope < 0.0)
    ours: list[float] = []
    theirs: list[float] = []

    def noting(t: float) -> tuple[float, float]:
        ours.append(t)
        return along(t)

    def phi(t: float) -> float:
        theirs.append(float(t))
        return along(t)[0]

    line_search(noting, value, slope, first, most_trials=30)
    DCSRCH(phi, lambda t: along(t)[1], 1e-3, 0.9, 0.1, 0.0, 1e10)(first, value, slope, maxiter=31)
    assume(max(theirs) < 1e9)  # MINPACK has a largest step, which only a function without a minimum meets
    assert ours == pytest.approx(theirs, rel=1e-6)


@given(st.floats(0.1, 50.0), st.floats(1e-3, 1.0), st.floats(-3.0, 2.0))
def test_the_step_meets_the_strong_wolfe_conditions(at: float, pull: float, exponent: float) -> None:
    along = logistic(at, pull)
    value, slope = along(0.0)
    step = line_search(along, value, slope, 10.0**exponent, most_trials=50)
    assert step is not None
    reached, left = along(step)
    assert reached <= value + 1e-3 * slope * step
    assert abs(left) <= 0.9 * abs(slope)


def test_a_function_that_falls_for_ever_gives_no_step() -> None:
    assert line_search(lambda t: (-t, -1.0), 0.0, -1.0, 1.0, most_trials=20) is None


def test_a_value_that_is_not_a_number_gives_no_step() -> None:
    assert line_search(lambda t: (math.nan, math.nan), 0.0, -1.0, 1.0, most_trials=20) is None
