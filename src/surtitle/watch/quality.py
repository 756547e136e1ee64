"""How good one version's decisions of one period were, by the labels that have come. Pure.

A period may hold decisions of several versions and clients: each pair is measured on its own, so that a change of
version inside of a period hides nothing.
"""

from datetime import datetime

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.evaluate import measure
from surtitle.evaluate.calibration import wilson
from surtitle.records import Interval, Thresholds
from surtitle.settings import EvaluateSettings

__all__ = ["PeriodQuality", "measure_period"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


class PeriodQuality(msgspec.Struct, frozen=True, kw_only=True):
    """The quality of one version in one period.

    Parameters
    ----------
    start, end : datetime
        The period, aware: from `start` up to and without `end`, by event time.
    version : int
        Whose decisions they were.
    client : str or None
        Of this client only; None: of all.
    n_decisions, n_labelled : int
        How many decisions were made, and of how many of them the label has come.
    positives : int or None
        Labelled ones of the positive class; None when there are more than two classes.
    accuracy : Interval or None
        Share of right choices among the labelled, with its Wilson interval; None without labels.
    auc : Interval or None
        With its bootstrap interval; None while all labels are of one class.
    calibration_error : Interval or None
        Expected calibration error, with its bootstrap interval; None while all labels are of one class.
    precision, recall : dict of str to Interval
        By threshold, `review` and `remove`: of the texts with at least that score, the share that is positive; of the
        positive ones, the share with at least that score. With Wilson intervals. A threshold that no labelled text
        reaches has no precision, a period without positives no recall, and more than two classes neither.
    mature : bool
        Whether enough time has passed for the labels to have come, so that the period may be judged.
    """

    start: datetime
    end: datetime
    version: int
    client: str | None = None
    n_decisions: int
    n_labelled: int
    positives: int | None
    accuracy: Interval | None = None
    auc: Interval | None = None
    calibration_error: Interval | None = None
    precision: dict[str, Interval] = {}
    recall: dict[str, Interval] = {}
    mature: bool


def measure_period(
    y: IntArray,
    probs: FloatArray,
    chosen: IntArray,
    *,
    start: datetime,
    end: datetime,
    version: int,
    n_decisions: int,
    mature: bool,
    settings: EvaluateSettings,
    client: str | None = None,
    thresholds: Thresholds | None = None,
) -> PeriodQuality:
    """Measure the labelled decisions of one version in one period.

    Parameters
    ----------
    y : int64, shape (n_labelled,)
        True class indices; may be empty.
    probs : float64, shape (n_labelled, K)
        What the version said of them; each row sums to 1. Of two classes, index 1 is the positive one, and its column
        is what a decision keeps as `score`.
    chosen : int64, shape (n_labelled,)
        The class chosen.
    start, end, version, client, n_decisions, mature
        As in `PeriodQuality`.
    settings : EvaluateSettings
        Resamples, confidence and seed of the intervals.
    thresholds : Thresholds, optional
        Those that the version decided by; without them there is neither precision nor recall.

    Raises
    ------
    UsageError
        For arrays of wrong shapes or values.

    Examples
    --------
    >>> from datetime import UTC
    >>> y = np.arange(400) % 2
    >>> score = np.where(np.arange(400) % 5 == 0, 0.5, 0.2 + 0.6 * y)
    >>> quality = measure_period(
    ...     y, np.column_stack([1 - score, score]), (score > 0.5).astype(int),
    ...     start=datetime(2026, 3, 1, tzinfo=UTC), end=datetime(2026, 3, 2, tzinfo=UTC), version=3, n_decisions=1000,
    ...     mature=True, settings=EvaluateSettings(resamples=200), thresholds=Thresholds(review=0.5, remove=0.8))
    >>> print(quality.auc)
    0.980 [0.972, 0.987]
    >>> print(quality.precision["review"])
    0.833 [0.781, 0.875]
    """
    two = probs.shape[1] == 2
    ranked = _ranked(y, probs, chosen, settings) if len(np.unique(y)) > 1 else {}
    at = _at_thresholds(y == 1, probs[:, 1], thresholds, settings.confidence) if two and thresholds else ({}, {})
    return PeriodQuality(
        start=start,
        end=end,
        version=version,
        client=client,
        n_decisions=n_decisions,
        n_labelled=len(y),
        positives=int((y == 1).sum()) if two else None,
        accuracy=_share(int((y == chosen).sum()), len(y), settings.confidence),
        auc=ranked.get("auc"),
        calibration_error=ranked.get("ece"),
        precision=at[0],
        recall=at[1],
        mature=mature,
    )


def _ranked(y: IntArray, probs: FloatArray, chosen: IntArray, settings: EvaluateSettings) -> dict[str, Interval]:
    return measure(
        y,
        probs,
        chosen,
        resamples=settings.resamples,
        confidence=settings.confidence,
        seed=settings.seed,
        names=("auc", "ece"),
    )


def _at_thresholds(
    positive: NDArray[np.bool_], scores: FloatArray, thresholds: Thresholds, level: float
) -> tuple[dict[str, Interval], dict[str, Interval]]:
    precision, recall = {}, {}
    for name in ("review", "remove"):
        reached = scores >= getattr(thresholds, name)
        hits = int((reached & positive).sum())
        if share := _share(hits, int(reached.sum()), level):
            precision[name] = share
        if share := _share(hits, int(positive.sum()), level):
            recall[name] = share
    return precision, recall


def _share(hits: int, n: int, level: float) -> Interval | None:
    return Interval(hits / n, *wilson(hits, n, level=level)) if n else None
