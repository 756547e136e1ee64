"""Tokens by chunk: spaCy's tokens from a memory of chunks, in Python."""

from collections.abc import Iterable, Sequence
from itertools import chain

import numpy as np

from surtitle.settings import CleaningSettings
from surtitle.text.batches import Texts, strings_of
from surtitle.text.chunks import ChunkReader
from surtitle.text.recall import Recall
from surtitle.text.rules import TokenizerRules, word_forms
from surtitle.text.tokens import Tokens

__all__ = ["ByChunk"]

_MEMO_BYTES = 100_000_000
_MOST_TYPES = 1_000_000  # enough for any training corpus, and a bound on what hostile texts can fill
_BLOCK = 5000


class ByChunk:
    """Tokenises each distinct chunk once. Not safe to share between threads while in use.

    Parameters
    ----------
    rules : TokenizerRules
        Of the language.
    cleaning : CleaningSettings
        What comes before.
    memo_bytes : int
        About how much to remember.
    """

    def __init__(self, rules: TokenizerRules, cleaning: CleaningSettings, memo_bytes: int = _MEMO_BYTES) -> None:
        self.reader = ChunkReader(rules, cleaning)
        self._forms = word_forms(rules)
        self._memo_bytes = memo_bytes
        self._forget()

    def _forget(self) -> None:
        self._numbers: dict[str, int] = {}
        self._types: list[tuple[str, str]] = []
        self._recall = Recall(self.reader, self._encode, self._memo_bytes)

    def __call__(self, texts: Texts) -> Tokens:
        """Clean and tokenise texts."""
        texts = strings_of(texts)
        if len(self._types) > _MOST_TYPES:
            self._forget()
        starts = [0]
        ids: list[int] = []
        for start in range(0, len(texts), _BLOCK):
            for own in self._recall.each(texts[start : start + _BLOCK], _joined):
                ids += own
                starts.append(len(ids))
        # Types are numbered in order of appearance in these texts, whatever was seen before.
        order = list(dict.fromkeys(ids))
        places = np.zeros(len(self._types), np.int32)
        places[order] = np.arange(len(order), dtype=np.int32)
        return Tokens([self._types[number] for number in order], places[ids], np.array(starts, np.int64))

    def _encode(self, tokens: Sequence[str]) -> tuple[int, ...]:
        fresh = [token for token in dict.fromkeys(tokens) if token not in self._numbers]
        for token, form in zip(fresh, self._forms(fresh), strict=True):
            self._numbers[token] = len(self._types)
            self._types.append((token, form))
        return tuple(self._numbers[token] for token in tokens)


def _joined(codes: Iterable[tuple[int, ...]]) -> list[int]:
    return [*chain.from_iterable(codes)]
