"""Which insults are in use on a day, and how they are spelled. Pure.

Words come into fashion and go out of it, and as the months pass more of them are disguised (``d.u.m.m.y``, ``1d10t``,
``idioooot``), as happens wherever words are filtered.
"""

import math
from collections.abc import Iterator
from functools import cache

from surtitle.simulate.phrases import INSULTS, SLANG

__all__ = ["disguises", "insults_of_day"]

_TABLE = 300
_BORN_EVERY = 14.0
_LASTS = 80.0
_LEET = str.maketrans({"o": "0", "i": "1", "e": "3", "a": "4", "s": "5"})


def insults_of_day(day: int) -> list[tuple[str, str]]:
    """Return 300 insults with their articles, each as often as it is in use and in disguise on a day of the sample.

    Examples
    --------
    >>> first, later = insults_of_day(0), insults_of_day(200)
    >>> ("a", "dummy") in first, ("a", "traffic cone") in first, ("a", "traffic cone") in later
    (True, False, True)
    """
    weights = list(_weights(day))
    total = sum(weight for _, weight in weights)
    share = _disguised_share(day)
    table: list[tuple[str, str]] = []
    owed = hidden = 0.0
    for word, weight in weights:
        article, ways = "an" if word[0] in "aeiou" else "a", disguises(word)
        owed += weight / total * _TABLE
        for turn in range(round(owed - len(table))):
            hidden += share
            disguised = hidden >= 1.0
            hidden -= disguised
            table.append((article, ways[(turn + day) % len(ways)] if disguised else word))
    return table


@cache
def disguises(word: str) -> tuple[str, ...]:
    """Return the ways in which a word is spelled so that a filter of words does not see it.

    Examples
    --------
    >>> disguises("idiot")
    ('i.d.i.o.t', '1d10t', 'idiooot', 'idi*t', 'i d i o t', 'idiiot')
    """
    vowel, middle = max(word.rfind(letter) for letter in "aeiou"), len(word) // 2
    starred = max(vowel, 1)
    ways = (
        ".".join(word.replace(" ", "")),
        word.translate(_LEET),
        word[:vowel] + word[vowel] * 3 + word[vowel + 1 :],
        word[:starred] + "*" + word[starred + 1 :],
        " ".join(word.replace(" ", "")),
        word[:middle] + word[middle] + word[middle:],
    )
    return tuple(way for way in ways if way != word)


def _disguised_share(day: int) -> float:
    # A tenth on the first day, towards a half after a year.
    return 0.1 + 0.4 * (1.0 - math.exp(-day / 180.0))


def _weights(day: int) -> Iterator[tuple[str, float]]:
    plain = 0.35 + 0.65 * math.exp(-day / 150.0)
    for rank, word in enumerate(INSULTS):
        yield word, plain / (1.0 + 0.15 * rank)
    for place, word in enumerate(SLANG):
        # The first few are in fashion already when the sample begins.
        age = day - (place - 4) * _BORN_EVERY
        if age > 0:
            yield word, 1.8 * (1.0 - math.exp(-age / 10.0)) * math.exp(-age / _LASTS)
