"""Quality of all events by the labels of a choice, each weighted by how many events it stands for. Pure.

The events chosen for a reason are a stratum of their own, the random ones a sample of all others (`choose`). A label
stands for as many events as its stratum has for each label of it that came: when some of the events asked about stay
without one, the others stand for them. Shares are weighted totals (Horvitz and Thompson 1952), the AUC is the ratio of
two, whose bias goes with one over the number of random ones. Intervals are of the draw: random labels drawn again, one
fewer than there are (Rao and Wu 1988, "Resampling Inference With Complex Survey Data", section 2), and narrowed by the
share of the others that was drawn.
"""

import math

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.evaluate.ranking import rank
from surtitle.records import Interval

__all__ = ["LabelledChoice", "WeightedQuality", "weighted_quality"]

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


class LabelledChoice(msgspec.Struct, frozen=True, kw_only=True):
    """The events of a choice whose labels have come.

    Parameters
    ----------
    random : bool, shape (n,)
        Whether each was drawn at random.
    right : bool, shape (n,)
        Whether the model chose the class that the label names.
    positive : bool, shape (n,), or None
        Whether the label is the positive class; None with more than two classes.
    scores : float64, shape (n,)
        Of the decisions.
    population : int
        How many events there were to choose from.
    for_a_reason : int
        How many of them were chosen for a reason, labelled or not.
    """

    random: BoolArray
    right: BoolArray
    positive: BoolArray | None
    scores: FloatArray
    population: int
    for_a_reason: int

    def weights(self) -> FloatArray:
        """Return how many events each label stands for, shape (n,)."""
        drawn = int(self.random.sum())
        others = len(self.random) - drawn
        of_random = (self.population - self.for_a_reason) / max(drawn, 1)
        return np.where(self.random, of_random, self.for_a_reason / max(others, 1))


class WeightedQuality(msgspec.Struct, frozen=True, kw_only=True):
    """Quality of all events that there were to choose from.

    Parameters
    ----------
    accuracy : Interval
        Share of the events whose class the model got right.
    positives : Interval or None
        Share of the positive class; None with more than two classes.
    auc : Interval or None
        None with more than two classes, or when a class has no label.
    """

    accuracy: Interval
    positives: Interval | None
    auc: Interval | None

    def __str__(self) -> str:
        told = {"AUC": self.auc, "accuracy": self.accuracy, "share of positives": self.positives}
        return ", ".join(f"{name} {interval}" for name, interval in told.items() if interval is not None)


def weighted_quality(
    labelled: LabelledChoice, *, resamples: int, confidence: float, seed: int
) -> WeightedQuality | None:
    """Estimate the quality of all events that there were to choose from.

    Parameters
    ----------
    labelled : LabelledChoice
        The labels.
    resamples, confidence, seed
        Of the intervals.

    Returns
    -------
    WeightedQuality or None
        None while fewer than two random ones are labelled, or none of those chosen for a reason.

    Examples
    --------
    >>> random = np.array([True] * 4 + [False] * 2)
    >>> positive = np.array([False, False, False, True, True, True])
    >>> scores = np.array([0.1, 0.2, 0.3, 0.9, 0.5, 0.4])
    >>> labelled = LabelledChoice(random=random, right=np.array([True] * 5 + [False]), positive=positive, scores=scores,
    ...                           population=402, for_a_reason=2)
    >>> quality = weighted_quality(labelled, resamples=100, confidence=0.95, seed=0)
    >>> round(quality.positives.value, 3), round(quality.accuracy.value, 3), quality.auc.value
    (0.254, 0.998, 1.0)
    """
    drawn = int(labelled.random.sum())
    rest = labelled.population - labelled.for_a_reason
    if (rest and drawn < 2) or (labelled.for_a_reason and drawn == len(labelled.random)):
        return None
    weights = np.vstack([labelled.weights(), _resampled(labelled, drawn, resamples, seed)])
    narrow = math.sqrt(max(0.0, 1.0 - drawn / rest)) if rest else 0.0
    total = weights.sum(axis=1)
    accuracy = _interval(weights @ labelled.right / total, confidence, narrow)
    if labelled.positive is None:
        return WeightedQuality(accuracy=accuracy, positives=None, auc=None)
    positives = _interval(weights @ labelled.positive / total, confidence, narrow)
    auc = None
    if 0 < labelled.positive.sum() < len(labelled.positive):
        auc = _interval(rank(labelled.positive, labelled.scores)(weights)[0], confidence, narrow)
    return WeightedQuality(accuracy=accuracy, positives=positives, auc=auc)


def _resampled(labelled: LabelledChoice, drawn: int, resamples: int, seed: int) -> FloatArray:
    """Return the weights of the resamples, shape (resamples, n)."""
    weights = np.tile(labelled.weights(), (resamples, 1))
    if drawn > 1:
        rng = np.random.default_rng(seed)
        counts = rng.multinomial(drawn - 1, [1.0 / drawn] * drawn, size=resamples)
        weights[:, labelled.random] *= counts * (drawn / (drawn - 1))
    return weights


def _interval(values: FloatArray, confidence: float, narrow: float) -> Interval:
    """Return the first value, with the quantiles of the others around it."""
    value, found = float(values[0]), values[1:][np.isfinite(values[1:])]
    tail = (1.0 - confidence) / 2
    low, high = np.quantile(found, [tail, 1.0 - tail]).tolist() if len(found) else (value, value)
    return Interval(value, value - narrow * max(0.0, value - low), value + narrow * max(0.0, high - value))
