"""Several models over one vocabulary, such as one for each client, scored in one pass."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from surtitle.models.decide import DecisionRule
from surtitle.models.engines import make_engine
from surtitle.models.linear import LinearModel, softmax_each
from surtitle.records import Scored
from surtitle.settings import FeatureSettings, TextSettings
from surtitle.text import RememberedChunks, TokenizerRules, Vocabulary, read_rules
from surtitle.text.native import EngineName

__all__ = ["ManyScorer"]


class ManyScorer:
    """Scores texts with every model at once: they are tokenised and weighed a single time.

    Each model's answers are those of its own `LinearScorer`, to the last bit.

    Parameters
    ----------
    text, features, vocabulary
        That the models share.
    models : mapping of str to (LinearModel, DecisionRule)
        By name, at least one; each with its own classes and thresholds.
    rules, remembered, engine
        As of a `LinearScorer`.

    Raises
    ------
    ValueError
        If there is no model, or one does not fit the vocabulary or its classes.
    """

    def __init__(
        self,
        text: TextSettings,
        features: FeatureSettings,
        vocabulary: Vocabulary,
        models: Mapping[str, tuple[LinearModel, DecisionRule]],
        *,
        rules: TokenizerRules | None = None,
        remembered: RememberedChunks | None = None,
        engine: EngineName | None = None,
    ) -> None:
        _check(vocabulary, models)
        self._places: dict[str, slice] = {}
        self._rules = {name: rule for name, (_, rule) in models.items()}
        first = 0
        for name, (model, _) in models.items():
            self._places[name] = slice(first, first + model.n_rows)
            first += model.n_rows
        stacked = LinearModel(
            np.concatenate([model.coef for model, _ in models.values()]),
            np.concatenate([model.intercept for model, _ in models.values()]),
        )
        rules = rules or read_rules(text)
        self._engine = make_engine(text, features, vocabulary, stacked, rules, remembered or RememberedChunks(), engine)

    def probabilities(self, texts: Sequence[str]) -> dict[str, NDArray[np.float64]]:
        """Return for each model the calibrated probabilities, float64, shape (n_texts, n_classes)."""
        logits = self._engine.logits(texts)
        return {name: softmax_each(logits[:, place]) for name, place in self._places.items()}

    def score(self, texts: Sequence[str]) -> dict[str, list[Scored]]:
        """Return what each model says of each text, in order."""
        return {name: self._rules[name].decide(found) for name, found in self.probabilities(texts).items()}


def _check(vocabulary: Vocabulary, models: Mapping[str, tuple[LinearModel, DecisionRule]]) -> None:
    if not models:
        raise ValueError("no models are given; give at least one")
    for name, (model, rule) in models.items():
        if model.coef.shape != (model.n_rows, len(vocabulary)):
            raise ValueError(f"model {name!r} has weights of shape {model.coef.shape}, not for {len(vocabulary)} terms")
        if model.n_classes != len(rule.classes):
            raise ValueError(f"model {name!r} has {model.n_classes} classes, its rule {len(rule.classes)}")
