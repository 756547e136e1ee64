"""The default model as a scikit-learn estimator of texts."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils.multiclass import check_classification_targets

from surtitle.models.decide import DecisionRule
from surtitle.models.linear import fit_linear
from surtitle.models.scorer import Explanation, LinearScorer
from surtitle.settings import CleaningSettings, FeatureSettings, TextSettings
from surtitle.text import fit_vocabulary, tokenize

__all__ = ["TextClassifier"]


class TextClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn is not typed
    """Logistic regression over word and character n-grams of spaCy's tokens.

    Works wherever scikit-learn's tools do: `clone`, `GridSearchCV`, `cross_val_score`, `CalibratedClassifierCV`.

    Parameters
    ----------
    C : float
        Inverse regularisation strength.
    class_weight : "balanced" or None
        Weigh classes by their rarity.
    language : str
        spaCy's code of the language.
    pipeline : str
        An installed spaCy pipeline by name; empty: the language's blank one.
    lemmas : bool
        Use dictionary forms.
    word_ngrams, char_ngrams : tuple of (int, int), or ()
        Shortest and longest.
    min_examples : int
        A term must occur in so many texts.
    cleaning : CleaningSettings or None
        Cleaning steps; None: the default ones.

    Attributes
    ----------
    classes_ : ndarray, shape (n_classes,)
        The labels, sorted.
    scorer_ : LinearScorer
        The fitted model.

    Examples
    --------
    >>> texts = ["you are kind", "you are a dummy", "how kind of you", "what a dummy"] * 5
    >>> classifier = TextClassifier().fit(texts, ["keep", "remove"] * 10)
    >>> classifier.predict(["a dummy!", "very kind"]).tolist()
    ['remove', 'keep']
    """

    def __init__(
        self,
        *,
        C: float = 1.0,
        class_weight: str | None = "balanced",
        language: str = "en",
        pipeline: str = "",
        lemmas: bool = True,
        word_ngrams: tuple[int, ...] = (1, 2),
        char_ngrams: tuple[int, ...] = (2, 5),
        min_examples: int = 2,
        cleaning: CleaningSettings | None = None,
    ) -> None:
        self.C = C
        self.class_weight = class_weight
        self.language = language
        self.pipeline = pipeline
        self.lemmas = lemmas
        self.word_ngrams = word_ngrams
        self.char_ngrams = char_ngrams
        self.min_examples = min_examples
        self.cleaning = cleaning

    def fit(self, X: Sequence[str], y: ArrayLike) -> Self:
        """Fit on texts and their labels.

        Parameters
        ----------
        X : sequence of str
            Texts.
        y : array-like, shape (n_texts,)
            Labels, at least two different ones.

        Raises
        ------
        ValueError
            If the lengths differ, a text is not a string, there is one class, or no term is frequent enough.
        """
        texts = _check_texts(X)
        labels = np.asarray(y)
        if labels.ndim != 1 or len(labels) != len(texts):
            raise ValueError(f"X has {len(texts)} texts, y has shape {labels.shape}; give one label for each text")
        check_classification_targets(labels)
        self.classes_, indices = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"y holds one class only, {self.classes_[0]!r}; give at least two classes")
        text = TextSettings(
            language=self.language,
            pipeline=self.pipeline,
            lemmas=self.lemmas,
            cleaning=self.cleaning or CleaningSettings(),
        )
        features = FeatureSettings(
            word_ngrams=self.word_ngrams, char_ngrams=self.char_ngrams, min_examples=self.min_examples
        )
        vocabulary, rows = fit_vocabulary(tokenize(texts, text), features)
        if not len(vocabulary):
            raise ValueError(f"no term occurs in {self.min_examples} texts; give more texts or lower min_examples")
        model = fit_linear(rows, indices.astype(np.int64), c=self.C, balanced=self.class_weight == "balanced")
        rule = DecisionRule(tuple(map(str, self.classes_)), (1.0,) * len(self.classes_))
        self.scorer_ = LinearScorer(text, features, vocabulary, model, rule)
        return self

    def predict_proba(self, X: Sequence[str]) -> NDArray[np.float64]:
        """Return the probability of each class, shape (n_texts, n_classes)."""
        scorer = self._fitted()
        return scorer.probabilities(_check_texts(X))

    def predict(self, X: Sequence[str]) -> NDArray[Any]:
        """Return the most probable class of each text, shape (n_texts,)."""
        probabilities = self.predict_proba(X)
        return np.asarray(self.classes_[probabilities.argmax(axis=1)])

    def explain(self, text: str) -> Explanation:
        """Return how one text comes by its score."""
        return self._fitted().explain(text)

    def _fitted(self) -> LinearScorer:
        if not hasattr(self, "scorer_"):
            raise NotFittedError(f"this {type(self).__name__} is not fitted yet; call fit(texts, y) first")
        return self.scorer_

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.one_d_array = True
        tags.input_tags.two_d_array = False
        return tags


def _check_texts(X: Sequence[str]) -> list[str]:
    if isinstance(X, str):
        raise ValueError("X is one string; give a list of texts")
    texts = list(np.ravel(np.asarray(X, dtype=object)))
    for index, text in enumerate(texts):
        if not isinstance(text, str):
            raise ValueError(f"text {index} is {type(text).__name__}, not a string: {text!r:.80}")
    if not texts:
        raise ValueError("X holds no texts (0 samples)")
    return texts
