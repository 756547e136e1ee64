"""What a moderating model's decisions cost, beside the policies that need no model."""

import msgspec
import numpy as np

from surtitle.evaluate._arrays import FloatArray, IntArray
from surtitle.evaluate.bootstrap import mean_intervals
from surtitle.evaluate.curves import Curve
from surtitle.records import Interval, Thresholds
from surtitle.settings import CostSettings

__all__ = ["ACTIONS", "CostReport", "Policy", "cost_curves", "cost_report"]

ACTIONS = ("allow", "review", "remove")
_CUTS = np.linspace(0.0, 1.0, 101)


class Policy(msgspec.Struct, frozen=True):
    """What a way of deciding does with 1,000 texts.

    Parameters
    ----------
    name : str
        Whose decisions these are.
    allowed, reviewed, removed : float
        Per 1,000 texts; they sum to 1,000.
    missed : float
        Allowed, but should have been removed.
    wronged : float
        Removed, but should have been allowed.
    cost : Interval
        In the unit of the settings' costs, per 1,000 texts.
    """

    name: str
    allowed: float
    reviewed: float
    removed: float
    missed: float
    wronged: float
    cost: Interval


class CostReport(msgspec.Struct, frozen=True):
    """Costs of the model's decisions on the test split, and how they would move with the thresholds.

    Parameters
    ----------
    costs, thresholds
        As in the settings, and what followed from them.
    policies : tuple of Policy
        The model's first, then without a model: allow all, remove all, review all.
    curves : tuple of Curve
        Cost per 1,000 texts over the place of one threshold, the other one held: `review`, then `remove`.
    curves_of : str
        The split on which the curves were drawn.
    """

    costs: CostSettings
    thresholds: Thresholds
    policies: tuple[Policy, ...]
    curves: tuple[Curve, ...]
    curves_of: str


def cost_report(
    y: IntArray,
    actions: IntArray,
    *,
    costs: CostSettings,
    thresholds: Thresholds,
    curve_y: IntArray,
    curve_p: FloatArray,
    curves_of: str,
    resamples: int,
    confidence: float,
    seed: int,
) -> CostReport:
    """Count and price the actions taken, shape (n,), as indices into `ACTIONS`."""
    named = {
        "this model": actions,
        "allow all": np.zeros_like(y),
        "remove all": np.full_like(y, 2),
        "review all": np.ones_like(y),
    }
    prices = np.column_stack([1000.0 * _prices(y, taken, costs) for taken in named.values()])
    intervals = mean_intervals(prices, resamples=resamples, confidence=confidence, seed=seed)
    policies = tuple(
        _policy(name, y, taken, cost) for (name, taken), cost in zip(named.items(), intervals, strict=True)
    )
    return CostReport(costs, thresholds, policies, cost_curves(curve_y, curve_p, costs, thresholds), curves_of)


def _policy(name: str, y: IntArray, actions: IntArray, cost: Interval) -> Policy:
    allowed, reviewed, removed = (1000.0 * np.bincount(actions, minlength=3) / len(y)).tolist()
    missed = 1000.0 * float(np.mean((y == 1) & (actions == 0)))
    wronged = 1000.0 * float(np.mean((y == 0) & (actions == 2)))
    return Policy(name, allowed, reviewed, removed, missed, wronged, cost)


def _prices(y: IntArray, actions: IntArray, costs: CostSettings) -> FloatArray:
    table = np.array([[0.0, costs.review, costs.false_positive], [costs.false_negative, costs.review, 0.0]])
    return np.asarray(table[y, actions], dtype=np.float64)


def cost_curves(
    y: IntArray, p_positive: FloatArray, costs: CostSettings, thresholds: Thresholds
) -> tuple[Curve, Curve]:
    """Return cost per 1,000 texts over the review threshold and over the remove threshold, the other one held.

    A threshold that is moved past the other one takes it along, so both curves span 0 to 1.

    Examples
    --------
    >>> review, remove = cost_curves(np.array([0, 1]), np.array([0.3, 0.7]), CostSettings(), Thresholds(0.2, 0.8))
    >>> review.y[0], review.y[50], remove.y[50]
    (200.0, 100.0, 100.0)
    """
    at_review = [_mean_cost(y, p_positive, costs, cut, max(cut, thresholds.remove)) for cut in _CUTS]
    at_remove = [_mean_cost(y, p_positive, costs, min(cut, thresholds.review), cut) for cut in _CUTS]
    x = tuple(_CUTS.round(4).tolist())
    return Curve("review", x, tuple(at_review)), Curve("remove", x, tuple(at_remove))


def _mean_cost(y: IntArray, p: FloatArray, costs: CostSettings, review: float, remove: float) -> float:
    actions = (p >= review).astype(np.int64) + (p >= remove)
    return 1000.0 * float(_prices(y, actions, costs).mean())
