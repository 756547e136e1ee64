"""Texts -> scores, actions and reasons, in bulk; a text that makes a model fail is found and set aside. PURE."""

from collections.abc import Callable, Collection, Sequence
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.models.decide import DecisionRule
from surtitle.records import Reason

__all__ = ["Deciders", "Model", "Opinions", "Signature", "TextScorer", "decide", "judge"]


class TextScorer(Protocol):
    """What the stream asks of a model; `surtitle.models.Scorer` is one."""

    @property
    def rule(self) -> DecisionRule:
        """Classes and thresholds."""

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return calibrated probabilities, shape (n_texts, n_classes); one call for a batch."""


class Signature(msgspec.Struct, frozen=True):
    """What decisions call the model that made them; light, where a model may be large.

    Parameters
    ----------
    name : str
        The model's name.
    version : int or None
        The registered version.
    alias : str
        What chose the version, as of `surtitle.records.Decision`.
    own : bool
        Whether it is a client's own.
    """

    name: str
    version: int | None
    alias: str = "champion"
    own: bool = False

    @property
    def label(self) -> str:
        """What its decisions are counted under: clients' own models together, since there may be many."""
        return "client" if self.own else str(self.version)


class Model(msgspec.Struct, frozen=True):
    """A scorer, and what decisions call it. By itself, it decides for everybody.

    Parameters
    ----------
    name, version, alias, own
        As of `Signature`.
    scorer : TextScorer
        What scores.
    reasons : callable or None
        Given texts, returns the terms that pushed each one's score; None where they are not asked for or not known.
    """

    name: str
    version: int | None
    scorer: TextScorer
    alias: str = "champion"
    own: bool = False
    reasons: Callable[[Sequence[str]], list[tuple[Reason, ...]]] | None = None

    @property
    def signature(self) -> Signature:
        """What decisions call it."""
        return Signature(self.name, self.version, self.alias, self.own)

    @property
    def clients(self) -> Collection[str]:
        """As of `Deciders`: nobody has one of their own."""
        return ()

    @property
    def general(self) -> "Model":
        """As of `Deciders`."""
        return self

    def of(self, client: str) -> "Model":  # noqa: ARG002 the same for all
        """As of `Deciders`."""
        return self


class Deciders(Protocol):
    """Who decides in one step; a `Model` by itself is such."""

    @property
    def general(self) -> Model:
        """Who decides for everybody without a model of their own."""

    @property
    def clients(self) -> Collection[str]:
        """Those with a model of their own."""

    def of(self, client: str) -> Model:
        """Return the model of one of `clients`, or the general one if that cannot be had."""


class Opinions(msgspec.Struct):
    """What models say of some texts, by column.

    Parameters
    ----------
    scores : list of float
        Of the positive class when there are two, else of the class chosen.
    actions : list of str
        As of `surtitle.records.Scored`.
    reasons : list of tuple of Reason
        Empty ones unless the model tells them.
    signatures : list of Signature
        Whose opinion each is.
    poisoned : dict of int to str
        The places of texts on which the model failed, with the reason. Their other columns mean nothing.
    """

    scores: list[float]
    actions: list[str]
    reasons: list[tuple[Reason, ...]]
    signatures: list[Signature]
    poisoned: dict[int, str]

    def followed_by(self, other: "Opinions") -> "Opinions":
        """Return these opinions, and others behind them."""
        size = len(self.scores)
        return Opinions(
            self.scores + other.scores,
            self.actions + other.actions,
            self.reasons + other.reasons,
            self.signatures + other.signatures,
            self.poisoned | {place + size: reason for place, reason in other.poisoned.items()},
        )

    def only(self, places: Sequence[int]) -> "Opinions":
        """Return the opinions at these places, as if none of them were poisoned."""
        return Opinions(
            [self.scores[place] for place in places],
            [self.actions[place] for place in places],
            [self.reasons[place] for place in places],
            [self.signatures[place] for place in places],
            {},
        )


def decide(deciders: Deciders, texts: list[str], clients: Sequence[str | None]) -> Opinions:
    """Return what each text's model says of it: its client's own, or else the general one.

    Parameters
    ----------
    deciders : Deciders
        Each model is asked once for all of its texts.
    texts, clients
        In order, of the same length.
    """
    theirs = deciders.clients
    own = {client for client in clients if client in theirs} if theirs else ()
    if not own:
        return judge(deciders.general, texts)
    places: dict[str | None, list[int]] = {}
    for place, client in enumerate(clients):
        places.setdefault(client if client in own else None, []).append(place)
    order, parts = list[int](), Opinions([], [], [], [], {})
    for who, rows in places.items():
        # One after the other, so that no more models need be in memory at once than there is room for.
        part = judge(deciders.general if who is None else deciders.of(who), [texts[row] for row in rows])
        parts = parts.followed_by(part)
        order += rows
    back = sorted(range(len(order)), key=order.__getitem__)
    whole = parts.only(back)
    whole.poisoned = {order[place]: reason for place, reason in parts.poisoned.items()}
    return whole


def judge(model: Model, texts: list[str]) -> Opinions:
    """Return what one model says of each text.

    Where it raises, the batch is halved until the text that it cannot take stands alone; the others are scored all the
    same. A batch of n texts with one bad one costs about 2 log2 n calls more.

    Parameters
    ----------
    model : Model
        Its scorer is asked once for all, if all goes well.
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
    >>> opinions = judge(Model("fussy", 1, Fussy()), ["a", "bad", "b"])
    >>> opinions.scores, opinions.poisoned
    ([0.75, 0.0, 0.75], {1: 'ValueError: a text that I cannot take'})
    """
    if not texts:
        return Opinions([], [], [], [], {})
    try:
        return _ask(model, texts)
    except (MemoryError, OSError):
        raise  # the surroundings, not the text
    except Exception as error:
        if len(texts) == 1:
            return Opinions([0.0], [""], [()], [model.signature], {0: f"{type(error).__name__}: {error}"[:500]})
    middle = len(texts) // 2
    return judge(model, texts[:middle]).followed_by(judge(model, texts[middle:]))


def _ask(model: Model, texts: list[str]) -> Opinions:
    rule, probabilities = model.scorer.rule, model.scorer.probabilities(texts)
    if probabilities.shape != (len(texts), len(rule.classes)):
        raise ValueError(f"scores of shape {probabilities.shape} for {len(texts)} texts")
    if not np.isfinite(probabilities).all():
        raise ValueError("a score that is not a number")
    chosen = rule.chosen(probabilities)
    scores = probabilities[:, 1] if len(rule.classes) == 2 else probabilities[np.arange(len(texts)), chosen]
    reasons: list[tuple[Reason, ...]] = [()] * len(texts) if model.reasons is None else model.reasons(texts)
    return Opinions(scores.tolist(), _actions(rule, scores, chosen), reasons, [model.signature] * len(texts), {})


def _actions(rule: DecisionRule, scores: NDArray[np.float64], chosen: NDArray[np.int64]) -> list[str]:
    if rule.thresholds is None:
        return [rule.classes[place] for place in chosen.tolist()]
    words = ("allow", "review", "remove")
    # As in DecisionRule.action: `remove` is looked at first.
    level = np.where(scores >= rule.thresholds.remove, 2, np.where(scores >= rule.thresholds.review, 1, 0))
    return [words[place] for place in level.tolist()]
