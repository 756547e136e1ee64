"""Texts -> scores and actions, in bulk; a text that makes the model fail is found and set aside. PURE."""

from collections.abc import Sequence
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.models.decide import DecisionRule

__all__ = ["Model", "Opinions", "TextScorer", "judge"]


class TextScorer(Protocol):
    """What the stream asks of a model; `surtitle.models.Scorer` is one."""

    @property
    def rule(self) -> DecisionRule:
        """Classes and thresholds."""

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return calibrated probabilities, shape (n_texts, n_classes); one call for a batch."""


class Model(msgspec.Struct, frozen=True):
    """A scorer, and what decisions call it.

    Parameters
    ----------
    name : str
        The model's name.
    version : int or None
        The registered version.
    scorer : TextScorer
        What scores.
    """

    name: str
    version: int | None
    scorer: TextScorer


class Opinions(msgspec.Struct):
    """What a model says of some texts, by column.

    Parameters
    ----------
    scores : list of float
        Of the positive class when there are two, else of the class chosen.
    actions : list of str
        As of `surtitle.records.Scored`.
    poisoned : dict of int to str
        The places of texts on which the model failed, with the reason. Their score and action mean nothing.
    """

    scores: list[float]
    actions: list[str]
    poisoned: dict[int, str]


def judge(scorer: TextScorer, texts: list[str]) -> Opinions:
    """Return what `scorer` says of each text.

    Where it raises, the batch is halved until the text that it cannot take stands alone; the others are scored all the
    same. A batch of n texts with one bad one costs about 2 log2 n calls more.

    Parameters
    ----------
    scorer : TextScorer
        Asked once for all, if all goes well.
    texts : list of str
        In order.

    Examples
    --------
    >>> class Fussy:
    ...     rule = DecisionRule(("kept", "removed"), (1.0, 1.0))
    ...     def probabilities(self, texts):
    ...         if "bad" in texts:
    ...             raise ValueError("a text that I cannot take")
    ...         return np.tile([0.25, 0.75], (len(texts), 1))
    >>> opinions = judge(Fussy(), ["a", "bad", "b"])
    >>> opinions.scores, opinions.poisoned
    ([0.75, 0.0, 0.75], {1: 'ValueError: a text that I cannot take'})
    """
    if not texts:
        return Opinions([], [], {})
    try:
        return _ask(scorer, texts)
    except (MemoryError, OSError):
        raise  # the surroundings, not the text
    except Exception as error:
        if len(texts) == 1:
            return Opinions([0.0], [""], {0: f"{type(error).__name__}: {error}"[:500]})
    middle = len(texts) // 2
    first, second = judge(scorer, texts[:middle]), judge(scorer, texts[middle:])
    poisoned = first.poisoned | {place + middle: reason for place, reason in second.poisoned.items()}
    return Opinions(first.scores + second.scores, first.actions + second.actions, poisoned)


def _ask(scorer: TextScorer, texts: list[str]) -> Opinions:
    rule, probabilities = scorer.rule, scorer.probabilities(texts)
    if probabilities.shape != (len(texts), len(rule.classes)):
        raise ValueError(f"scores of shape {probabilities.shape} for {len(texts)} texts")
    if not np.isfinite(probabilities).all():
        raise ValueError("a score that is not a number")
    chosen = rule.chosen(probabilities)
    scores = probabilities[:, 1] if len(rule.classes) == 2 else probabilities[np.arange(len(texts)), chosen]
    return Opinions(scores.tolist(), _actions(rule, scores, chosen), {})


def _actions(rule: DecisionRule, scores: NDArray[np.float64], chosen: NDArray[np.int64]) -> list[str]:
    if rule.thresholds is None:
        return [rule.classes[place] for place in chosen.tolist()]
    words = ("allow", "review", "remove")
    # As in DecisionRule.action: `remove` is looked at first.
    level = np.where(scores >= rule.thresholds.remove, 2, np.where(scores >= rule.thresholds.review, 1, 0))
    return [words[place] for place in level.tolist()]
