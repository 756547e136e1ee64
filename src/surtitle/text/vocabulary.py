"""The terms a model knows, and how rare they are."""

import msgspec
import numpy as np
from numpy.typing import NDArray

__all__ = ["Vocabulary", "inverse_frequency", "span"]

FloatArray = NDArray[np.float64]


class Vocabulary(msgspec.Struct, frozen=True):
    """The terms a model knows, and how rare they are. Columns: words first, then characters.

    Parameters
    ----------
    words, chars : tuple of str
        Word n-grams (words separated by a space) and character n-grams, each sorted.
    word_idf, char_idf : float64, shape (n_terms,)
        Inverse document frequency.
    """

    words: tuple[str, ...]
    chars: tuple[str, ...]
    word_idf: FloatArray
    char_idf: FloatArray

    def __len__(self) -> int:
        return len(self.words) + len(self.chars)

    def term(self, column: int) -> str:
        """Return the column's term as people see it: character n-grams stand between vertical bars."""
        if column < len(self.words):
            return self.words[column]
        return f"|{self.chars[column - len(self.words)]}|"


def inverse_frequency(frequency: NDArray[np.int64], n_texts: int) -> FloatArray:
    """Return the smoothed idf of terms that so many of `n_texts` texts hold: ``ln((1 + n) / (1 + df)) + 1``."""
    return np.asarray(np.log((1 + n_texts) / (1 + frequency)) + 1.0)


def span(ngrams: tuple[int, ...]) -> tuple[int, int]:
    """Return the shortest and the longest n-gram of a setting; of none, a span that holds no number."""
    return (ngrams[0], ngrams[1]) if ngrams else (1, 0)
