"""Which events are most worth a human label, and what each label then stands for. Pure.

Three reasons to ask about an event:

- **uncertain**: its probabilities are close to where the action, or the class, would change (Settles 2009, "Active
  Learning Literature Survey", section 3.1, margin sampling; here the margin is taken at the thresholds in use). Events
  chosen must differ: each is the best by half its closeness and half its distance from those chosen before, the cosine
  of the model's own term rows (Brinker 2003, "Incorporating Diversity in Active Learning with Support Vector Machines",
  ICML, section 3; our margin is of a probability, and anything closer than a cosine of 0.8 is passed over).
- **new term**: it holds a word that training hardly knew and many of the events hold.
- **random**: drawn from all the others with equal chances.

What was chosen for a reason says nothing of the rest, so quality measured on it alone is wrong. The random ones stand
for all that were not chosen for a reason: with m drawn from R of them, each label stands for R/m events, and a chosen
one for itself alone. Weighting by these inverse inclusion probabilities gives totals without bias (Horvitz and Thompson
1952, "A Generalization of Sampling Without Replacement From a Finite Universe", section 3); the choice for a reason
looks at no label, so it is a stratum of which all is taken.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from surtitle.models import DecisionRule

__all__ = ["Asked", "Candidate", "Chosen", "Wanted", "choose", "closeness", "weigh"]

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

NEAR_COPY = 0.8
_TINY = 1e-12
_FEWEST_TEXTS = 3  # with a word, before it is more than a slip


class Candidate(msgspec.Struct, frozen=True):
    """An event that nobody has labelled, as the model sees it.

    Parameters
    ----------
    id, text
        Of the event.
    client : str or None
        Of the event.
    score : float
        Of the decision: the probability of the positive class, or of the class chosen.
    label : str
        The class that the model chooses.
    closeness : float
        To where its action would change; 1 is there, 0 is far.
    """

    id: str
    text: str
    client: str | None
    score: float
    label: str
    closeness: float


class Chosen(NamedTuple):
    """A candidate, and why."""

    candidate: Candidate
    why: str


class Wanted(msgspec.Struct, frozen=True):
    """How many labels to ask for, and why.

    Parameters
    ----------
    uncertain, new_terms, random : int
        Of each; places that new terms leave go to uncertain ones.

    Examples
    --------
    >>> Wanted.of(100, random=0.2)
    Wanted(uncertain=60, new_terms=20, random=20)
    """

    uncertain: int
    new_terms: int
    random: int

    @classmethod
    def of(cls, n: int, *, random: float) -> "Wanted":
        """Divide `n`: the random share, at least one; a fifth for new terms; the rest for uncertain ones."""
        drawn = min(n, max(1, round(random * n)))
        new_terms = min(n - drawn, n // 5)
        return cls(n - drawn - new_terms, new_terms, drawn)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A row for whoever labels.

    Parameters
    ----------
    id, text, client
        Of the event.
    label : str
        Empty: to be filled in.
    why : str
        `random`, `uncertain`, or `new term: ` and the word.
    weight : float
        How many of the events its label stands for.
    score : float
        Of the decision.
    """

    id: str
    text: str
    label: str = ""
    why: str
    weight: float
    client: str | None
    score: float


def closeness(probs: FloatArray, rule: DecisionRule) -> FloatArray:
    """Return how close each event is to another action, or class: 1 is on the border, 0 is far from it.

    It is ``exp(-d)``. With thresholds `d` is the distance to the nearest one in log-odds; otherwise it is the logarithm
    of the ratio of the two largest weighted probabilities.

    Parameters
    ----------
    probs : float64, shape (n, n_classes)
        Calibrated.
    rule : DecisionRule
        Of the model.

    Examples
    --------
    >>> from surtitle.records import Thresholds
    >>> rule = DecisionRule(("kept", "removed"), (1.0, 1.0), Thresholds(review=0.2, remove=0.8))
    >>> closeness(np.array([[0.8, 0.2], [0.5, 0.5], [0.98, 0.02]]), rule).round(2).tolist()
    [1.0, 0.25, 0.08]
    >>> closeness(np.array([[0.5, 0.25, 0.25]]), DecisionRule(("a", "b", "c"), (1.0, 1.0, 1.0))).tolist()
    [0.5]
    """
    probs = np.clip(probs, _TINY, 1.0 - _TINY)
    if rule.thresholds is None:
        weighted = np.sort(probs * np.array(rule.weights), axis=1)
        return np.asarray(weighted[:, -2] / weighted[:, -1])
    borders = np.clip([rule.thresholds.review, rule.thresholds.remove], _TINY, 1.0 - _TINY)
    distances = np.abs(_logit(probs[:, 1])[:, None] - _logit(borders))  # (n, 2)
    return np.asarray(np.exp(-distances.min(axis=1)))


