"""The sample community: made-up comments whose best possible AUC is known. Pure.

How a comment comes about
    Its time, then its community, then the **kind** of comment that its author is up to (friendly talk, friendly talk
    with rude-looking words, blunt criticism, hostility without rude words, insults, spam, ...), then the **tone**
    (calm, loud, shouting). Kind, tone, community and day say from which phrases and words the text is put together.
    The moderator's verdict is a coin whose bias, `Comment.probability`, depends on kind, tone and community alone::

        probability = noise + (1 - 2 noise) * sigmoid(logit of the kind + strictness of the community
                                                      + 0.6 * tone, for a rough kind)

    `noise` is the share of verdicts that fall the wrong way for no reason. The label's coin is thrown independently of
    everything else, and nothing that is shown depends on it: not the delay of the label, not the id.

What is known
    Given text, community, author and time, the label depends on nothing but `probability`. So
    ``P(label | all that a model may see)`` is the mean of `probability` over the causes that are consistent with it,
    and ranking by `probability` itself, which knows the causes, is at least as good in expectation as any score: the
    area under the ROC curve is greatest for a score that rises with the conditional probability (Clémençon, Lugosi and
    Vayatis 2008, "Ranking and Empirical Minimization of U-statistics", Annals of Statistics 36(2), section 2), and
    knowing more cannot lower that maximum. The kinds share no phrase and a tone is seen from capitals and exclamation
    marks, so the causes can nearly always be read off the text: `best_auc` is an upper bound that is all but reached by
    one who knows how the comments are made. One who has to learn it from examples stays below, for want of examples, by
    words that were not there in training, and since what counts is the combination of words, tone and community.

What changes with time
    Topics move with the seasons, insults come into fashion and go, and are disguised more and more (`slang`). On top of
    that the moderators' rules can be made to change on a day (`Change`): the same comments, judged otherwise.
"""

import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from surtitle.errors import UsageError
from surtitle.simulate.phrases import KINDS
from surtitle.simulate.slang import insults_of_day
from surtitle.simulate.writing import TONES, Writer

__all__ = ["COMMUNITIES", "Change", "Comment", "Community", "best_auc", "generate"]

_DAY_S = 86_400
_LOUDER = 0.6
_DAILY_SWING = 0.7


class Comment(msgspec.Struct, frozen=True):
    """One made-up comment.

    Parameters
    ----------
    id : str
        In order of time.
    text : str
        As written.
    label : int
        1: removed by a moderator, 0: not.
    created_utc : datetime
        Whole seconds, UTC.
    community, author : str
        Who wrote it, and where.
    labelled_at : datetime
        When the label became known: minutes to weeks later.
    probability : float
        The true probability that `label` is 1. It would give the label away: never part of a file.
    """

    id: str
    text: str
    label: int
    created_utc: datetime
    community: str
    author: str
    labelled_at: datetime
    probability: float


class Community(msgspec.Struct, frozen=True):
    """How one community differs from the others.

    Parameters
    ----------
    name : str
        One of `topics.TOPICS`.
    weight : float
        Its share of the comments, relative to the others.
    strictness : float
        Added to the log-odds of a removal.
    roughness : float
        How many more of the rough kinds of comment are written here than on average.
    noise : float
        Share of verdicts that fall the wrong way.
    """

    name: str
    weight: float
    strictness: float
    roughness: float
    noise: float


class Change(msgspec.Struct, frozen=True):
    """From a day on, moderators judge some kinds of comment otherwise.

    Parameters
    ----------
    day : int
        The first day of the new rules, counted from `start`.
    logits : mapping of str to float
        The new log-odds of a removal, by the name of the kind; other kinds are judged as before.
    """

    day: int
    logits: Mapping[str, float]


COMMUNITIES = (
    Community("gardening", weight=1.0, strictness=0.3, roughness=0.35, noise=0.004),
    Community("chess", weight=1.5, strictness=-0.1, roughness=1.6, noise=0.008),
    Community("cycling", weight=1.2, strictness=-0.5, roughness=1.5, noise=0.012),
    Community("cooking", weight=1.6, strictness=0.0, roughness=0.9, noise=0.006),
    Community("astronomy", weight=0.7, strictness=0.5, roughness=0.3, noise=0.004),
)


def generate(
    n: int,
    *,
    seed: int,
    start: datetime,
    days: int,
    communities: Sequence[Community] = COMMUNITIES,
    change: Change | None = None,
) -> Iterator[Comment]:
    """Yield `n` comments in order of time, in constant memory; the same arguments give the same comments.

    Parameters
    ----------
    n : int
        How many.
    seed : int
        Of everything that is drawn.
    start : datetime
        Aware; also the day from which fashions in slang are counted.
    days : int
        Over how many days they are spread, more by day than by night.
    communities : sequence of Community
        Who takes part.
    change : Change, optional
        Of the rules. Texts, times and all labels of before it are the same with it as without.

    Raises
    ------
    UsageError
        If an argument makes no sense.

    Examples
    --------
    >>> comments = list(generate(500, seed=1, start=datetime(2025, 1, 1, tzinfo=UTC), days=300))
    >>> rude = max(comments, key=lambda comment: comment.probability)
    >>> rude.label, round(rude.probability, 2)
    (1, 0.97)
    """
    if n < 0 or days < 1:
        raise UsageError(f"cannot spread {n} comments over {days} days; ask for at least 0 over at least 1")
    if start.utcoffset() is None:
        raise UsageError(f"start is {start.isoformat()}, without a time zone; pass an aware datetime")
    if not communities:
        raise UsageError("there are no communities to write in; pass at least one")
    unknown = sorted(set(change.logits if change else ()) - {kind.name for kind in KINDS})
    if unknown:
        raise UsageError(f"there is no kind of comment called {unknown[0]!r}; there are: {_kinds()}")
    rng = random.Random(seed)  # noqa: S311 (not for secrets)
    return _comments(n, rng, start.astimezone(UTC).replace(microsecond=0), days, communities, change)


