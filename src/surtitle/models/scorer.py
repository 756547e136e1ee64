"""A fitted text model: from raw text to probabilities, a decision and its reasons."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any, Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.models.decide import DecisionRule
from surtitle.models.engines import MEMO_BYTES, Engine, make_engine
from surtitle.models.linear import LinearModel, softmax_each, softmax_one
from surtitle.records import Reason, Scored
from surtitle.settings import FeatureSettings, TextSettings
from surtitle.text import (
    RememberedChunks,
    Tokenizer,
    TokenizerRules,
    Tokens,
    Vectorizer,
    Vocabulary,
    read_rules,
    trace_cleaning,
)
from surtitle.text.batches import Texts
from surtitle.text.native import EngineName

__all__ = ["Explanation", "LinearScorer", "Scorer"]


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

    Safe to share between threads, unless the text path is a whole spaCy pipeline.

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
    rules : TokenizerRules, optional
        Of the artefact; without them, those of the installed spaCy.
    remembered : RememberedChunks, optional
        Chunks that the Python engine need not take to spaCy.
    engine : "native" or "python", optional
        Without it, the native one where it is there and takes the rules. All give the same answers.
    memo_bytes : int
        About how much to remember of the chunks met; the answers do not depend on it.
    """

    def __init__(
        self,
        text: TextSettings,
        features: FeatureSettings,
        vocabulary: Vocabulary,
        model: LinearModel,
        rule: DecisionRule,
        *,
        rules: TokenizerRules | None = None,
        remembered: RememberedChunks | None = None,
        engine: EngineName | None = None,
        memo_bytes: int = MEMO_BYTES,
    ) -> None:
        self.text = text
        self.features = features
        self.vocabulary = vocabulary
        self.model = model
        self.rule = rule
        self.remembered = remembered or RememberedChunks()
        self._rules = rules
        self._wanted = engine
        self._memo_bytes = memo_bytes

    def __getstate__(self) -> dict[str, Any]:
        # What is made when it is first needed is made again by a copy.
        made = ("rules", "_engine", "_tokenizer", "_vectorizer")
        return {name: value for name, value in self.__dict__.items() if name not in made}

    @cached_property
    def rules(self) -> TokenizerRules | None:
        """The tokenizer's rules; None where a whole spaCy pipeline takes their place."""
        return self._rules or read_rules(self.text)

    @property
    def engine(self) -> EngineName:
        """Which engine scores: `native`, `python`, or `pipeline` for tokens in context."""
        return self._engine.name

    @cached_property
    def _engine(self) -> Engine:
        # Made when it is first needed: right after fitting, texts are tokens already.
        return make_engine(
            self.text,
            self.features,
            self.vocabulary,
            self.model,
            self.rules,
            self.remembered,
            self._wanted,
            self._memo_bytes,
        )

    @cached_property
    def _tokenizer(self) -> Tokenizer:
        return Tokenizer(self.text, self.rules)

    @cached_property
    def _vectorizer(self) -> Vectorizer:
        return Vectorizer(self.vocabulary, self.features)

    def probabilities(self, texts: Texts) -> NDArray[np.float64]:
        """Return calibrated probabilities, float64, shape (n_texts, n_classes).

        Parameters
        ----------
        texts : sequence of str, or Arrow column of strings
            Raw texts. The native engine reads a column where it lies, several times faster than making strings of it.

        Raises
        ------
        TypeError, ValueError
            If an item is no string, or missing.
        """
        if len(texts) == 1 and isinstance(texts, Sequence):
            return np.array([softmax_one(self._engine.logits_one(texts[0]))])
        return softmax_each(self._engine.logits(texts))

    def tokens_probabilities(self, tokens: Tokens) -> NDArray[np.float64]:
        """Return the probabilities of texts that are tokens already, shape (n_texts, n_classes)."""
        return self.model.probabilities(self._vectorizer(tokens))

    def score(self, texts: Texts) -> list[Scored]:
        """Return what is said of each text, in order."""
        if len(texts) == 1 and isinstance(texts, Sequence):
            return [self.rule.decide_one(softmax_one(self._engine.logits_one(texts[0])))]
        return self.rule.decide(self.probabilities(texts))

    def stats(self) -> Mapping[str, int]:
        """Return what is known of the memory of chunks of text.

        The `bytes` that it takes now, and how many chunks were known (`hits`) and new (`misses`) so far; what is not
        counted is left out.
        """
        return self._engine.stats()

    def rows(self, texts: Texts) -> sparse.csr_array:
        """Return the weighted terms of each text, float64, shape (n_texts, n_terms)."""
        return self._engine.rows(texts)

    def reasons(self, texts: Texts, limit: int) -> list[tuple[Reason, ...]]:
        """Return the terms of each text that pushed most, at most `limit`, the strongest first.

        Of two classes towards (above 0) or away from the positive one, of more towards or away from the class chosen.
        """
        rows = self.rows(texts)
        chosen = self.rule.chosen(self.model.probabilities(rows))
        return [
            self._pushes(rows.indices[start:end], rows.data[start:end], which, limit)
            for (start, end), which in zip(pairwise(rows.indptr), self._towards(chosen), strict=True)
        ]

    def explain(self, text: str) -> Explanation:
        """Return how one text comes by its score."""
        logits = self._engine.logits_one(text)
        scored = self.rule.decide_one(softmax_one(logits))
        (which,) = self._towards([self.rule.classes.index(scored.label)])
        row = self.rows([text])
        steps = tuple(trace_cleaning(text, self.text.cleaning))
        return Explanation(
            text=text,
            cleaned=steps[-1][1] if steps else text,
            steps=steps,
            tokens=tuple(self._tokenizer([text]).text(0)),
            terms=self._pushes(row.indices, row.data, which),
            intercept=float(self.model.intercept[which]),
            logit=logits[which],
            scored=scored,
            rule=self.rule,
        )

    def _towards(self, chosen: Iterable[int]) -> list[int]:
        """Return for each class chosen the row of the weights that reasons are told by."""
        return [0 if self.model.n_rows == 1 else int(which) for which in chosen]

    def _pushes(
        self, columns: NDArray[Any], values: NDArray[np.float64], which: int, limit: int | None = None
    ) -> tuple[Reason, ...]:
        pushes = values * self.model.coef[which, columns]
        order = np.argsort(-np.abs(pushes), kind="stable")[:limit]
        return tuple(Reason(self.vocabulary.term(int(columns[i])), float(values[i]), float(pushes[i])) for i in order)
