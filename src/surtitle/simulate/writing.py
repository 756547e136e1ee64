"""Comments put together from phrases. Pure: draws from the generator that it is given."""

import random
import re
from collections.abc import Sequence

import msgspec

from surtitle.errors import UsageError
from surtitle.simulate.phrases import CLOSERS, EMOJI, KINDS, SLOTS, Kind
from surtitle.simulate.topics import TOPICS, Topic

__all__ = ["TONES", "Writer"]

TONES = 3
_YEAR = 365.0
_IN_SEASON = 0.6
_TURNS = 1000
_SLOT = re.compile(r"\{(\w+)\}")
_ARTICLE = re.compile(r"^(a|an|the|my|our|this|that|these) ")
_TOPIC_SLOTS = ("thing", "act", "doing", "problem")
_NAMES = tuple(
    f"{first}{joint}{last}"
    for first in ("mossy", "quiet", "old", "red", "rainy", "north", "lazy", "tiny", "blue", "late", "iron", "sunny")
    for joint in ("_", "", "-")
    for last in (
        "owl",
        "badger",
        "fox",
        "heron",
        "otter42",
        "wren",
        "mole_1987",
        "hare",
        "newt",
        "Finch",
        "Crow",
        "bee",
    )
)


class _Phrase(msgspec.Struct, frozen=True):
    """A sentence with ``%s`` for each slot."""

    pattern: str
    slots: tuple[str, ...]
    begins_small: bool


def _phrases(texts: Sequence[str]) -> tuple[_Phrase, ...]:
    return tuple(
        _Phrase(
            pattern=_SLOT.sub("%s", text.replace("%", "%%")),
            slots=tuple(_SLOT.findall(text)),
            begins_small=text.startswith("{") and not text.startswith("{name}"),
        )
        for text in texts
    )


_BY_KIND = tuple(_phrases(kind.phrases) for kind in KINDS)
_TALK_BEFORE, _TALK_AFTER = _BY_KIND[0][::2], _BY_KIND[0][1::2]


class Writer:
    """Everybody who writes in one community.

    Parameters
    ----------
    subject : str
        One of `TOPICS`.
    roughness : float
        Multiplies the share of the rough kinds.
    rng : random.Random
        Drawn from; only its `random()`, whose sequence is the same in every version of Python.
    """

    kinds: Sequence[Kind] = KINDS

    def __init__(self, subject: str, roughness: float, rng: random.Random) -> None:
        if subject not in TOPICS:
            raise UsageError(f"nothing is known of a community about {subject!r}; there are: {', '.join(TOPICS)}")
        self._draw = rng.random
        self._topic = TOPICS[subject]
        self._turns = _turns_of_kinds(roughness)
        mentions = [f"@{name}" for name in _NAMES] + [f"u/{name}" for name in _NAMES[::3]] + ["OP"] * 60
        self._fixed = {**SLOTS, "name": tuple(mentions), "subject": (self._topic.subject,), **_others(self._topic)}
        self._pools: dict[str, tuple[str, ...]] = {}

    def turn_to(self, day: int, insults: Sequence[tuple[str, str]]) -> None:
        """Take up the topics of a day, counted from the sample's beginning, and its insults with their articles."""
        season = {slot: _in_season(getattr(self._topic, f"{slot}s"), day) for slot in _TOPIC_SLOTS}
        self._pools = {
            **self._fixed,
            **season,
            **{f"{slot}_bare": _bare(season[slot]) for slot in ("thing", "problem")},
            "insult": tuple(word for _, word in insults),
            "an_insult": tuple(f"{article} {word}" for article, word in insults),
        }

    def write(self) -> tuple[str, int, int, str]:
        """Return author, index of the kind, tone (0 calm, 1 loud, 2 shouting) and text."""
        draw = self._draw
        kind = self._turns[int(draw() * _TURNS)]
        tone = self._tone(KINDS[kind].rough)
        point = self._say(_BY_KIND[kind], tone)
        # Squared, so that a few write much and many write little.
        author = _NAMES[int(draw() ** 2 * len(_NAMES))]
        return author, kind, tone, self._finish(self._surround(point, KINDS[kind].chatter))

    def _tone(self, rough: bool) -> int:
        draw = self._draw()
        if rough:
            return 0 if draw < 0.6 else 1 if draw < 0.85 else 2
        return 0 if draw < 0.85 else 1 if draw < 0.97 else 2

    def _say(self, phrases: Sequence[_Phrase], tone: int = 0) -> str:
        draw, pools = self._draw, self._pools
        phrase = phrases[int(draw() * len(phrases))]
        words = [pools[slot][int(draw() * len(pools[slot]))] for slot in phrase.slots]
        text = phrase.pattern % tuple(words)
        if phrase.begins_small:
            text = text[0].upper() + text[1:]
        if tone:
            text = text.rstrip(".!?") + "!" * (1 + 2 * tone)
            if tone > 1:
                text = text.upper()
        return text

    def _surround(self, point: str, chatter: float) -> str:
        draw = self._draw
        parts = [point]
        if draw() < chatter / 2.0:
            parts.insert(0, self._say(_TALK_BEFORE))
        if draw() < chatter / 2.0:
            parts.append(self._say(_TALK_AFTER))
        chance = draw()
        if chance < 0.2:
            parts.insert(0, self._topic.hello[int(chance * 5.0 * len(self._topic.hello))])
        chance = draw()
        if chance < 0.2:
            parts.append(CLOSERS[int(chance * 5.0 * len(CLOSERS))])
        elif chance < 0.3:
            parts.append(EMOJI[int((chance - 0.2) * 10.0 * len(EMOJI))])
        return " ".join(parts)

    def _finish(self, text: str) -> str:
        """Let some be sloppy, and some come through a web form."""
        chance = self._draw()
        if chance < 0.10:
            return text.lower() if text != text.upper() else text
        if chance < 0.16:
            return self._mistype(text)
        if chance < 0.20:
            return text.replace("'", "&#39;").replace('"', "&quot;")
        if chance < 0.22:
            return f"&gt; {self._say(_TALK_AFTER)}\n\n{text}"
        return text

    def _mistype(self, text: str) -> str:
        at = int(self._draw() * (len(text) - 2))
        if self._draw() < 0.5:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        return text[:at] + text[at + 1 :]


def _turns_of_kinds(roughness: float) -> list[int]:
    """Return indices of kinds, each as often as it is written."""
    shares = [kind.share * (roughness if kind.rough else 1.0) for kind in KINDS]
    turns: list[int] = []
    owed = 0.0
    for index, share in enumerate(shares):
        owed += share / sum(shares) * _TURNS
        turns.extend([index] * (round(owed) - len(turns)))
    return turns


def _in_season(pool: Sequence[str], day: int) -> tuple[str, ...]:
    """Return the part of a pool that is talked about on a day; the pool is once round in a year."""
    first = int(day / _YEAR * len(pool))
    return tuple(pool[(first + step) % len(pool)] for step in range(max(1, round(len(pool) * _IN_SEASON))))


def _bare(nouns: Sequence[str]) -> tuple[str, ...]:
    """Return noun phrases without their articles."""
    return tuple(_ARTICLE.sub("", noun) for noun in nouns)


def _others(topic: Topic) -> dict[str, tuple[str, ...]]:
    """Return what is talked about elsewhere."""
    elsewhere = [other for other in TOPICS.values() if other is not topic]
    return {
        f"other_{slot}": tuple(text for other in elsewhere for text in getattr(other, f"{slot}s"))
        for slot in _TOPIC_SLOTS
    }
