import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from surtitle.evaluate import summarise
from surtitle.evaluate.calibration import calibration_bins, wilson
from tests.evaluate.samples import predictions


@given(n=st.integers(1, 500), share=st.floats(0, 1), level=st.floats(0.6, 0.99))
def test_wilson_is_scipys(n: int, share: float, level: float) -> None:
    hits = round(share * n)
    trusted = binomtest(hits, n).proportion_ci(level, method="wilson")
    assert wilson(hits, n, level=level) == pytest.approx((trusted.low, trusted.high), abs=1e-9)


def test_bins_add_up_to_the_calibration_error() -> None:
    y, probs, chosen = predictions(400, 2, seed=9)
    bins = calibration_bins(probs[:, 1], (y == 1).astype(float), level=0.95)
    assert sum(b.n for b in bins) == 400
    error = sum(b.n * abs(b.mean - b.share) for b in bins) / 400
    assert error == pytest.approx(summarise(y, probs, chosen)["ece"])


def test_certainty_falls_into_the_last_bin() -> None:
    bins = calibration_bins(np.array([1.0]), np.array([1.0]), level=0.95)
    assert [b.n for b in bins] == [0] * 14 + [1]


def test_empty_bin_says_nothing() -> None:
    first = calibration_bins(np.array([1.0]), np.array([1.0]), level=0.95)[0]
    assert (first.n, first.low, first.high) == (0, 0.0, 1.0)
