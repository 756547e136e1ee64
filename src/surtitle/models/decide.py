"""From probabilities to a class and an action."""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.records import Scored, Thresholds

__all__ = ["DecisionRule"]


class DecisionRule(msgspec.Struct, frozen=True):
    """How a model's probabilities become a class and an action; kept in the artefact.

    Parameters
    ----------
    classes : tuple of str
        In the order of the probabilities' columns; of two, the second is the positive one.
    weights : tuple of float
        The class chosen is the one with the largest weight times probability.
    thresholds : Thresholds or None
        Two classes: where the action changes. None with more classes, whose action is the class chosen.
    """

    classes: tuple[str, ...]
    weights: tuple[float, ...]
    thresholds: Thresholds | None = None

    def chosen(self, probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
        """Return the index of the class chosen for each row, shape (n,)."""
        return np.asarray(np.argmax(probabilities * np.array(self.weights), axis=1), np.int64)

    def action(self, probability: float, label: str) -> str:
        """Return the action for a positive-class probability (two classes), or the class chosen (more)."""
        if self.thresholds is None:
            return label
        if probability >= self.thresholds.remove:
            return "remove"
        return "review" if probability >= self.thresholds.review else "allow"

    def decide(self, probabilities: NDArray[np.float64]) -> list[Scored]:
        """Return what is said of each row of probabilities, shape (n, n_classes).

        Examples
        --------
        >>> rule = DecisionRule(("kept", "removed"), (1.0, 2.0), Thresholds(review=0.2, remove=0.8))
        >>> [scored.action for scored in rule.decide(np.array([[0.9, 0.1], [0.5, 0.5], [0.1, 0.9]]))]
        ['allow', 'review', 'remove']
        """
        return [self.decide_one(row) for row in probabilities.tolist()]

    def decide_one(self, row: Sequence[float]) -> Scored:
        """Return what is said of one text, given its probabilities, without the costs of an array.

        Examples
        --------
        >>> DecisionRule(("a", "b", "c"), (1.0, 1.0, 2.0)).decide_one([0.4, 0.35, 0.25]).label
        'c'
        """
        weighted = [weight * probability for weight, probability in zip(self.weights, row, strict=True)]
        index = weighted.index(max(weighted))
        label = self.classes[index]
        score = row[1] if len(row) == 2 else row[index]
        named = dict(zip(self.classes, row, strict=True))
        return Scored(score=score, label=label, action=self.action(score, label), probabilities=named)
