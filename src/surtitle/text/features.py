"""Features: terms weighted by TF-IDF, one sparse row per text.

The weight of a term is ``(1 + ln tf) * idf`` with ``idf = ln((1 + n) / (1 + df)) + 1``, and each block (words,
characters) of a row is scaled to length 1 on its own. This is what scikit-learn's `FeatureUnion` of two
`TfidfVectorizer` with ``sublinear_tf=True`` gives; a test holds the two together. Smoothed idf: scikit-learn's user
guide, section "Tf-idf term weighting"; sublinear tf: Manning, Raghavan and Schütze (2008), section 6.4.1.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.settings import FeatureSettings
from surtitle.text.terms import CharCounter, WordCounter, count_chars, count_words
from surtitle.text.tokens import Tokens

__all__ = [
    "Selection",
    "TermCounts",
    "Vectorizer",
    "Vocabulary",
    "choose_terms",
    "count_terms",
    "fit_vocabulary",
    "span",
]

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
        self._words = WordCounter(vocabulary.words, span(settings.word_ngrams))
        columns = {ngram: column for column, ngram in enumerate(vocabulary.chars)}
        self._chars = CharCounter(columns, span(settings.char_ngrams))

    def __call__(self, tokens: Tokens) -> sparse.csr_array:
        """Return the rows, float64, shape (n_texts, n_terms)."""
        return _side_by_side(
            [
                _weigh(self._words.count(tokens), self.vocabulary.word_idf),
                _weigh(self._chars.count(tokens), self.vocabulary.char_idf),
            ]
        )


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
        return _side_by_side(
            [
                _weigh(_select(counts.word_counts, self.word_columns), self.vocabulary.word_idf),
                _weigh(_select(counts.char_counts, self.char_columns), self.vocabulary.char_idf),
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


def fit_vocabulary(tokens: Tokens, settings: FeatureSettings) -> tuple[Vocabulary, sparse.csr_array]:
    """Choose the terms of a training corpus; return them with the corpus's own rows, shape (n_texts, n_terms)."""
    counts = count_terms(tokens, settings)
    selection = choose_terms(counts, settings, n_texts=len(tokens))
    return selection.vocabulary, selection.rows(counts)


def _choose(
    counts: sparse.csr_array, n_texts: int, min_examples: int, max_terms: int
) -> tuple[NDArray[np.int64], FloatArray]:
    frequency = np.bincount(counts.indices[: counts.indptr[n_texts]], minlength=counts.shape[1])
    kept = np.flatnonzero(frequency >= min_examples)
    if len(kept) > max_terms:
        # Terms are sorted, so a stable sort breaks ties by the term and not by the order of the examples.
        kept = np.sort(kept[np.argsort(-frequency[kept], kind="stable")[:max_terms]])
    return kept, np.log((1 + n_texts) / (1 + frequency[kept])) + 1.0


def _select(counts: sparse.csr_array, columns: NDArray[np.int64]) -> sparse.csr_array:
    """Return some columns, ascending; several times faster than scipy's own indexing, which cannot rely on that."""
    places = np.full(counts.shape[1], -1, np.int32)
    places[columns] = np.arange(len(columns), dtype=np.int32)
    found = places[counts.indices]
    kept = np.flatnonzero(found >= 0)
    starts = np.searchsorted(kept, counts.indptr)
    return sparse.csr_array((counts.data[kept], found[kept], starts), shape=(counts.shape[0], len(columns)))


def _weigh(counts: sparse.csr_array, idf: FloatArray) -> sparse.csr_array:
    weights = idf[counts.indices]
    frequencies = counts.data.astype(np.float64)
    repeated = np.flatnonzero(frequencies > 1.0)  # few: a logarithm for each of the others would be one of 1
    weights[repeated] *= 1.0 + np.log(frequencies[repeated])
    squares = sparse.csr_array((weights * weights, counts.indices, counts.indptr), shape=counts.shape)
    norms = np.sqrt(np.asarray(squares @ np.ones(counts.shape[1])))
    weights /= np.repeat(norms, np.diff(counts.indptr))
    return sparse.csr_array((weights, counts.indices, counts.indptr), shape=counts.shape)


def _side_by_side(blocks: list[sparse.csr_array]) -> sparse.csr_array:
    return sparse.csr_array(sparse.hstack(blocks, format="csr"))


def span(ngrams: tuple[int, ...]) -> tuple[int, int]:
    """Return the shortest and the longest n-gram of a setting; of none, a span that holds no number."""
    return (ngrams[0], ngrams[1]) if ngrams else (1, 0)
