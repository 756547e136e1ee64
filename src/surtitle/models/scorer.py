"""A fitted text model: from raw text to probabilities, a decision and its reasons."""

from collections.abc import Sequence
from functools import cached_property
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.models.decide import DecisionRule
from surtitle.models.linear import LinearModel
from surtitle.records import Reason, Scored
from surtitle.settings import FeatureSettings, TextSettings
from surtitle.text import Tokenizer, Tokens, Vectorizer, Vocabulary, trace_cleaning

__all__ = ["Explanation", "LinearScorer", "Scorer"]

_BATCH = 5000


class Explanation(msgspec.Struct, frozen=True):
    """How one text came by its score, step by step.

    Parameters
    ----------
    text, cleaned : str
        As it came, and as the tokenizer saw it.
    steps : tuple of (str, str)
        Each cleaning step that changed something, with the text after it.
    tokens : tuple of (str, str)
        Each token and its word form.
    terms : tuple of Reason
        Every known term, those that pushed most first; of two classes towards (above 0) or away from the positive
        one, of more towards or away from the class chosen.
    intercept : float
        The log-odds of a text without known terms. With the terms' contributions it adds up to `logit`.
    logit : float
        Of the class that `terms` speak of.
    scored : Scored
        Score, class, action.
    rule : DecisionRule
        The thresholds.
    """

    text: str
    cleaned: str
    steps: tuple[tuple[str, str], ...]
    tokens: tuple[tuple[str, str], ...]
    terms: tuple[Reason, ...]
    intercept: float
    logit: float
    scored: Scored
    rule: DecisionRule


class Scorer(Protocol):
    """Anything that scores texts: our linear model, or an estimator of the user's."""

    @property
    def rule(self) -> DecisionRule:
        """Classes and thresholds."""

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return calibrated probabilities, shape (n_texts, n_classes)."""

    def score(self, texts: Sequence[str]) -> list[Scored]:
        """Return what is said of each text, in order."""


class LinearScorer:
    """Text settings, vocabulary and weights together; the same code in training and in use.

    Parameters
    ----------
    text : TextSettings
        Cleaning and tokens.
    features : FeatureSettings
        Which n-grams.
    vocabulary : Vocabulary
        The terms.
    model : LinearModel
        The weights, calibrated.
    rule : DecisionRule
        Classes and thresholds.
    """

    def __init__(
        self,
        text: TextSettings,
        features: FeatureSettings,
        vocabulary: Vocabulary,
        model: LinearModel,
        rule: DecisionRule,
    ) -> None:
        self.text = text
        self.features = features
        self.vocabulary = vocabulary
        self.model = model
        self.rule = rule
        self._vectorizer = Vectorizer(vocabulary, features)

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        # Made when it is first needed: right after fitting, texts are tokens already.
        return Tokenizer(self.text)

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return calibrated probabilities, float64, shape (n_texts, n_classes)."""
        batches = (texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH))
        parts = [self.tokens_probabilities(self._tokenizer(batch)) for batch in batches]
        return np.concatenate([np.zeros((0, self.model.n_classes)), *parts])

    def tokens_probabilities(self, tokens: Tokens) -> NDArray[np.float64]:
        """Return the probabilities of texts that are tokens already, shape (n_texts, n_classes)."""
        return self.model.probabilities(self._vectorizer(tokens))

    def score(self, texts: Sequence[str]) -> list[Scored]:
        """Return what is said of each text, in order."""
        return self.rule.decide(self.probabilities(texts))

    def explain(self, text: str) -> Explanation:
        """Return how one text comes by its score."""
        tokens = self._tokenizer([text])
        row = self._vectorizer(tokens)
        logits = self.model.logits(row)
        scored = self.rule.decide(self.model.probabilities(row))[0]
        which = 0 if len(self.model.intercept) == 1 else self.rule.classes.index(scored.label)
        steps = tuple(trace_cleaning(text, self.text.cleaning))
        return Explanation(
            text=text,
            cleaned=steps[-1][1] if steps else text,
            steps=steps,
            tokens=tuple(tokens.text(0)),
            terms=self._reasons(np.asarray(row.indices, np.int64), row.data, which),
            intercept=float(self.model.intercept[which]),
            logit=float(logits[0, which]),
            scored=scored,
            rule=self.rule,
        )

    def _reasons(self, columns: NDArray[np.int64], values: NDArray[np.float64], which: int) -> tuple[Reason, ...]:
        pushes = values * self.model.coef[which, columns]
        order = np.argsort(-np.abs(pushes), kind="stable")
        return tuple(Reason(self.vocabulary.term(int(columns[i])), float(values[i]), float(pushes[i])) for i in order)
