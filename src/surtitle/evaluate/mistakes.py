"""The mistakes that the model was most sure of: what to read first."""

from collections.abc import Sequence

import msgspec
import numpy as np

from surtitle.evaluate._arrays import FloatArray, IntArray

__all__ = ["Mistake", "MistakeGroup", "worst_mistakes"]

_PER_GROUP = 8
_MOST_GROUPS = 6
_MOST_CHARACTERS = 400


class Mistake(msgspec.Struct, frozen=True):
    """One wrong choice: the text, shortened, and the probability of the class chosen."""

    id: str
    text: str
    score: float
    client: str | None = None


class MistakeGroup(msgspec.Struct, frozen=True):
    """All mistakes of one direction: examples of `truth` for which `chosen` was chosen."""

    truth: str
    chosen: str
    count: int
    of: int
    worst: tuple[Mistake, ...]


def worst_mistakes(
    y: IntArray,
    probs: FloatArray,
    chosen: IntArray,
    *,
    classes: Sequence[str],
    texts: Sequence[str],
    ids: Sequence[str],
    clients: Sequence[str | None],
) -> tuple[MistakeGroup, ...]:
    """Return the (up to 6) most frequent directions, each with its 8 most confident mistakes.

    `of` is the number of examples of the true class.

    Examples
    --------
    >>> [group] = worst_mistakes(
    ...     np.array([0, 1]), np.array([[0.1, 0.9], [0.2, 0.8]]), np.array([1, 1]),
    ...     classes=("keep", "remove"), texts=("hi", "ho"), ids=("a", "b"), clients=(None, None))
    >>> group.truth, group.chosen, group.count, group.worst[0].text
    ('keep', 'remove', 1, 'hi')
    """
    n_classes = probs.shape[1]
    counts = np.bincount(y * n_classes + chosen, minlength=n_classes**2)
    counts[:: n_classes + 1] = 0  # the diagonal: no mistakes
    directions = np.argsort(-counts, kind="stable")[:_MOST_GROUPS]
    groups = []
    for direction in directions[counts[directions] > 0].tolist():
        truth, choice = divmod(direction, n_classes)
        rows = np.flatnonzero((y == truth) & (chosen == choice))
        worst = rows[np.argsort(-probs[rows, choice], kind="stable")[:_PER_GROUP]].tolist()
        found = tuple(Mistake(ids[i], _shorten(texts[i]), round(float(probs[i, choice]), 6), clients[i]) for i in worst)
        groups.append(MistakeGroup(classes[truth], classes[choice], len(rows), int((y == truth).sum()), found))
    return tuple(groups)


def _shorten(text: str) -> str:
    flat = " ".join(text[: 4 * _MOST_CHARACTERS].split())
    if len(flat) <= _MOST_CHARACTERS and len(text) <= 4 * _MOST_CHARACTERS:
        return flat
    return flat[:_MOST_CHARACTERS].rstrip() + " …"
