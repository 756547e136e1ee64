"""The native engine: an adapter to `surtitle_native.Scorer`."""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.models.engines.engine import MEMO_BYTES
from surtitle.models.linear import LinearModel
from surtitle.settings import CleaningSettings
from surtitle.text import TokenizerRules, Vocabulary
from surtitle.text.batches import Texts
from surtitle.text.native import EngineName, NativeHelpers, csr_from_bytes, in_parts, native_module, native_threads

__all__ = ["NativeEngine"]


class NativeEngine:
    """Scores in threads, in Rust. Safe to share between threads.

    Parameters
    ----------
    rules : TokenizerRules
        With programs.
    cleaning, vocabulary, model
        Of the model.
    memo_bytes : int
        About how much to remember of the chunks met.
    """

    name: EngineName = "native"

    def __init__(
        self,
        rules: TokenizerRules,
        cleaning: CleaningSettings,
        vocabulary: Vocabulary,
        model: LinearModel,
        memo_bytes: int = MEMO_BYTES,
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
            memo_bytes=memo_bytes,
        )

    def logits(self, texts: Texts) -> NDArray[np.float64]:
        """Return the weighted sums."""
        sums = b"".join(in_parts(texts, lambda part: self._native.logits(part, native_threads())))
        return np.frombuffer(sums, np.float64).reshape(len(texts), self._shape[0])

    def rows(self, texts: Texts) -> sparse.csr_array:
        """Return the weighted terms."""
        found = in_parts(texts, lambda part: self._native.rows(part, native_threads()))
        parts = [csr_from_bytes(*part, n_terms=self._shape[1]) for part in found]
        return parts[0] if len(parts) == 1 else sparse.csr_array(sparse.vstack(parts, format="csr"))

    def stats(self) -> Mapping[str, int]:
        """Return what the memory of chunks takes, and its counts."""
        found: dict[str, int] = self._native.stats()
        return found

    def logits_one(self, text: str) -> list[float]:
        """Return the weighted sums of one text."""
        sums: list[float] = self._native.logits_one(text)
        return sums
