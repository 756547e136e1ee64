"""Where a probability turns into a decision: from costs, or from the validation split."""

import numpy as np

from surtitle.evaluate._arrays import FloatArray, IntArray, check_predictions, need_two_classes
from surtitle.records import Thresholds
from surtitle.settings import CostSettings

__all__ = ["choose_class_weights", "thresholds_from_costs"]

_LEANINGS = np.linspace(0.0, 1.5, 31)
_NEIGHBOURS = 2  # on each side: one lucky value does not win


def thresholds_from_costs(costs: CostSettings) -> Thresholds:
    """Return the thresholds at which the expected cost of one action falls below that of another.

    With the probability p that a text should be removed, allowing it costs `p * false_negative` on average, removing it
    `(1 - p) * false_positive`, and a review `review`, after which the decision is taken to be right. The cheapest
    action is: allow below `review`, remove from `remove` upwards, a review between. When a review never pays, both are
    the one cut at which allowing costs as much as removing. Right for calibrated probabilities only.

    Examples
    --------
    >>> thresholds_from_costs(CostSettings(false_negative=4.0, false_positive=1.0, review=0.2))
    Thresholds(review=0.05, remove=0.8)
    >>> thresholds_from_costs(CostSettings(false_negative=1.0, false_positive=1.0, review=0.6))
    Thresholds(review=0.5, remove=0.5)

    References
    ----------
    Elkan (2001), "The Foundations of Cost-Sensitive Learning", section 2.
    """
    review = costs.review / costs.false_negative
    remove = 1.0 - costs.review / costs.false_positive
    if review >= remove:
        cut = costs.false_positive / (costs.false_positive + costs.false_negative)
        return Thresholds(review=cut, remove=cut)
    return Thresholds(review=review, remove=remove)


def choose_class_weights(y: IntArray, probs: FloatArray) -> FloatArray:
    """Return weights w, shape (K,), such that choosing the largest w * p gives a good macro-F1.

    Macro-F1 counts a rare class as much as a frequent one, so the best choice leans towards rare classes. How far is
    the one number that is learnt: the weight of class k is its share of the examples to the power of -g, and g is
    taken from 0 (the most probable class) to 1.5 (beyond the choice that ignores how frequent classes are), where
    macro-F1, averaged over neighbouring g, is largest. A weight for each class learnt freely fits the validation
    split better and the test split worse.

    Parameters
    ----------
    y : int64, shape (n,)
        True class indices of the validation split.
    probs : float64, shape (n, K)
        Calibrated probabilities there.

    Raises
    ------
    UsageError
        For wrong shapes or values.
    DataError
        If all examples are of one class.

    Examples
    --------
    >>> y = np.repeat([0, 1], [90, 10])
    >>> probs = np.repeat([[0.95, 0.05], [0.7, 0.3]], [90, 10], axis=0)
    >>> weights = choose_class_weights(y, probs)
    >>> bool((np.argmax(weights * probs, axis=1) == y).all())
    True

    References
    ----------
    Lipton, Elkan and Naryanaswamy (2014), "Optimal Thresholding of Classifiers to Maximize F1 Measure", section 4, on
    why such a choice is fragile for rare classes; Menon et al. (2021), "Long-tail learning via logit adjustment",
    section 4, for weights that are powers of the classes' shares.
    """
    y, probs, _ = check_predictions(y, probs, y)
    need_two_classes(y, "choosing class weights")
    shares = (np.bincount(y, minlength=probs.shape[1]) + 1.0) / (len(y) + probs.shape[1])
    scores = np.array([_macro_f1(y, np.argmax(shares**-g * probs, axis=1), probs.shape[1]) for g in _LEANINGS])
    padded = np.pad(scores, _NEIGHBOURS, mode="edge")
    smooth = np.convolve(padded, np.ones(2 * _NEIGHBOURS + 1) / (2 * _NEIGHBOURS + 1), mode="valid")
    best = np.flatnonzero(smooth >= smooth.max() - 1e-12)
    weights = shares ** -float(_LEANINGS[best[len(best) // 2]])
    return np.asarray(weights / weights.min())


def _macro_f1(y: IntArray, chosen: IntArray, n_classes: int) -> float:
    table = np.bincount(y * n_classes + chosen, minlength=n_classes**2).reshape(n_classes, n_classes)
    either = table.sum(axis=0) + table.sum(axis=1)
    return float(np.mean(2.0 * np.diag(table) / np.maximum(either, 1)))
