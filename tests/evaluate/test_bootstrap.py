import numpy as np
import pytest

from surtitle.errors import DataError, UsageError
from surtitle.evaluate import METRICS, measure, paired_auc_difference, summarise
from surtitle.evaluate.bootstrap import bootstrap, mean_intervals, resamples_used
from tests.evaluate.samples import predictions

OPTIONS = {"resamples": 200, "confidence": 0.95, "seed": 0}


@pytest.mark.parametrize("k", [2, 4])
def test_intervals_hold_the_figures_themselves(k: int) -> None:
    y, probs, chosen = predictions(150, k, seed=k)
    found = measure(y, probs, chosen, resamples=200, confidence=0.95, seed=0)
    assert tuple(found) == METRICS
    assert {name: interval.value for name, interval in found.items()} == pytest.approx(summarise(y, probs, chosen))
    for interval in found.values():
        assert interval.low <= interval.value <= interval.high


def test_same_seed_gives_the_same_intervals() -> None:
    given = predictions(100, 2, seed=1)
    first = measure(*given, resamples=100, confidence=0.9, seed=7)
    assert first == measure(*given, resamples=100, confidence=0.9, seed=7)
    assert first != measure(*given, resamples=100, confidence=0.9, seed=8)


def test_more_confidence_gives_wider_intervals() -> None:
    given = predictions(100, 2, seed=1)
    narrow = measure(*given, resamples=400, confidence=0.8, seed=0)["auc"]
    wide = measure(*given, resamples=400, confidence=0.99, seed=0)["auc"]
    assert wide.low < narrow.low < narrow.high < wide.high


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    given = predictions(60, 3, seed=2)
    whole = measure(*given, resamples=100, confidence=0.95, seed=0)
    monkeypatch.setattr("surtitle.evaluate.bootstrap._CHUNK_CELLS", 61)
    chunked = measure(*given, resamples=100, confidence=0.95, seed=0)
    assert {name: str(i) for name, i in chunked.items()} == {name: str(i) for name, i in whole.items()}


def test_resamples_without_a_positive_are_left_out() -> None:
    y = np.array([1, *[0] * 19])
    p = np.linspace(0.9, 0.1, 20)
    found = measure(y, np.column_stack([1 - p, p]), y, resamples=500, confidence=0.95, seed=0)
    assert found["auc"].value == 1.0
    assert np.isfinite([found["auc"].low, found["average_precision"].low]).all()


def test_very_many_examples_get_fewer_resamples_but_never_too_few() -> None:
    assert resamples_used(50_000, 1000) == 1000
    assert resamples_used(200_000, 1000) == 250
    assert resamples_used(10**9, 1000) == 200
    assert resamples_used(10**9, 100) == 100


def test_one_class_cannot_be_measured() -> None:
    with pytest.raises(DataError, match="all 3 examples are of one class"):
        measure(np.zeros(3, int), np.full((3, 2), 0.5), np.zeros(3, int), resamples=10, confidence=0.95, seed=0)


@pytest.mark.parametrize(("resamples", "confidence"), [(0, 0.95), (10, 1.0), (10, 0.0)])
def test_options_that_make_no_interval_are_refused(resamples: int, confidence: float) -> None:
    with pytest.raises(UsageError, match="no interval"):
        measure(*predictions(20, 2, seed=0), resamples=resamples, confidence=confidence, seed=0)


def test_figure_that_is_never_defined_stays_undefined() -> None:
    value, low, high = bootstrap(
        lambda weights: np.full((len(weights), 1), np.nan), 5, width=5, resamples=10, confidence=0.9, seed=0
    )
    assert np.isnan([value[0], low[0], high[0]]).all()


def test_a_model_does_not_differ_from_itself() -> None:
    y, probs, _ = predictions(80, 3, seed=0)
    difference = paired_auc_difference(y, probs, probs, resamples=100, confidence=0.95, seed=0)
    assert (difference.value, difference.low, difference.high) == (0.0, 0.0, 0.0)


def test_exchanging_the_models_turns_the_interval_round() -> None:
    y, new, _ = predictions(200, 2, seed=0)
    rng = np.random.default_rng(0)
    p = np.clip(new[:, 1] + rng.normal(0, 0.2, 200), 0, 1)
    old = np.column_stack([1 - p, p])
    forth = paired_auc_difference(y, new, old, resamples=200, confidence=0.95, seed=0)
    back = paired_auc_difference(y, old, new, resamples=200, confidence=0.95, seed=0)
    assert (back.value, back.low, back.high) == pytest.approx((-forth.value, -forth.high, -forth.low))
    assert forth.value > 0


def test_pairing_narrows_the_interval() -> None:
    y, new, _ = predictions(400, 2, seed=0)
    p = np.clip(new[:, 1] + np.random.default_rng(0).normal(0, 0.05, 400), 0, 1)
    old = np.column_stack([1 - p, p])
    paired = paired_auc_difference(y, new, old, resamples=300, confidence=0.95, seed=0)
    alone = measure(y, new, new.argmax(axis=1), resamples=300, confidence=0.95, seed=0)["auc"]
    assert paired.high - paired.low < 0.5 * (alone.high - alone.low)


def test_models_with_different_classes_cannot_be_compared() -> None:
    y, two, _ = predictions(30, 2, seed=0)
    _, three, _ = predictions(30, 3, seed=0)
    with pytest.raises(UsageError, match="differ in their classes: 2 and 3"):
        paired_auc_difference(y, two, three, resamples=10, confidence=0.95, seed=0)


def test_comparing_on_one_class_is_refused() -> None:
    probs = np.full((4, 2), 0.5)
    with pytest.raises(DataError, match="comparing two models needs examples of two classes"):
        paired_auc_difference(np.ones(4, int), probs, probs, resamples=10, confidence=0.95, seed=0)


def test_mean_of_equal_values_has_no_width() -> None:
    [found] = mean_intervals(np.full((10, 1), 3.0), resamples=50, confidence=0.95, seed=0)
    assert (found.value, found.low, found.high) == (3.0, 3.0, 3.0)


def test_means_together_are_those_one_by_one() -> None:
    values = np.random.default_rng(0).normal(size=(30, 3))
    together = mean_intervals(values, resamples=80, confidence=0.9, seed=1)
    alone = [mean_intervals(values[:, [k]], resamples=80, confidence=0.9, seed=1)[0] for k in range(3)]
    for one, other in zip(together, alone, strict=True):
        assert (one.value, one.low, one.high) == pytest.approx((other.value, other.low, other.high))


@pytest.mark.slow
def test_intervals_cover_the_truth_about_as_often_as_they_say() -> None:
    # Scores N(0, 1) and N(1, 1): the true AUC is Phi(1 / sqrt 2) = 0.7602.
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(400):
        y = rng.integers(0, 2, 300)
        p = 1 / (1 + np.exp(-rng.normal(y, 1.0)))
        found = measure(y, np.column_stack([1 - p, p]), y, resamples=300, confidence=0.95, seed=trial)["auc"]
        covered += found.low <= 0.76025 <= found.high
    assert 0.92 <= covered / 400 <= 0.98


@pytest.mark.slow
def test_calibration_error_of_a_calibrated_model_is_covered_down_to_near_zero() -> None:
    rng = np.random.default_rng(0)
    lows = []
    for trial in range(60):
        p = rng.random(500)
        y = (rng.random(500) < p).astype(int)
        found = measure(y, np.column_stack([1 - p, p]), y, resamples=200, confidence=0.95, seed=trial)["ece"]
        lows.append(found.low)
    assert np.median(lows) < 0.02
