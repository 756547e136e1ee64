"""Finding the lowest point of a smooth function by L-BFGS.

It takes the steps that SciPy's L-BFGS-B takes without bounds, and so ends in the same place; a test holds the two
together. Importing SciPy's takes a quarter of a second, and its steps take three times as long.

References
----------
Nocedal and Wright (2006), "Numerical Optimization", algorithm 7.4; Chen, Wang and Zhou (2014), "Large-scale L-BFGS
using MapReduce", section 3, for finding the direction from dot products.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from surtitle.models.line_search import line_search

__all__ = ["minimise"]

FloatArray = NDArray[np.float64]
Function = Callable[[FloatArray], tuple[float, FloatArray]]

_REMEMBERED = 10
_MOST_TRIALS = 50
_EPSILON = float(np.finfo(np.float64).eps)


def minimise(
    function: Function,
    start: FloatArray,
    *,
    gradient_tolerance: float,
    decrease_tolerance: float,
    most_iterations: int,
) -> FloatArray:
    """Return where a function is lowest, as seen from `start`.

    Parameters
    ----------
    function : callable
        From a point, shape (n,), to the value there and the gradient, shape (n,).
    start : float64, shape (n,)
        Where to begin.
    gradient_tolerance : float
        Done when no component of the gradient is larger.
    decrease_tolerance : float
        Done when an iteration brings no more than this, relative to the value or to 1 if that is larger.
    most_iterations : int
        Done after so many.

    Examples
    --------
    >>> def bowl(x):
    ...     return float((x - 3) @ (x - 3)), 2 * (x - 3)
    >>> found = minimise(bowl, np.zeros(2), gradient_tolerance=1e-8, decrease_tolerance=0.0, most_iterations=100)
    >>> found.round(6).tolist()
    [3.0, 3.0]
    """
    point = np.array(start, np.float64)
    value, gradient = function(point)
    memory = _Memory(len(point))
    done = 0
    while done < most_iterations and np.abs(gradient).max(initial=0.0) > gradient_tolerance:
        direction = memory.direction(gradient)
        ray = _Ray(function, point, direction)
        slope = float(gradient @ direction)
        first = 1.0 if done else 1.0 / float(np.sqrt(direction @ direction))  # the curvature is not known yet
        step = line_search(ray, value, slope, first, most_trials=_MOST_TRIALS) if slope < 0.0 else None
        if step is None:
            if not memory.size:
                break  # there is nothing lower even straight downhill: rounding is all that is left
            memory = _Memory(len(point))
            continue
        done += 1
        gain, scale = value - ray.value, max(abs(value), abs(ray.value), 1.0)
        memory.add(ray.point - point, ray.gradient - gradient, step * slope)
        point, value, gradient = ray.point, ray.value, ray.gradient
        if gain <= decrease_tolerance * scale:
            break
    return point


class _Ray:
    """A function along a direction; keeps the point looked at last."""

    def __init__(self, function: Function, origin: FloatArray, direction: FloatArray) -> None:
        self._function, self._origin, self._direction = function, origin, direction

    def __call__(self, step: float) -> tuple[float, float]:
        self.point = self._origin + step * self._direction
        self.value, self.gradient = self._function(self.point)
        return self.value, float(self.gradient @ self._direction)


class _Memory:
    """The last steps and the changes of the gradient that came with them: all that is known of the curvature.

    Row 2i of `_basis` is a step, row 2i + 1 its change. The direction is a combination of them and of the gradient,
    whose coefficients follow from dot products: a few passes over one block of memory instead of many short ones.
    """

    def __init__(self, n: int) -> None:
        self.size = 0
        self._basis = np.empty((2 * _REMEMBERED, n))
        self._products = np.zeros((2 * _REMEMBERED, 2 * _REMEMBERED))  # of the rows with the changes
        self._order: list[int] = []  # the slots, from the oldest step to the newest

    def add(self, step: FloatArray, change: FloatArray, slope: float) -> None:
        """Remember a step; `slope` is its product with the gradient that it left."""
        if float(step @ change) <= -_EPSILON * slope:
            return  # no curvature was seen, only rounding
        slot = self._order.pop(0) if self.size == _REMEMBERED else self.size
        self._order.append(slot)
        self.size = len(self._order)
        self._basis[2 * slot], self._basis[2 * slot + 1] = step, change
        used = self._basis[: 2 * self.size]
        products = used @ change
        self._products[: 2 * self.size, 2 * slot + 1] = products
        self._products[2 * slot + 1, : 2 * self.size] = products

    def direction(self, gradient: FloatArray) -> FloatArray:
        """Return where to go from a point with this gradient."""
        if not self.size:
            return -gradient
        used = self._basis[: 2 * self.size]
        share, weights = self._coefficients(used @ gradient)
        return np.asarray(-(share * gradient + weights @ used))

    def _coefficients(self, with_gradient: FloatArray) -> tuple[float, FloatArray]:
        """Run the two loops of L-BFGS on coefficients: of the gradient, and of each row."""
        products = self._products[: 2 * self.size, : 2 * self.size]
        weights = np.zeros(2 * self.size)
        alphas = {}
        for slot in reversed(self._order):
            step, change = 2 * slot, 2 * slot + 1
            alphas[slot] = (with_gradient[step] + products[step] @ weights) / products[step, change]
            weights[change] -= alphas[slot]
        newest = 2 * self._order[-1]
        share = products[newest, newest + 1] / products[newest + 1, newest + 1]
        weights *= share
        for slot in self._order:
            step, change = 2 * slot, 2 * slot + 1
            beta = (share * with_gradient[change] + products[change] @ weights) / products[step, change]
            weights[step] += alphas[slot] - beta
        return share, weights
