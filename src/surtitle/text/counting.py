"""Counting every term of a corpus with numpy, and choosing among the counts: the way of the Python engine."""

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.settings import FeatureSettings
from surtitle.text.terms import count_chars, count_words
from surtitle.text.tokens import Tokens
from surtitle.text.vocabulary import FloatArray, Vocabulary, inverse_frequency, span

__all__ = ["Selection", "TermCounts", "choose_terms", "count_terms", "side_by_side", "weigh"]


class TermCounts(msgspec.Struct, frozen=True):
    """How often every term occurs in every text: what a vocabulary is chosen from.

    Parameters
    ----------
    words, chars : tuple of str
        All n-grams that occur, sorted.
    word_counts, char_counts : csr_array, shape (n_texts, n_terms)
        Their counts.
    """

    words: tuple[str, ...]
    chars: tuple[str, ...]
    word_counts: sparse.csr_array
    char_counts: sparse.csr_array


class Selection(msgspec.Struct, frozen=True):
    """A vocabulary, and which columns of the counts it was chosen from its terms are.

    Parameters
    ----------
    vocabulary : Vocabulary
        The terms kept.
    word_columns, char_columns : int64, shape (n_terms,)
        Ascending.
    """

    vocabulary: Vocabulary
    word_columns: NDArray[np.int64]
    char_columns: NDArray[np.int64]

    def rows(self, counts: TermCounts) -> sparse.csr_array:
        """Return the rows that `Vectorizer` gives for the texts counted, without counting again."""
        return side_by_side(
            [
                weigh(_select(counts.word_counts, self.word_columns), self.vocabulary.word_idf),
                weigh(_select(counts.char_counts, self.char_columns), self.vocabulary.char_idf),
            ]
        )


def count_terms(tokens: Tokens, settings: FeatureSettings) -> TermCounts:
    """Count every term of the texts."""
    words, word_counts = count_words(tokens, span(settings.word_ngrams))
    chars, char_counts = count_chars(tokens, span(settings.char_ngrams))
    return TermCounts(tuple(words), tuple(chars), word_counts, char_counts)


def choose_terms(counts: TermCounts, settings: FeatureSettings, *, n_texts: int) -> Selection:
    """Choose a vocabulary: the terms that are frequent enough, the most frequent ones if those are too many.

    Parameters
    ----------
    counts : TermCounts
        Of the training texts, and maybe of others after them.
    settings : FeatureSettings
        How frequent, how many.
    n_texts : int
        Choose from the first so many texts.
    """
    word_columns, word_idf = _choose(counts.word_counts, n_texts, settings.min_examples, settings.max_word_terms)
    char_columns, char_idf = _choose(counts.char_counts, n_texts, settings.min_examples, settings.max_char_terms)
    words = tuple(counts.words[column] for column in word_columns)
    chars = tuple(counts.chars[column] for column in char_columns)
    return Selection(Vocabulary(words, chars, word_idf, char_idf), word_columns, char_columns)


def _choose(
    counts: sparse.csr_array, n_texts: int, min_examples: int, max_terms: int
) -> tuple[NDArray[np.int64], FloatArray]:
    frequency = np.bincount(counts.indices[: counts.indptr[n_texts]], minlength=counts.shape[1])
    kept = np.flatnonzero(frequency >= min_examples)
    if len(kept) > max_terms:
        # Terms are sorted, so a stable sort breaks ties by the term and not by the order of the examples.
        kept = np.sort(kept[np.argsort(-frequency[kept], kind="stable")[:max_terms]])
    return kept, inverse_frequency(frequency[kept], n_texts)


def _select(counts: sparse.csr_array, columns: NDArray[np.int64]) -> sparse.csr_array:
    """Return some columns, ascending; several times faster than scipy's own indexing, which cannot rely on that."""
    places = np.full(counts.shape[1], -1, np.int32)
    places[columns] = np.arange(len(columns), dtype=np.int32)
    found = places[counts.indices]
    kept = np.flatnonzero(found >= 0)
    starts = np.searchsorted(kept, counts.indptr)
    return sparse.csr_array((counts.data[kept], found[kept], starts), shape=(counts.shape[0], len(columns)))


def weigh(counts: sparse.csr_array, idf: FloatArray) -> sparse.csr_array:
    """Return TF-IDF weights of counts, shape (n_texts, n_terms), each row of length 1."""
    weights = idf[counts.indices]
    frequencies = counts.data.astype(np.float64)
    repeated = np.flatnonzero(frequencies > 1.0)  # few: a logarithm for each of the others would be one of 1
    weights[repeated] *= 1.0 + np.log(frequencies[repeated])
    squares = sparse.csr_array((weights * weights, counts.indices, counts.indptr), shape=counts.shape)
    norms = np.sqrt(np.asarray(squares @ np.ones(counts.shape[1])))
    weights /= np.repeat(norms, np.diff(counts.indptr))
    return sparse.csr_array((weights, counts.indices, counts.indptr), shape=counts.shape)


def side_by_side(blocks: list[sparse.csr_array]) -> sparse.csr_array:
    """Return the blocks of columns as one matrix."""
    return sparse.csr_array(sparse.hstack(blocks, format="csr"))
