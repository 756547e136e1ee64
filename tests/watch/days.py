"""Days of a made-up service whose true AUC is known, measured with all the noise of real samples."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
from scipy.stats import norm

from surtitle.evaluate import measure
from surtitle.records import Interval
from surtitle.settings import EvaluateSettings, WatchSettings
from surtitle.watch.policy import State, Verdict, decide
from surtitle.watch.quality import PeriodQuality, measure_period

START = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)
FAST = EvaluateSettings(resamples=100)
SHARE = 0.3


def measured_day(day: int, auc: float, n: int, rng: np.random.Generator, *, version: int = 1) -> PeriodQuality:
    """Draw the labels and scores of one day with normal scores, whose AUC is `auc` in expectation."""
    y, probs = _draw(auc, n, rng)
    chosen = (probs[:, 1] > 0.5).astype(np.int64)
    return measure_period(
        y,
        probs,
        chosen,
        start=START + day * DAY,
        end=START + (day + 1) * DAY,
        version=version,
        n_decisions=n,
        mature=False,
        settings=FAST,
    )


def measured_test(auc: float, n: int, rng: np.random.Generator) -> Interval:
    """Draw a test split and return the AUC measured on it."""
    y, probs = _draw(auc, n, rng)
    return measure(y, probs, y, resamples=300, confidence=0.95, seed=0, names=("auc",))["auc"]


def _draw(auc: float, n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    y = (rng.random(n) < SHARE).astype(np.int64)
    score = norm.cdf(rng.normal(size=n) + np.sqrt(2) * norm.ppf(auc) * (y - 0.5))
    return y, np.column_stack([1 - score, score])


def play(aucs: Sequence[float], settings: WatchSettings, *, n: int, seed: int, late: int = 7) -> list[Verdict]:
    """Play the policy through days of these true AUCs; a retraining never finds anything better.

    Returns the verdict of each evening, with the labels `late` days late.
    """
    rng = np.random.default_rng(seed)
    days = [measured_day(day, auc, n, rng) for day, auc in enumerate(aucs)]
    state = State(champion=1, test_auc=measured_test(aucs[0], n, rng), trained_at=START - 30 * DAY)
    verdicts = []
    for evening in range(1, len(days) + late + 1):
        matured = [msgspec.structs.replace(day, mature=True) for day in days[: max(0, evening - late)]]
        state = msgspec.structs.replace(state, new_labels=state.new_labels + n * bool(matured))
        verdicts.append(decide(matured[-10:], state, START + evening * DAY, settings))
        if verdicts[-1].action == "retrain":
            state = msgspec.structs.replace(state, trained_at=verdicts[-1].at, new_labels=0)
    return verdicts
