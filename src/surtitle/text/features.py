"""Features: terms weighted by TF-IDF, one sparse row per text.

The weight of a term is ``(1 + ln tf) * idf`` with ``idf = ln((1 + n) / (1 + df)) + 1``, and each block (words,
characters) of a row is scaled to length 1 on its own. This is what scikit-learn's `FeatureUnion` of two
`TfidfVectorizer` with ``sublinear_tf=True`` gives; a test holds the two together. Smoothed idf: scikit-learn's user
guide, section "Tf-idf term weighting"; sublinear tf: Manning, Raghavan and Schütze (2008), section 6.4.1.
"""

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.settings import FeatureSettings
from surtitle.text.terms import CharCounter, WordCounter, count_chars, count_words
from surtitle.text.tokens import Tokens

__all__ = ["Vectorizer", "Vocabulary", "fit_vocabulary"]

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


class Vectorizer:
    """Turns tokens into weighted rows over a vocabulary.

    Parameters
    ----------
    vocabulary : Vocabulary
        Its terms become the columns.
    settings : FeatureSettings
        With which the vocabulary was fitted.
    """

    def __init__(self, vocabulary: Vocabulary, settings: FeatureSettings) -> None:
        self.vocabulary = vocabulary
        self.settings = settings
        self._words = WordCounter(vocabulary.words, _span(settings.word_ngrams))
        columns = {ngram: column for column, ngram in enumerate(vocabulary.chars)}
        self._chars = CharCounter(columns, _span(settings.char_ngrams))

    def __call__(self, tokens: Tokens) -> sparse.csr_array:
        """Return the rows, float64, shape (n_texts, n_terms)."""
        blocks = []
        if self.settings.word_ngrams:
            blocks.append(_weigh(self._words.count(tokens), self.vocabulary.word_idf))
        if self.settings.char_ngrams:
            blocks.append(_weigh(self._chars.count(tokens), self.vocabulary.char_idf))
        return _side_by_side(blocks)


def fit_vocabulary(tokens: Tokens, settings: FeatureSettings) -> tuple[Vocabulary, sparse.csr_array]:
    """Choose the terms of a training corpus; return them with the corpus's own rows.

    Parameters
    ----------
    tokens : Tokens
        The training texts.
    settings : FeatureSettings
        Which n-grams, how frequent, how many.

    Returns
    -------
    Vocabulary
        The terms kept.
    csr_array, float64, shape (n_texts, n_terms)
        The same rows as `Vectorizer` gives, without counting again.
    """
    words, word_idf, word_rows = _fit_block(
        tokens, settings.word_ngrams, settings, count_words, settings.max_word_terms
    )
    chars, char_idf, char_rows = _fit_block(
        tokens, settings.char_ngrams, settings, count_chars, settings.max_char_terms
    )
    blocks = [rows for rows in (word_rows, char_rows) if rows is not None]
    return Vocabulary(words, chars, word_idf, char_idf), _side_by_side(blocks)


def _fit_block(
    tokens: Tokens, ngrams: tuple[int, ...], settings: FeatureSettings, count: Any, max_terms: int
) -> tuple[tuple[str, ...], FloatArray, sparse.csr_array | None]:
    if not ngrams:
        return (), np.zeros(0), None
    terms, counts = count(tokens, _span(ngrams))
    frequency = np.bincount(counts.indices, minlength=len(terms))
    kept = np.flatnonzero(frequency >= settings.min_examples)
    if len(kept) > max_terms:
        # Ties are broken by the term itself, so that the choice does not depend on the order of the examples.
        kept = np.array(sorted(kept, key=lambda column: (-frequency[column], terms[column]))[:max_terms])
    kept = np.array(sorted(kept, key=lambda column: terms[column]), np.int64)
    idf = np.log((1 + len(tokens)) / (1 + frequency[kept])) + 1.0
    return tuple(terms[column] for column in kept), idf, _weigh(_select(counts, kept), idf)


def _select(counts: sparse.csr_array, columns: NDArray[np.int64]) -> sparse.csr_array:
    selected = sparse.csr_array(counts[:, columns])
    selected.sort_indices()
    return selected


def _weigh(counts: sparse.csr_array, idf: FloatArray) -> sparse.csr_array:
    weights = (1.0 + np.log(counts.data)) * idf[counts.indices]
    lengths = np.diff(counts.indptr)
    rows = np.repeat(np.arange(counts.shape[0]), lengths)
    norms = np.sqrt(np.bincount(rows, weights=weights**2, minlength=counts.shape[0]))
    norms[norms == 0.0] = 1.0
    return sparse.csr_array((weights / norms[rows], counts.indices, counts.indptr), shape=counts.shape)


def _side_by_side(blocks: list[sparse.csr_array]) -> sparse.csr_array:
    return sparse.csr_array(sparse.hstack(blocks, format="csr")) if len(blocks) > 1 else blocks[0]


def _span(ngrams: tuple[int, ...]) -> tuple[int, int]:
    return (ngrams[0], ngrams[1]) if ngrams else (1, 0)
