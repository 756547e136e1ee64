"""The engine for tokens in context: a whole spaCy pipeline, then the plain vectorizer and model."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.models.linear import LinearModel
from surtitle.settings import FeatureSettings, TextSettings
from surtitle.text import Tokenizer, Vectorizer, Vocabulary
from surtitle.text.batches import Texts, strings_of
from surtitle.text.native import EngineName

__all__ = ["PipelineEngine"]

_BATCH = 5000


class PipelineEngine:
    """Takes each text through the pipeline; not safe to share between threads while in use.

    Parameters
    ----------
    text, features, vocabulary, model
        Of the model.
    """

    name: EngineName = "pipeline"

    def __init__(
        self, text: TextSettings, features: FeatureSettings, vocabulary: Vocabulary, model: LinearModel
    ) -> None:
        self._tokenizer = Tokenizer(text)
        self._vectorizer = Vectorizer(vocabulary, features)
        self._model = model

    def logits(self, texts: Texts) -> NDArray[np.float64]:
        """Return the weighted sums."""
        texts = strings_of(texts)
        batches = (texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH))
        parts = [self._model.logits(self.rows(batch)) for batch in batches]
        return np.concatenate([np.zeros((0, len(self._model.intercept))), *parts])

    def logits_one(self, text: str) -> list[float]:
        """Return the weighted sums of one text."""
        sums: list[float] = self.logits([text])[0].tolist()
        return sums

    def rows(self, texts: Texts) -> sparse.csr_array:
        """Return the weighted terms."""
        texts = strings_of(texts)
        return self._vectorizer(self._tokenizer(texts))
