"""Features: terms weighted by TF-IDF, one sparse row per text.

The weight of a term is ``(1 + ln tf) * idf`` with ``idf = ln((1 + n) / (1 + df)) + 1``, and each block (words,
characters) of a row is scaled to length 1 on its own. This is what scikit-learn's `FeatureUnion` of two
`TfidfVectorizer` with ``sublinear_tf=True`` gives; a test holds the two together. Smoothed idf: scikit-learn's user
guide, section "Tf-idf term weighting"; sublinear tf: Manning, Raghavan and Schütze (2008), section 6.4.1.
"""

from scipy import sparse

from surtitle.settings import FeatureSettings
from surtitle.text.counting import choose_terms, count_terms, side_by_side, weigh
from surtitle.text.native import EngineName, NativeVectorizer, choose_natively, wants_native
from surtitle.text.terms import CharCounter, WordCounter
from surtitle.text.tokens import Tokens
from surtitle.text.vocabulary import Vocabulary, span

__all__ = ["Vectorizer", "fit_vocabulary"]


class Vectorizer:
    """Turns tokens into weighted rows over a vocabulary.

    Parameters
    ----------
    vocabulary : Vocabulary
        Its terms become the columns.
    settings : FeatureSettings
        With which the vocabulary was fitted.
    engine : "native" or "python", optional
        Without it, the native one where it is there. The rows differ by rounding at most.
    """

    def __init__(self, vocabulary: Vocabulary, settings: FeatureSettings, *, engine: EngineName | None = None) -> None:
        self.vocabulary = vocabulary
        self.settings = settings
        if wants_native(engine):
            self._rows = NativeVectorizer(vocabulary).rows
        else:
            self._rows = _Counters(vocabulary, settings).rows

    def __call__(self, tokens: Tokens) -> sparse.csr_array:
        """Return the rows, float64, shape (n_texts, n_terms)."""
        return self._rows(tokens)


class _Counters:
    """Counts known terms with numpy."""

    def __init__(self, vocabulary: Vocabulary, settings: FeatureSettings) -> None:
        self._vocabulary = vocabulary
        self._words = WordCounter(vocabulary.words, span(settings.word_ngrams))
        columns = {ngram: column for column, ngram in enumerate(vocabulary.chars)}
        self._chars = CharCounter(columns, span(settings.char_ngrams))

    def rows(self, tokens: Tokens) -> sparse.csr_array:
        words = weigh(self._words.count(tokens), self._vocabulary.word_idf)
        return side_by_side([words, weigh(self._chars.count(tokens), self._vocabulary.char_idf)])


def fit_vocabulary(
    tokens: Tokens, settings: FeatureSettings, *, n_texts: int | None = None, engine: EngineName | None = None
) -> tuple[Vocabulary, sparse.csr_array]:
    """Choose the terms of a training corpus; return them with the corpus's own rows, shape (n_texts, n_terms).

    Kept are the terms that are frequent enough, the most frequent ones if those are too many.

    Parameters
    ----------
    tokens : Tokens
        The training texts, and maybe others after them.
    settings : FeatureSettings
        Which n-grams, how frequent, how many.
    n_texts : int, optional
        Choose from the first so many texts; without it, from all.
    engine : "native" or "python", optional
        Without it, the native one where it is there. Both choose the same terms.
    """
    n_texts = len(tokens) if n_texts is None else n_texts
    if wants_native(engine):
        vocabulary = choose_natively(tokens, settings, n_texts=n_texts)
        return vocabulary, NativeVectorizer(vocabulary).rows(tokens)
    counts = count_terms(tokens, settings)
    selection = choose_terms(counts, settings, n_texts=n_texts)
    return selection.vocabulary, selection.rows(counts)
