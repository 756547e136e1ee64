"""What texts and scores looked like, in little space, so that drift is seen without a model's training data. Pure.

Words are what is left of a text's chunks after cleaning, between characters that are no letter and no digit: not the
model's terms, so that models of any kind can be watched.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import chain
from random import Random

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.settings import CleaningSettings
from surtitle.text.cleaning import clean_chunks

__all__ = ["SCORE_BINS", "Sketch", "WordCounter", "make_sketch", "score_counts", "words_in"]

IntArray = NDArray[np.int64]

SCORE_BINS = 20
_MOST_WORDS = 20_000
_MOST_NEW_WORDS = 50_000
_MOST_CHUNKS = 300_000
_SAMPLE = 2000
_MOST_TEXTS = 20_000
_BATCH = 8192
_WORD = re.compile(r"\w+")


class Sketch(msgspec.Struct, frozen=True):
    """What a model's texts looked like when it was trained.

    Parameters
    ----------
    n_texts : int
        Training texts that were looked at.
    words : tuple of str
        The 20,000 words that most of them hold, the most frequent first.
    counts : tuple of int
        How many of the training texts hold each.
    unseen : float
        Share of the words of held-out texts that are none of these.
    n_held_out : int
        Held-out texts that were looked at.
    scores : tuple of int
        All held-out texts by their scores: 20 bins of equal width.
    sample : tuple of tuple of int
        Up to 2,000 held-out texts, each as the places of its words; the number of words stands for all unseen ones.
    cleaning : CleaningSettings
        How texts were cleaned.
    """

    n_texts: int
    words: tuple[str, ...]
    counts: tuple[int, ...]
    unseen: float
    n_held_out: int
    scores: tuple[int, ...]
    sample: tuple[tuple[int, ...], ...]
    cleaning: CleaningSettings


class _Memory(dict[str, tuple[int, ...]]):
    """Chunk -> the places of its words."""

    def __init__(self, places: dict[str, int], most_words: int, cleaning: CleaningSettings) -> None:
        self.places = places
        self._most_words = most_words
        self._cleaning = cleaning

    def learn(self, chunks: Iterable[str]) -> None:
        """Look at distinct chunks, all that are new at once, which is several times as fast as one by one."""
        fresh = [chunk for chunk in chunks if chunk not in self]
        for chunk, cleaned in zip(fresh, clean_chunks(fresh, self._cleaning), strict=True):
            self[chunk] = tuple(map(self._place, _WORD.findall(cleaned)))

    def trim(self) -> None:
        """Forget all if that is too much; the words keep their places."""
        if len(self) > _MOST_CHUNKS:
            self.clear()

    def _place(self, word: str) -> int:
        place = self.places.get(word)
        if place is None:
            if len(self.places) >= self._most_words:
                return self._most_words  # one place for all words that there is no room for
            place = self.places[word] = len(self.places)
        return place


class WordCounter:
    """Counts words of texts that come in any number of batches, in bounded memory.

    Parameters
    ----------
    cleaning : CleaningSettings
        As the model's.
    known : sequence of str
        Words that have a place already: those of a sketch.
    most_words : int
        How many words beyond those get a place of their own; the first to come.
    seed : int
        Of the sample.

    Attributes
    ----------
    n_texts, n_words : int
        Texts, and words in them.
    texts_with : int64, shape (n_places,)
        How many texts hold the word at each place; the last place is of all words without one.
    occurrences : int64, shape (n_places,)
        How often each occurs.
    sample : list of tuple of int
        Up to 2,000 texts, drawn with equal chances, each as the places of its words.
    """

    def __init__(
        self,
        cleaning: CleaningSettings,
        known: Sequence[str] = (),
        *,
        most_words: int = _MOST_NEW_WORDS,
        seed: int = 0,
    ) -> None:
        places = {word: place for place, word in enumerate(known)}
        self._memory = _Memory(places, len(known) + most_words, cleaning)
        self._rng = Random(seed)  # noqa: S311 (not for secrets)
        self.n_texts = self.n_words = 0
        self.texts_with: IntArray = np.zeros(len(known) + most_words + 1, np.int64)
        self.occurrences: IntArray = np.zeros_like(self.texts_with)
        self.sample: list[tuple[int, ...]] = []

    @property
    def words(self) -> list[str]:
        """The words that have a place, in the order of their places."""
        return list(self._memory.places)

    def add(self, texts: Sequence[str]) -> None:
        """Count the words of some texts."""
        for start in range(0, len(texts), _BATCH):
            chunks = [text.split() for text in texts[start : start + _BATCH]]
            self._memory.learn(dict.fromkeys(chain.from_iterable(chunks)))
            find = self._memory.__getitem__
            self._add([list(chain.from_iterable(map(find, own))) for own in chunks])
            self._memory.trim()

    def _add(self, texts: list[list[int]]) -> None:
        for text in texts:
            self._draw(text)
        lengths = np.array([len(text) for text in texts])
        flat = np.fromiter(chain.from_iterable(texts), np.int64, int(lengths.sum()))
        width = len(self.texts_with)
        pairs = np.unique(np.repeat(np.arange(len(texts)), lengths) * width + flat)
        self.texts_with += np.bincount(pairs % width, minlength=width)
        self.occurrences += np.bincount(flat, minlength=width)
        self.n_words += len(flat)

    def _draw(self, text: list[int]) -> None:
        """Keep a text with the chance that all texts have (Vitter 1985, algorithm R)."""
        place = self.n_texts if self.n_texts < _SAMPLE else int(self._rng.random() * (self.n_texts + 1))
        self.n_texts += 1
        if place < _SAMPLE:
            self.sample[place : place + 1] = [tuple(sorted(set(text)))]


def words_in(text: str, cleaning: CleaningSettings) -> frozenset[str]:
    """Return the words of a text, as they are counted.

    Examples
    --------
    >>> sorted(words_in("You are a DUMMY!!!! dummy", CleaningSettings()))
    ['a', 'are', 'dummy', 'you']
    """
    return frozenset(chain.from_iterable(map(_WORD.findall, clean_chunks(text.split(), cleaning))))


def score_counts(scores: Iterable[float] | NDArray[np.float64]) -> IntArray:
    """Return how many scores fall into each of 20 bins of equal width, shape (20,).

    Examples
    --------
    >>> score_counts([0.0, 0.04, 0.05, 1.0])[[0, 1, -1]].tolist()
    [2, 1, 1]
    """
    values = np.asarray(scores, np.float64)
    return np.bincount(np.minimum((values * SCORE_BINS).astype(np.int64), SCORE_BINS - 1), minlength=SCORE_BINS)


def make_sketch(
    train: Sequence[str], held_out: Sequence[str], scores: NDArray[np.float64], cleaning: CleaningSettings
) -> Sketch:
    """Return the sketch of a model's texts; of very many texts, 20,000 at most, at even distances, are enough.

    Parameters
    ----------
    train : sequence of str
        What it was fitted on: which words are known, and how frequent they are.
    held_out : sequence of str
        Texts that it was not fitted on: what is new in texts of the same kind.
    scores : float64, shape (n_held_out,)
        Of the held-out texts.
    cleaning : CleaningSettings
        As the model's.

    Examples
    --------
    >>> sketch = make_sketch(["you dummy", "you fool"], ["you clown"], np.array([0.9]), CleaningSettings())
    >>> sketch.words, sketch.counts, sketch.unseen
    (('you', 'dummy', 'fool'), (2, 1, 1), 0.5)
    """
    train, held_out = train[:: _step(train)], held_out[:: _step(held_out)]
    counter = WordCounter(cleaning, most_words=50 * _MOST_WORDS)
    counter.add(train)
    words, counts = counter.words, counter.texts_with
    order = np.argsort(-counts[: len(words)], kind="stable")[:_MOST_WORDS].tolist()
    kept = tuple(words[place] for place in order)
    others = WordCounter(cleaning, kept, most_words=0)
    others.add(held_out)
    return Sketch(
        n_texts=len(train),
        words=kept,
        counts=tuple(int(counts[place]) for place in order),
        unseen=float(others.occurrences[-1]) / max(others.n_words, 1),
        n_held_out=len(held_out),
        scores=tuple(score_counts(scores).tolist()),
        sample=tuple(others.sample),
        cleaning=cleaning,
    )


def _step(texts: Sequence[str]) -> int:
    return max(1, -(-len(texts) // _MOST_TEXTS))
