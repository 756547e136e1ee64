"""Frequent chunks: what a model remembers of its training texts, so that scoring starts without spaCy."""

from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain

from surtitle.settings import CleaningSettings
from surtitle.text.chunks import RememberedChunks
from surtitle.text.cleaning import CHUNK_LIMIT, clean_chunks
from surtitle.text.native import EngineName, NativeTokenizer, choose_engine
from surtitle.text.rules import TokenizerRules
from surtitle.text.splitter import Splitter

__all__ = ["MOST_CHUNKS", "ChunkFinder", "frequent_chunks"]

MOST_CHUNKS = 100_000
_Find = Callable[..., dict[str, Sequence[str]]]
_BLOCK = 5000
_MOST_COUNTED = 2_000_000  # of a longer corpus, chunks met once so far are forgotten from time to time


def frequent_chunks(
    texts: Sequence[str],
    rules: TokenizerRules,
    cleaning: CleaningSettings,
    *,
    min_examples: int,
    engine: EngineName | None = None,
) -> RememberedChunks:
    """Return the most frequent cleaned chunks of a corpus with their tokens, at most `MOST_CHUNKS`.

    Parameters
    ----------
    texts : sequence of str
        Raw training texts.
    rules : TokenizerRules
        Of the tokenizer.
    cleaning : CleaningSettings
        Addresses and names are masked by it, where it is set so.
    min_examples : int
        A chunk must occur in so many texts.
    engine : "native" or "python", optional
        Without it, the native one where it is there and takes the rules.

    Examples
    --------
    >>> from surtitle.settings import TextSettings
    >>> from surtitle.text.rules import read_rules
    >>> texts = ["A DUMMY, @tom", "a dummy, @bob", "my secret"]
    >>> frequent_chunks(texts, read_rules(TextSettings()), CleaningSettings(), min_examples=2).chunks
    {'a': (0,), 'dummy,': (1, 2), 'maskuser': (3,)}
    """
    return ChunkFinder(rules, cleaning, engine=engine).frequent(texts, min_examples=min_examples)


class ChunkFinder:
    """Finds the frequent chunks of one corpus after another, as `frequent_chunks` does of one.

    Parameters
    ----------
    rules, cleaning, engine
        As of `frequent_chunks`.
    """

    def __init__(self, rules: TokenizerRules, cleaning: CleaningSettings, *, engine: EngineName | None = None) -> None:
        def native(own: TokenizerRules) -> _Find:
            return partial(NativeTokenizer(own, cleaning).frequent_chunks, most=MOST_CHUNKS)

        def python(own: TokenizerRules) -> _Find:
            return partial(_frequent_in_python, rules=own, cleaning=cleaning)

        self._find = choose_engine(rules, engine, native=native, python=python)

    def frequent(self, texts: Sequence[str], *, min_examples: int) -> RememberedChunks:
        """Return the most frequent cleaned chunks of some raw texts, of those that so many of them hold."""
        return RememberedChunks.of(self._find(texts, min_examples=min_examples))


def _frequent_in_python(
    texts: Sequence[str], *, rules: TokenizerRules, cleaning: CleaningSettings, min_examples: int
) -> dict[str, Sequence[str]]:
    counts = _count(texts, cleaning)
    frequent = sorted(
        (chunk for chunk, count in counts.items() if count >= min_examples), key=lambda c: (-counts[c], c)
    )
    chunks = sorted(frequent[:MOST_CHUNKS])
    splitter = Splitter(rules)
    tokens = splitter.split(chunks)
    touchy = splitter.touchy(chunks, tokens)
    return {chunk: own for chunk, own, is_touchy in zip(chunks, tokens, touchy, strict=True) if not is_touchy}


def _count(texts: Sequence[str], cleaning: CleaningSettings) -> Counter[str]:
    """Count for each cleaned chunk in how many texts it occurs."""
    counts: Counter[str] = Counter()
    for start in range(0, len(texts), _BLOCK):
        block = [text.split() for text in texts[start : start + _BLOCK]]
        raw = list(dict.fromkeys(chain.from_iterable(block)))
        cleaned = dict(zip(raw, clean_chunks(raw, cleaning), strict=True))
        for chunks in block:
            counts.update({cleaned[chunk] for chunk in chunks})
        if len(counts) > _MOST_COUNTED:
            counts = Counter({chunk: count for chunk, count in counts.items() if count > 1})
    return Counter({chunk: count for chunk, count in counts.items() if 0 < len(chunk) <= CHUNK_LIMIT})
