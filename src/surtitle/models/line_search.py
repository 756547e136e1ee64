"""How far to go along a direction: a step that lowers a smooth function enough and leaves little slope.

Moré and Thuente (1994), "Line search algorithms with guaranteed sufficient decrease", sections 2 to 4, with the
constants and the order of tests of MINPACK-2's ``dcsrch``, so that each trial is where SciPy's L-BFGS-B makes it.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

__all__ = ["line_search"]

_DECREASE = 1e-3  # the share of the slope at the start that a step must bring as decrease
_CURVATURE = 0.9  # the share of the slope at the start that may be left after it
_NARROW = 0.1  # an interval relatively narrower is not searched further
_LEAST_GROWTH, _MOST_GROWTH = 1.1, 4.0  # of a step, while no minimum is known to lie before it
_CLOSE = 0.66


class _Trial(NamedTuple):
    step: float
    value: float
    slope: float

    def tilted(self, slope: float) -> "_Trial":
        """Return the same trial of the function less a straight line."""
        return _Trial(self.step, self.value - self.step * slope, self.slope - slope)


class _Interval(NamedTuple):
    """The best trial, the other end, and whether a minimum is known to lie between the two."""

    best: _Trial
    other: _Trial
    bracketed: bool


def line_search(
    along: Callable[[float], tuple[float, float]], value: float, slope: float, first: float, *, most_trials: int
) -> float | None:
    """Return a step that meets the strong Wolfe conditions, the last one that was tried; None if there is none.

    Parameters
    ----------
    along : callable
        From a step to the value and the slope there.
    value, slope : float
        At step 0; the slope is below 0.
    first : float
        The step to try first.
    most_trials : int
        How often to look.

    Examples
    --------
    >>> line_search(lambda t: ((t - 3) ** 2, 2 * (t - 3)), 9.0, -6.0, 1.0, most_trials=20)
    1.0
    >>> line_search(lambda t: ((t - 3) ** 2, 2 * (t - 3)), 9.0, -6.0, 40.0, most_trials=20)
    3.0
    """
    needed = _DECREASE * slope
    start = _Trial(0.0, value, slope)
    interval = _Interval(start, start, bracketed=False)
    lower, upper = 0.0, (1.0 + _MOST_GROWTH) * first
    width = width_before = math.inf
    step, early = first, True
    for _ in range(most_trials):
        trial = _Trial(step, *along(step))
        lower_enough = trial.value <= value + needed * step
        early = early and not (lower_enough and trial.slope >= 0.0)
        stuck = interval.bracketed and (not lower < step < upper or upper - lower <= _NARROW * upper)
        if stuck or (lower_enough and abs(trial.slope) <= -_CURVATURE * slope):
            return step
        # Lower, but not by enough: what is looked for first is a place where the decrease beats the line asked for.
        tilt = needed if early and trial.value <= interval.best.value and not lower_enough else 0.0
        interval, step = _narrowed(interval, trial, tilt, lower, upper)
        best, other = interval.best.step, interval.other.step
        if interval.bracketed:
            if abs(other - best) >= _CLOSE * width_before:
                step = best + 0.5 * (other - best)
            width_before, width = width, abs(other - best)
            lower, upper = min(best, other), max(best, other)
            if not lower < step < upper or upper - lower <= _NARROW * upper:
                step = best
        else:
            lower, upper = step + _LEAST_GROWTH * (step - best), step + _MOST_GROWTH * (step - best)
    return None


def _narrowed(interval: _Interval, trial: _Trial, tilt: float, lower: float, upper: float) -> tuple[_Interval, float]:
    """Return the interval with the trial as one of its ends, and the next step to try."""
    best, other, trial = interval.best.tilted(tilt), interval.other.tilted(tilt), trial.tilted(tilt)
    turned = trial.slope * math.copysign(1.0, best.slope) < 0.0
    if trial.value > best.value:
        step = _before_higher(best, trial)
    elif turned:
        step = _farther(trial.step, _cubic(trial, best), _secant(trial, best))
    elif abs(trial.slope) < abs(best.slope):
        step = _flattening(best, other, trial, bracketed=interval.bracketed, lower=lower, upper=upper)
    elif interval.bracketed:
        step = _cubic(trial, other)
    else:
        step = upper if trial.step > best.step else lower
    bracketed = interval.bracketed or trial.value > best.value or turned
    if trial.value > best.value:
        other = trial
    else:
        best, other = trial, (best if turned else other)
    return _Interval(best.tilted(-tilt), other.tilted(-tilt), bracketed), step


def _before_higher(best: _Trial, trial: _Trial) -> float:
    """Return a step short of a trial that went up: of cubic and parabola the nearer one, or the middle of both."""
    cubic = _cubic(best, trial)
    span = trial.step - best.step
    parabola = best.step + best.slope / ((best.value - trial.value) / span + best.slope) / 2.0 * span
    return cubic if abs(cubic - best.step) <= abs(parabola - best.step) else cubic + (parabola - cubic) / 2.0


def _flattening(best: _Trial, other: _Trial, trial: _Trial, *, bracketed: bool, lower: float, upper: float) -> float:
    """Return a step beyond a trial that went down and became flatter, but not far beyond."""
    secant = _secant(trial, best)
    cubic = _cubic(trial, best)
    if not (cubic - trial.step) * (trial.step - best.step) > 0.0:  # its minimum lies behind, or nowhere
        cubic = upper if trial.step > best.step else lower
    if not bracketed:
        return min(max(_farther(trial.step, cubic, secant), lower), upper)
    step = cubic if abs(cubic - trial.step) < abs(secant - trial.step) else secant
    limit = trial.step + _CLOSE * (other.step - trial.step)
    return min(limit, step) if trial.step > best.step else max(limit, step)


def _farther(origin: float, cubic: float, secant: float) -> float:
    return cubic if abs(cubic - origin) > abs(secant - origin) else secant


def _secant(a: _Trial, b: _Trial) -> float:
    """Return where the slope would be zero if it went straight from a to b."""
    return a.step + a.slope / (a.slope - b.slope) * (b.step - a.step)


def _cubic(a: _Trial, b: _Trial) -> float:
    """Return the minimum of the cubic with the values and slopes of a and b, seen from a; NaN if there is none."""
    middle = 3.0 * (a.value - b.value) / (b.step - a.step) + a.slope + b.slope
    square = middle * middle - a.slope * b.slope
    if not square > 0.0:
        return math.nan
    root = math.copysign(math.sqrt(square), b.step - a.step)
    return a.step + ((root - a.slope) + middle) / ((root - a.slope) + root + b.slope) * (b.step - a.step)
