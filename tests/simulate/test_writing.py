import random
import re

import pytest

from surtitle.errors import UsageError
from surtitle.simulate.phrases import INSULTS, KINDS, SLANG, SLOTS
from surtitle.simulate.slang import disguises, insults_of_day
from surtitle.simulate.topics import TOPICS
from surtitle.simulate.writing import TONES, Writer


@pytest.fixture
def writer() -> Writer:
    made = Writer("chess", 1.0, random.Random(0))
    made.turn_to(0, insults_of_day(0))
    return made


def test_every_slot_of_every_phrase_has_a_pool(writer: Writer) -> None:
    slots = {slot for kind in KINDS for phrase in kind.phrases for slot in re.findall(r"\{(\w+)\}", phrase)}
    assert slots <= set(writer._pools)
    assert set(SLOTS) <= slots


def test_no_phrase_is_of_two_kinds() -> None:
    phrases = [phrase for kind in KINDS for phrase in kind.phrases]
    assert len(phrases) == len(set(phrases))


def test_kinds_are_written_as_often_as_they_should_be(writer: Writer) -> None:
    written = [writer.write()[1] for _ in range(20_000)]
    total = sum(kind.share for kind in KINDS)
    for index, kind in enumerate(KINDS):
        assert written.count(index) / len(written) == pytest.approx(kind.share / total, abs=0.012)


def test_tone_is_seen_in_the_text() -> None:
    writer = Writer("cooking", 1.0, random.Random(1))
    writer.turn_to(0, insults_of_day(0))
    for _ in range(2_000):
        _, _, tone, text = writer.write()
        # One letter of a text may be lost or moved.
        loudest = max((len(run) for run in re.findall("!+", text)), default=0)
        assert 0 <= tone < TONES
        assert loudest >= 2 * tone - 1
        assert tone or loudest < 4


def test_topics_move_with_the_year(writer: Writer) -> None:
    january = set(writer._pools["thing"])
    writer.turn_to(182, insults_of_day(182))
    assert january != set(writer._pools["thing"]) <= set(TOPICS["chess"].things)
    writer.turn_to(365, insults_of_day(365))
    assert january == set(writer._pools["thing"])


def test_unknown_subject_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing is known of a community about 'knitting'"):
        Writer("knitting", 1.0, random.Random(0))


@pytest.mark.parametrize("day", [0, 1, 100, 365, 4000])
def test_there_are_insults_on_every_day(day: int) -> None:
    assert len(insults_of_day(day)) == 300


def test_disguises_become_more_frequent() -> None:
    def hidden(day: int) -> int:
        return sum("." in word or "*" in word for _, word in insults_of_day(day))

    assert 0 < hidden(0) < hidden(100) < hidden(300)


@pytest.mark.parametrize("word", [*INSULTS, *SLANG])
def test_disguise_differs_from_the_word(word: str) -> None:
    assert len(disguises(word)) >= 4
    assert word not in disguises(word)