def _kinds() -> str:
    return ", ".join(kind.name for kind in KINDS)


def best_auc(comments: Iterable[Comment]) -> float:
    """Return the AUC, in expectation over the labels, of ranking by the true probability: no model can beat it.

    Of all pairs of a removed and a kept comment, weighted by the probability that they are such a pair, it is the share
    in which the removed one has the higher probability; equal ones count half. It needs no labels and, since few
    different probabilities occur, little memory.

    Raises
    ------
    UsageError
        If there is no pair to rank.
    """
    below = wins = pairs_at_once = 0.0
    removed = 0.0
    for probability, count in sorted(Counter(comment.probability for comment in comments).items()):
        up, down = count * probability, count * (1.0 - probability)
        # A comment makes no pair with itself.
        itself = count * probability * (1.0 - probability)
        wins += up * below + (up * down - itself) / 2.0
        pairs_at_once += itself
        below += down
        removed += up
    pairs = removed * below - pairs_at_once
    if pairs <= 0.0:
        raise UsageError("the best AUC is undefined with fewer than two comments; generate more")
    return wins / pairs


def _comments(
    n: int,
    rng: random.Random,
    start: datetime,
    days: int,
    communities: Sequence[Community],
    change: Change | None,
) -> Iterator[Comment]:
    writers = [Writer(community.name, community.roughness, rng) for community in communities]
    chances = _all_chances(communities, writers, {})
    turns = _turns([community.weight for community in communities])
    draw = rng.random
    today = -1
    for index, seconds in enumerate(_times(n, rng, days)):
        if seconds // _DAY_S != today:
            today = seconds // _DAY_S
            if change is not None and today >= change.day:
                chances, change = _all_chances(communities, writers, change.logits), None
            insults = insults_of_day(today)
            for writer in writers:
                writer.turn_to(today, insults)
        place = turns[int(draw() * len(turns))]
        author, kind, tone, text = writers[place].write()
        probability = chances[place][kind][tone]
        created = start + timedelta(seconds=seconds)
        yield Comment(
            f"s{index:07x}",
            text,
            int(draw() < probability),
            created,
            communities[place].name,
            author,
            created + timedelta(seconds=_delay_s(draw())),
            probability,
        )


def _all_chances(
    communities: Sequence[Community], writers: Sequence[Writer], changed: Mapping[str, float]
) -> list[list[list[float]]]:
    return [_chances(community, writer, changed) for community, writer in zip(communities, writers, strict=True)]


def _chances(community: Community, writer: Writer, changed: Mapping[str, float]) -> list[list[float]]:
    """Return the probability of a removal, by kind and tone."""
    table = []
    for kind in writer.kinds:
        logit = changed.get(kind.name, kind.logit)
        logits = [logit + community.strictness + _LOUDER * tone * kind.rough for tone in range(TONES)]
        clean = [1.0 / (1.0 + math.exp(-logit)) for logit in logits]
        table.append([community.noise + (1.0 - 2.0 * community.noise) * share for share in clean])
    return table


def _turns(weights: Sequence[float], size: int = 1000) -> list[int]:
    """Return indices, each as often as its weight asks for."""
    total, owed = sum(weights), 0.0
    turns: list[int] = []
    for index, weight in enumerate(weights):
        owed += weight / total * size
        turns.extend([index] * round(owed - len(turns)))
    return turns


def _times(n: int, rng: random.Random, days: int) -> Iterator[int]:
    """Yield `n` sorted times in seconds, as if drawn at random and sorted, without holding them.

    The smallest of m uniform draws is ``1 - U ** (1/m)``, and the rest are uniform above it. Uniform times are then
    bent so that nights are quiet.
    """
    position = 0.0
    for left in range(n, 0, -1):
        position -= (1.0 - position) * math.expm1(math.log(1.0 - rng.random()) / left)
        day = position * days
        bent = day - _DAILY_SWING * math.sin(2.0 * math.pi * day) / (2.0 * math.pi)
        yield min(int(bent * _DAY_S), days * _DAY_S - 1)


def _delay_s(draw: float) -> int:
    """Return the time to the label: log-logistic, two hours in the middle, at most six weeks."""
    return int(min(60.0 + 7200.0 * (draw / (1.0 - draw)) ** 1.25, 42.0 * _DAY_S))
