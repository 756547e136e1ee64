"""The native engine: an adapter to `surtitle_native.Scorer`."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.models.linear import LinearModel
from surtitle.settings import CleaningSettings
from surtitle.text import TokenizerRules, Vocabulary
from surtitle.text.native import EngineName, NativeHelpers, native_module, native_threads

__all__ = ["NativeEngine"]

_MEMO_BYTES = 64_000_000


class NativeEngine:
    """Scores in threads, in Rust. Safe to share between threads.

    Parameters
    ----------
    rules : TokenizerRules
        With programs.
    cleaning, vocabulary, model
        Of the model.
    """

    name: EngineName = "native"

    def __init__(
        self,
        rules: TokenizerRules,
        cleaning: CleaningSettings,
        vocabulary: Vocabulary,
        model: LinearModel,
    ) -> None:
        helpers = NativeHelpers(rules, cleaning)
        self._shape = (len(model.intercept), len(vocabulary))
        self._native = native_module().Scorer(
            spec=helpers.spec,
            clean=helpers.clean,
            split=helpers.split,
            words=list(vocabulary.words),
            chars=list(vocabulary.chars),
            word_idf=vocabulary.word_idf.tobytes(),
            char_idf=vocabulary.char_idf.tobytes(),
            coef=model.coef.tobytes(),
            intercept=model.intercept.tobytes(),
            memo_bytes=_MEMO_BYTES,
        )

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the weighted sums."""
        sums = self._native.logits(list(texts), native_threads())
        return np.frombuffer(sums, np.float64).reshape(len(texts), self._shape[0])

    def rows(self, texts: Sequence[str]) -> sparse.csr_array:
        """Return the weighted terms."""
        starts, columns, values = self._native.rows(list(texts), native_threads())
        parts = np.frombuffer(values), np.frombuffer(columns, np.int32), np.frombuffer(starts, np.int64)
        return sparse.csr_array(parts, shape=(len(texts), self._shape[1]))

    def stats(self) -> Mapping[str, int]:
        """Return the counts of the memory of chunks."""
        found: dict[str, int] = self._native.stats()
        return found

    def logits_one(self, text: str) -> list[float]:
        """Return the weighted sums of one text."""
        sums: list[float] = self._native.logits_one(text)
        return sums
