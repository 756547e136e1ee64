"""Intervals by the bootstrap: draw the test examples again and again, and see how far the figures move.

Whole examples are drawn, not examples per class, so the intervals also carry the uncertainty of the classes' shares. A
resample in which a figure is not defined (no positive example was drawn) is left out for that figure. Intervals run
between percentiles, except for the expected calibration error: it is biased upwards, and a resample adds the same bias
once more, so there the interval is the reflected one ("basic"). An interval never leaves its own value out.
"""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from surtitle.errors import UsageError
from surtitle.evaluate._arrays import FloatArray, IntArray, check_predictions, need_two_classes
from surtitle.evaluate.metrics import METRICS, Measurer
from surtitle.evaluate.ranking import one_against_rest
from surtitle.records import Interval

__all__ = ["bootstrap", "mean_intervals", "measure", "paired_auc_difference", "resamples_used"]

_CHUNK_CELLS = 200_000  # cells of 8 bytes per array and chunk: fits in a core's cache
_MAX_DRAWS = 50_000_000  # examples drawn in all; beyond, fewer resamples
_MIN_RESAMPLES = 200


def resamples_used(n: int, resamples: int) -> int:
    """Return how many resamples are drawn of `n` examples: all that were asked for, up to 50,000 examples.

    Beyond, as many as draw 50 million examples in all, but at least 200: the ends of an interval then carry more
    noise, but of an interval that so many examples have made narrow.

    Examples
    --------
    >>> resamples_used(12_000, 1000), resamples_used(1_000_000, 1000)
    (1000, 200)
    """
    return min(resamples, max(_MIN_RESAMPLES, _MAX_DRAWS // max(n, 1)))


def measure(
    y: IntArray,
    probs: FloatArray,
    chosen: IntArray,
    *,
    resamples: int,
    confidence: float,
    seed: int,
    names: Sequence[str] = METRICS,
) -> dict[str, Interval]:
    """Return the figures of `METRICS`, or those of them that are named, each with its bootstrap interval.

    Parameters
    ----------
    y : int64, shape (n,)
        True class indices.
    probs : float64, shape (n, K)
        Each row sums to 1. Of two classes, index 1 is the positive one.
    chosen : int64, shape (n,)
        The class chosen by the model.
    resamples : int
        How many resamples; see `resamples_used` for very many examples.
    confidence : float
        Of the intervals, such as 0.95.
    seed : int
        Same seed, same intervals.
    names : sequence of str
        Which of `METRICS`.

    Raises
    ------
    UsageError
        For wrong shapes or values, all at once.
    DataError
        If all examples are of one class.

    Examples
    --------
    >>> y = np.arange(200) % 2
    >>> p = 0.25 + 0.5 * y * (np.arange(200) % 3 > 0)
    >>> figures = measure(y, np.column_stack([1 - p, p]), p > 0.5, resamples=200, confidence=0.95, seed=0)
    >>> print(figures["auc"])
    0.835 [0.792, 0.884]

    References
    ----------
    Efron and Tibshirani (1993), "An Introduction to the Bootstrap", section 13.3 (percentile interval); Davison and
    Hinkley (1997), "Bootstrap Methods and their Application", section 5.2.1 (basic interval).
    """
    y, probs, chosen = check_predictions(y, probs, chosen)
    need_two_classes(y, "measuring a model")
    measurer = Measurer(y, probs, chosen, names)
    values, lows, highs = bootstrap(
        measurer, len(y), width=measurer.width, resamples=resamples, confidence=confidence, seed=seed
    )
    found = zip(names, values.tolist(), lows.tolist(), highs.tolist(), strict=True)
    return {name: _reflected(*figure) if name == "ece" else Interval(*figure) for name, *figure in found}


def paired_auc_difference(
    y: IntArray, probs_new: FloatArray, probs_old: FloatArray, *, resamples: int, confidence: float, seed: int
) -> Interval:
    """Return AUC of the new model minus AUC of the old one, on the same examples, drawn together.

    Drawing both models' scores of one example together leaves only what the models differ in: two models that share
    their mistakes are told apart by far fewer examples than two separate intervals would need.

    Parameters
    ----------
    y : int64, shape (n,)
        True class indices.
    probs_new, probs_old : float64, shape (n, K)
        The two models' probabilities of the same examples.
    resamples, confidence, seed
        As in `measure`.

    Raises
    ------
    UsageError
        For wrong shapes or values, all at once.
    DataError
        If all examples are of one class.

    Examples
    --------
    >>> y = np.arange(100) % 2
    >>> good = np.column_stack([1 - y, y]).astype(float)
    >>> blind = np.full((100, 2), 0.5)
    >>> print(paired_auc_difference(y, good, blind, resamples=100, confidence=0.95, seed=0))
    0.500 [0.500, 0.500]
    """
    y, probs_new, _ = check_predictions(y, probs_new, y)
    _, probs_old, _ = check_predictions(y, probs_old, y)
    if probs_new.shape != probs_old.shape:
        raise UsageError(f"the models differ in their classes: {probs_new.shape[1]} and {probs_old.shape[1]}")
    need_two_classes(y, "comparing two models")
    weigh_new, weigh_old = one_against_rest(y, probs_new), one_against_rest(y, probs_old)

    def difference(weights: FloatArray | IntArray) -> FloatArray:
        return (weigh_new(weights)["auc"] - weigh_old(weights)["auc"])[:, None]

    figures = bootstrap(difference, len(y), width=len(y), resamples=resamples, confidence=confidence, seed=seed)
    value, low, high = (float(figure[0]) for figure in figures)
    return Interval(value, low, high)


def mean_intervals(values: FloatArray, *, resamples: int, confidence: float, seed: int) -> list[Interval]:
    """Return the mean of each column of `values`, shape (n, F), with its bootstrap interval.

    Examples
    --------
    >>> print(*mean_intervals(np.array([[0.0], [1.0]] * 200), resamples=500, confidence=0.95, seed=0))
    0.500 [0.450, 0.546]
    """

    def means(weights: FloatArray | IntArray) -> FloatArray:
        return np.asarray(weights @ values / weights.sum(axis=1)[:, None], dtype=np.float64)

    n, width = values.shape
    ends = bootstrap(means, n, width=max(n, width), resamples=resamples, confidence=confidence, seed=seed)
    return [Interval(*(float(end[column]) for end in ends)) for column in range(width)]


def bootstrap(
    figures: Callable[[FloatArray | IntArray], FloatArray],
    n: int,
    *,
    width: int,
    resamples: int,
    confidence: float,
    seed: int,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return values, lower and upper ends of `figures`, each of shape (F,).

    Parameters
    ----------
    figures : callable
        From weights (R, n) to figures (R, F); NaN where not defined.
    n : int
        The number of examples.
    width : int
        The longest row that `figures` makes for one resample; bounds the memory.
    resamples, confidence, seed
        As in `measure`.

    Raises
    ------
    UsageError
        If `resamples` or `confidence` make no interval.
    """
    if resamples < 1 or not 0.0 < confidence < 1.0:
        raise UsageError(f"no interval comes of {resamples} resamples and a confidence of {confidence}")
    value = figures(np.ones((1, n)))[0]
    drawn = np.concatenate([figures(weights) for weights in _draws(n, width, resamples_used(n, resamples), seed)])
    tail = (1.0 - confidence) / 2.0
    ends = np.array([_percentiles(column, tail) for column in drawn.T])  # (F, 2)
    return value, np.fmin(ends[:, 0], value), np.fmax(ends[:, 1], value)


def _draws(n: int, width: int, resamples: int, seed: int) -> Iterator[IntArray]:
    """Yield how often each example is drawn, shape (rows, n), in chunks of bounded size."""
    rng = np.random.default_rng(seed)
    most = max(1, _CHUNK_CELLS // max(n, width))
    for start in range(0, resamples, most):
        rows = min(most, resamples - start)
        picks = rng.integers(0, n, size=(rows, n))
        picks += np.arange(rows)[:, None] * n
        yield np.bincount(picks.ravel(), minlength=rows * n).reshape(rows, n)


def _percentiles(column: FloatArray, tail: float) -> FloatArray:
    defined = column[np.isfinite(column)]
    if not len(defined):
        return np.array([np.nan, np.nan])
    return np.quantile(defined, [tail, 1.0 - tail])


def _reflected(value: float, low: float, high: float) -> Interval:
    """Turn a percentile interval round its value, within 0 and 1."""
    return Interval(value, max(0.0, min(value, 2.0 * value - high)), min(1.0, max(value, 2.0 * value - low)))
