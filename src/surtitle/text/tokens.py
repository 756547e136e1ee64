"""Tokens: a tokenised corpus, kept as numbers.

Each distinct token is a *type*, and a text is a run of type numbers. What is slow in Python (strings, lemmas, character
n-grams) is then done once per type.
"""

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray

__all__ = ["Tokens", "join_tokens"]


class Tokens(msgspec.Struct, frozen=True):
    """Tokenised texts.

    Parameters
    ----------
    types : list of (str, str)
        Each distinct token: its text and its word form (the lemma, where lemmas are used).
    ids : int32, shape (n_tokens,)
        All texts' tokens one after the other, as indices into `types`.
    starts : int64, shape (n_texts + 1,)
        Text i is ``ids[starts[i]:starts[i + 1]]``.
    """

    types: list[tuple[str, str]]
    ids: NDArray[np.int32]
    starts: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.starts) - 1

    def text(self, index: int) -> list[tuple[str, str]]:
        """Return the tokens of one text."""
        return [self.types[i] for i in self.ids[self.starts[index] : self.starts[index + 1]]]

    def part(self, start: int, end: int) -> "Tokens":
        """Return the texts from `start` to before `end`, over the types that occur in them."""
        ids = self.ids[self.starts[start] : self.starts[end]]
        used, renumbered = np.unique(ids, return_inverse=True)
        starts = self.starts[start : end + 1] - self.starts[start]
        return Tokens([self.types[i] for i in used], renumbered.astype(np.int32), starts)


def join_tokens(parts: Sequence[Tokens]) -> Tokens:
    """Return the texts of all parts, in order, over one list of types.

    Examples
    --------
    >>> a = Tokens([("a", "a")], np.array([0], np.int32), np.array([0, 1]))
    >>> b = Tokens([("b", "b"), ("a", "a")], np.array([0, 1], np.int32), np.array([0, 2]))
    >>> both = join_tokens([a, b])
    >>> both.text(1)
    [('b', 'b'), ('a', 'a')]
    """
    numbers: dict[tuple[str, str], int] = {}
    ids = [np.zeros(0, np.int32)]
    starts = [np.zeros(1, np.int64)]
    offset = 0
    for part in parts:
        renumber = np.array([numbers.setdefault(kind, len(numbers)) for kind in part.types], np.int32)
        ids.append(renumber[part.ids])
        starts.append(part.starts[1:] + offset)
        offset += int(part.starts[-1])
    return Tokens(list(numbers), np.concatenate(ids), np.concatenate(starts))
