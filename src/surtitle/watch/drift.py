"""How far texts and scores have moved from those that a model was trained on, by its sketch. Pure.

Drift alone says that something is different, not that decisions are worse; labels, or the estimate, say that.
"""

import math
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.errors import DataError
from surtitle.evaluate import measure
from surtitle.evaluate.sketch import SCORE_BINS, Sketch, WordCounter
from surtitle.models import fit_linear
from surtitle.records import Interval

__all__ = ["Drift", "MovedWord", "Shift", "compare_scores", "compare_texts"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DISTANCE = 0.1
UNSEEN = 0.02
DOMAIN = 0.65
_FEWEST_EXPECTED = 5.0
_FEWEST_SAMPLED = 100
_MOVED = 15


class Shift(msgspec.Struct, frozen=True):
    """How far one thing has moved.

    Parameters
    ----------
    value : float
        How it is now, or how far it is from how it was.
    usual : float
        What would be seen without any drift.
    drifted : bool
        Whether it has moved by more than chance can explain, and by enough to matter.
    """

    value: float
    usual: float
    drifted: bool


class MovedWord(msgspec.Struct, frozen=True):
    """A word that more, or fewer, texts hold than did: shares of the texts."""

    word: str
    was: float
    now: float


class Drift(msgspec.Struct, frozen=True):
    """What has moved since a model was trained.

    Parameters
    ----------
    n_texts : int
        Texts that were looked at.
    words : Shift
        Jensen-Shannon distance, 0 to 1, between how many texts hold each word then and now.
    unseen : Shift
        Share of the words that the training texts did not hold among their 20,000 most frequent.
    domain : Interval or None
        AUC of a classifier that tries to tell the texts of then and now apart, each judged by one that has not seen it:
        0.5 when it cannot. None with fewer than 100 texts.
    domain_drifted : bool
        Whether it clearly can: the lower end is above 0.65.
    moved : tuple of MovedWord
        The words that have moved most.
    """

    n_texts: int
    words: Shift
    unseen: Shift
    domain: Interval | None
    domain_drifted: bool
    moved: tuple[MovedWord, ...]

    @property
    def drifted(self) -> bool:
        """Whether anything has."""
        return self.words.drifted or self.unseen.drifted or self.domain_drifted


class _Distance(NamedTuple):
    value: float
    by_chance: float


def compare_scores(sketch: Sketch, counts: IntArray) -> Shift:
    """Return how far scores have moved: the Jensen-Shannon distance, 0 to 1, between their histograms.

    Parameters
    ----------
    sketch : Sketch
        Of the model.
    counts : int64, shape (20,)
        As of `score_counts`.

    Raises
    ------
    DataError
        If there is no score on either side.

    Examples
    --------
    >>> from surtitle.evaluate.sketch import make_sketch, score_counts
    >>> from surtitle.settings import CleaningSettings
    >>> was = np.linspace(0, 0.5, 1000)
    >>> sketch = make_sketch(["a"], ["a"] * 1000, was, CleaningSettings())
    >>> compare_scores(sketch, score_counts(was)).drifted, compare_scores(sketch, score_counts(was + 0.4)).drifted
    (False, True)
    """
    was = np.array(sketch.scores, np.int64)
    if len(was) != SCORE_BINS or not was.sum() or not counts.sum():
        raise DataError("there are no scores to compare; decide some texts first")
    return _shift(_distance(was.astype(np.float64), counts.astype(np.float64)))


def _shift(found: _Distance) -> Shift:
    return Shift(found.value, found.by_chance, found.value > max(DISTANCE, 2.0 * found.by_chance))


def _distance(was: FloatArray, now: FloatArray) -> _Distance:
    """Return the Jensen-Shannon distance of two tables of counts, and about what chance alone would give.

    Rare entries are put together: each would add its chance and nothing else. For small differences the divergence is
    an eighth of a chi-squared, so that k entries give about ``(k - 1) / 8 * (1 / n + 1 / m)`` nats by chance.

    References
    ----------
    Lin (1991), "Divergence Measures Based on the Shannon Entropy", IEEE Transactions on Information Theory 37(1).
    """
    n, m = float(was.sum()), float(now.sum())
    rare = (was + now) * min(n, m) / (n + m) < _FEWEST_EXPECTED
    p = np.append(was[~rare], was[rare].sum()) / n
    q = np.append(now[~rare], now[rare].sum()) / m
    middle = (p + q) / 2.0
    divergence = (_entropy_to(p, middle) + _entropy_to(q, middle)) / 2.0
    by_chance = (len(p) - 1) / 8.0 * (1.0 / n + 1.0 / m)
    return _Distance(*(math.sqrt(max(0.0, nats) / math.log(2.0)) for nats in (divergence, by_chance)))


def _entropy_to(p: FloatArray, middle: FloatArray) -> float:
    there = p > 0.0
    return float((p[there] * np.log(p[there] / middle[there])).sum())


def compare_texts(sketch: Sketch, recent: WordCounter, *, seed: int = 0) -> Drift:
    """Compare texts with those that a model was trained on.

    Parameters
    ----------
    sketch : Sketch
        Of the model.
    recent : WordCounter
        Has counted the texts; made with the sketch's words and cleaning.
    seed : int
        Of the halves for the classifier, and of its interval.

    Raises
    ------
    DataError
        If there are no texts, or no words in them.
    """
    if not recent.n_words:
        raise DataError("there are no words to compare; name a file with texts")
    known = len(sketch.words)
    was = np.array(sketch.counts, np.float64)
    unseen = float(recent.occurrences[known:].sum()) / recent.n_words
    domain = _domain_auc(sketch, recent, seed)
    return Drift(
        n_texts=recent.n_texts,
        words=_shift(_distance(was, recent.texts_with[:known].astype(np.float64))),
        unseen=_unseen(unseen, sketch, recent.n_words),
        domain=domain,
        domain_drifted=domain is not None and domain.low > DOMAIN,
        moved=_moved(sketch, recent),
    )


def _unseen(share: float, sketch: Sketch, n_words: int) -> Shift:
    # Words of one text depend on each other: three times the chance of single words.
    chance = 3.0 * math.sqrt(max(share * (1.0 - share), 1e-12) / n_words)
    return Shift(share, sketch.unseen, share > sketch.unseen + max(UNSEEN, chance))


def _moved(sketch: Sketch, recent: WordCounter) -> tuple[MovedWord, ...]:
    names = recent.words
    now = recent.texts_with[: len(names)] / recent.n_texts
    was = np.zeros(len(names))
    was[: len(sketch.words)] = np.array(sketch.counts) / sketch.n_texts
    # In units of the chance of the larger share: rare words move by much of themselves, and mean little.
    by = np.abs(now - was) / np.sqrt(np.maximum(now, was) + 1.0 / recent.n_texts)
    order = np.argsort(-by, kind="stable")[:_MOVED]
    return tuple(MovedWord(names[place], float(was[place]), float(now[place])) for place in order.tolist())


def _domain_auc(sketch: Sketch, recent: WordCounter, seed: int) -> Interval | None:
    width = len(sketch.words) + 1
    texts = [*sketch.sample, *(tuple({min(place, width - 1) for place in text}) for text in recent.sample)]
    y = (np.arange(len(texts)) >= len(sketch.sample)).astype(np.int64)
    if min(len(sketch.sample), len(recent.sample)) < _FEWEST_SAMPLED:
        return None
    rows = _rows(texts, width)
    half = np.random.default_rng(seed).permutation(len(texts)) % 2
    scores = np.zeros(len(texts))
    for fold in (0, 1):
        inside, outside = np.flatnonzero(half != fold), np.flatnonzero(half == fold)
        model = fit_linear(rows[inside], y[inside], c=1.0, balanced=True)
        scores[outside] = model.probabilities(rows[outside])[:, 1]
    probs = np.column_stack([1.0 - scores, scores])
    found = measure(y, probs, y, resamples=200, confidence=0.95, seed=seed, names=("auc",))
    return found["auc"]


def _rows(texts: list[tuple[int, ...]], width: int) -> sparse.csr_array:
    """Return a row of length 1 for each text, with the same weight for each of its words."""
    lengths = np.array([len(text) for text in texts])
    columns = np.fromiter((place for text in texts for place in text), np.int64, int(lengths.sum()))
    values = np.repeat(1.0 / np.sqrt(np.maximum(lengths, 1)), lengths)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    return sparse.csr_array((values, columns, starts), shape=(len(texts), width))