def _logit(p: FloatArray) -> FloatArray:
    return np.log(p) - np.log1p(-p)


class _Choice:
    """What is chosen so far, and how like that each candidate is."""

    def __init__(self, rows: sparse.csr_array, nearness: FloatArray) -> None:
        self._rows = rows
        self._nearness = nearness
        self._likeness = np.zeros(len(nearness))  # the largest cosine with any that is chosen
        self.taken: dict[int, str] = {}

    def best(self, among: IntArray) -> int | None:
        """Return the best of some candidates that is no near copy of one chosen, if there is any."""
        free = among[self._likeness[among] < NEAR_COPY]
        return int(free[(self._nearness - self._likeness)[free].argmax()]) if len(free) else None

    def take(self, place: int, why: str) -> None:
        """Choose a candidate."""
        self.taken[place] = why
        likeness = (self._rows @ self._rows[[place]].T).toarray().ravel()
        np.maximum(self._likeness, likeness, out=self._likeness)
        self._likeness[place] = np.inf


def choose(
    pool: Sequence[Candidate],
    rows: sparse.csr_array,
    words: Sequence[frozenset[str]],
    new_words: Mapping[str, int],
    wanted: Wanted,
) -> list[Chosen]:
    """Choose events for a reason: those with new words first, then uncertain ones, none nearly a copy of another.

    Parameters
    ----------
    pool : sequence of Candidate
        To choose from.
    rows : csr_array, shape (n_pool, n_terms)
        Their weighted terms, each row of length 1, or 0 where there are none.
    words : sequence of frozenset of str
        The words of each.
    new_words : mapping of str to int
        How many of all the events hold each word that training hardly knew.
    wanted : Wanted
        How many. There may be fewer: when all that is left is like what was chosen.

    Examples
    --------
    >>> pool = [Candidate(str(n), "", None, 0.5, "1", near) for n, near in enumerate((0.9, 0.9, 0.5))]
    >>> rows = sparse.csr_array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    >>> chosen = choose(pool, rows, [frozenset({"muppet"})] * 3, {"muppet": 40}, Wanted(1, 1, 0))
    >>> [(each.candidate.id, each.why) for each in chosen]
    [('0', 'new term: muppet'), ('2', 'uncertain')]
    """
    choice = _Choice(rows, np.array([each.closeness for each in pool], np.float64))
    _take_new_terms(choice, words, new_words, wanted.new_terms)
    everywhere = np.arange(len(pool))
    while len(choice.taken) < wanted.new_terms + wanted.uncertain:
        place = choice.best(everywhere)
        if place is None:
            break
        choice.take(place, "uncertain")
    return [Chosen(pool[place], why) for place, why in choice.taken.items()]


def _take_new_terms(choice: _Choice, words: Sequence[frozenset[str]], new_words: Mapping[str, int], most: int) -> None:
    """Take an event for each new word, the most frequent word first; one event may do for several."""
    holding: dict[str, list[int]] = {word: [] for word, n in new_words.items() if n >= _FEWEST_TEXTS}
    for place, own in enumerate(words):
        for word in own & holding.keys():
            holding[word].append(place)
    covered: set[str] = set()
    for word in sorted(holding, key=lambda word: (-new_words[word], word)):
        if len(choice.taken) == most:
            return
        best = None if word in covered else choice.best(np.array(holding[word], np.int64))
        if best is not None:
            choice.take(best, f"new term: {word}")
            covered |= words[best]


def weigh(
    chosen: Sequence[Chosen], drawn: Sequence[Candidate], population: int, rng: np.random.Generator
) -> list[Asked]:
    """Return what to ask, each with its weight, in an order that tells nothing.

    Parameters
    ----------
    chosen : sequence of Chosen
        For a reason.
    drawn : sequence of Candidate
        At random from all the others.
    population : int
        How many events there were to choose from.
    rng : Generator
        Of the order.

    Examples
    --------
    >>> events = [Candidate(str(n), "", None, 0.5, "1", 0.5) for n in range(3)]
    >>> asked = weigh([Chosen(events[0], "uncertain")], events[1:], 101, np.random.default_rng(0))
    >>> sorted((each.id, each.weight) for each in asked)
    [('0', 1.0), ('1', 50.0), ('2', 50.0)]
    """
    rest = population - len(chosen)
    told = [*((each.candidate, each.why, 1.0) for each in chosen)]
    told += [(each, "random", rest / len(drawn)) for each in drawn]
    return [
        Asked(id=each.id, text=each.text, client=each.client, score=each.score, why=why, weight=weight)
        for each, why, weight in (told[place] for place in rng.permutation(len(told)).tolist())
    ]
