"""The Python engine: always there, and without numpy where each text is scored.

A remembered chunk is a run of word numbers. From those of a text follow its terms: a look-up each for single words and
for longer n-grams. Weighing is two sums over the terms, corrected for those that occur more than once.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.models.engines.engine import MEMO_BYTES
from surtitle.models.engines.weighing import Columns, Weights, WordTerms
from surtitle.models.linear import LinearModel
from surtitle.settings import CleaningSettings, FeatureSettings
from surtitle.text import RememberedChunks, TokenizerRules, Vocabulary
from surtitle.text.batches import Texts, strings_of
from surtitle.text.chunks import ChunkReader
from surtitle.text.native import EngineName
from surtitle.text.recall import Recall, code_bytes
from surtitle.text.rules import word_forms
from surtitle.text.terms import char_ngrams
from surtitle.text.vocabulary import span

__all__ = ["PythonEngine"]

_BLOCK = 5000

_flat = chain.from_iterable


class PythonEngine:
    """Scores in plain Python. Safe to share between threads.

    Parameters
    ----------
    rules : TokenizerRules
        Of the tokenizer.
    cleaning, features, vocabulary, model
        Of the model.
    remembered : RememberedChunks
        Chunks that need not go to spaCy.
    memo_bytes : int
        About how much to remember of the chunks met.
    """

    name: EngineName = "python"

    def __init__(
        self,
        rules: TokenizerRules,
        cleaning: CleaningSettings,
        features: FeatureSettings,
        vocabulary: Vocabulary,
        model: LinearModel,
        remembered: RememberedChunks,
        memo_bytes: int = MEMO_BYTES,
    ) -> None:
        words = WordTerms(vocabulary.words, span(features.word_ngrams))
        first = len(vocabulary.words) + 1  # see `Columns`
        chars = {term: first + place for place, term in enumerate(vocabulary.chars)}
        codes = _Codes(word_forms(rules), words, chars, span(features.char_ngrams))
        self._weights = Weights([*vocabulary.word_idf.tolist(), *vocabulary.char_idf.tolist()], model)
        reader = ChunkReader(rules, cleaning, remembered)
        self._blocks: Callable[[Iterable[Any]], tuple[Columns, ...]]
        if vocabulary.chars:
            self.recall: Recall[Any] = Recall(reader, codes.both, memo_bytes, _bytes_of_both)
            self._blocks = codes.columns_of_both
        else:
            self.recall = Recall(reader, codes.words, memo_bytes)
            self._blocks = codes.columns_of_words

    def logits(self, texts: Texts) -> NDArray[np.float64]:
        """Return the weighted sums."""
        texts = strings_of(texts)
        sums: list[list[float]] = []
        for start in range(0, len(texts), _BLOCK):
            sums += self.recall.each(texts[start : start + _BLOCK], self._sums)
        return np.array(sums, np.float64).reshape(len(texts), self._weights.n_rows)

    def stats(self) -> Mapping[str, int]:
        """Return what the memory of chunks takes; counting what is known would cost more than looking it up."""
        return {"bytes": self.recall.n_bytes}

    def logits_one(self, text: str) -> list[float]:
        """Return the weighted sums of one text."""
        return self.recall.one(text, self._sums)

    def rows(self, texts: Texts) -> sparse.csr_array:
        """Return the weighted terms."""
        texts = strings_of(texts)
        starts, columns, values = [0], list[int](), list[float]()
        for start in range(0, len(texts), _BLOCK):
            for row in self.recall.each(texts[start : start + _BLOCK], self._row):
                columns += row
                values += row.values()
                starts.append(len(columns))
        parts = np.array(values), np.array(columns, np.int64), np.array(starts, np.int64)
        return sparse.csr_array(parts, shape=(len(texts), self._weights.n_terms))

    def _sums(self, codes: Iterable[Any]) -> list[float]:
        return self._weights.sums(self._blocks(codes))

    def _row(self, codes: Iterable[Any]) -> dict[int, float]:
        return self._weights.row(self._blocks(codes))


class _Codes:
    """From tokens to codes and on to columns; apart from the engine, which else held itself in a circle."""

    def __init__(
        self,
        forms: Callable[[Sequence[str]], list[str]],
        terms: WordTerms,
        chars: Mapping[str, int],
        char_sizes: tuple[int, int],
    ) -> None:
        self._forms = forms
        self._terms = terms
        self._chars = chars
        self._char_sizes = char_sizes

    def words(self, tokens: Sequence[str]) -> tuple[int, ...]:
        return self._terms.numbers(self._forms(tokens))

    def both(self, tokens: Sequence[str]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        known = self._chars.get
        found = (known(ngram) for token in tokens for ngram in char_ngrams(token, *self._char_sizes))
        return self.words(tokens), tuple(filter(None, found))

    def columns_of_words(self, codes: Iterable[tuple[int, ...]]) -> tuple[Columns]:
        return (self._terms.columns([*_flat(codes)]),)

    def columns_of_both(self, codes: Iterable[tuple[tuple[int, ...], tuple[int, ...]]]) -> tuple[Columns, Columns]:
        pairs = [*codes]
        words = [*_flat(map(_first, pairs))]
        return self._terms.columns(words), [*_flat(map(_second, pairs))]


_first, _second = itemgetter(0), itemgetter(1)


def _bytes_of_both(code: tuple[tuple[int, ...], tuple[int, ...]]) -> int:
    return 100 + sum(map(code_bytes, code))
