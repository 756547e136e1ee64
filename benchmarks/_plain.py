"""The plain pipeline that the scorer has to equal: clean, spaCy, TfidfVectorizer, LogisticRegression."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surtitle.models import LinearScorer
from surtitle.text import clean

Doc = tuple[list[str], list[str]]


class PlainPipeline:
    """A fitted model in the hands of spaCy and scikit-learn, as one writes it without Surtitle.

    Only cleaning is ours: it is written down as a list of steps that any script can follow.
    """

    def __init__(self, scorer: LinearScorer) -> None:
        import spacy
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import FeatureUnion

        self._cleaning = scorer.text.cleaning
        self._nlp: Any = spacy.blank("en")
        self._nlp.add_pipe("lemmatizer", config={"mode": "lookup"})
        self._nlp.initialize()
        vocabulary, features = scorer.vocabulary, scorer.features
        blocks = [("words", _vectorizer(_words(features.word_ngrams), vocabulary.words, vocabulary.word_idf))]
        if features.char_ngrams:
            blocks.append(("chars", _vectorizer(_chars(features.char_ngrams), vocabulary.chars, vocabulary.char_idf)))
        self._union = FeatureUnion(blocks)
        self._model = LogisticRegression()
        self._model.classes_ = np.arange(2)
        self._model.coef_, self._model.intercept_ = scorer.model.coef, scorer.model.intercept

    def __call__(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the probability of the second class, shape (n_texts,)."""
        rows = self._union.transform(list(self._docs(texts)))
        return np.asarray(self._model.predict_proba(rows)[:, 1])

    def _docs(self, texts: Sequence[str]) -> Iterator[Doc]:
        for doc in self._nlp.pipe(clean(text, self._cleaning) for text in texts):
            yield [token.lemma_ for token in doc], [token.text for token in doc]


def _vectorizer(analyzer: Any, terms: Sequence[str], idf: NDArray[np.float64]) -> Any:
    from sklearn.feature_extraction.text import TfidfVectorizer

    made = TfidfVectorizer(analyzer=analyzer, vocabulary=list(terms), sublinear_tf=True)
    made.idf_ = idf
    return made


def _words(sizes: tuple[int, ...]) -> Any:
    shortest, longest = sizes

    def ngrams(doc: Doc) -> list[str]:
        forms = doc[0]
        return [" ".join(forms[i : i + n]) for n in range(shortest, longest + 1) for i in range(len(forms) - n + 1)]

    return ngrams


def _chars(sizes: tuple[int, ...]) -> Any:
    shortest, longest = sizes

    def ngrams(doc: Doc) -> list[str]:
        padded = [f" {token} " for token in doc[1]]
        return [
            token[i : i + n]
            for token in padded
            for n in range(shortest, longest + 1)
            for i in range(len(token) - n + 1)
        ]

    return ngrams
