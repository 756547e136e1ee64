import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.settings import CleaningSettings
from surtitle.text.characters import plain_characters
from surtitle.text.cleaning import clean

PLAIN = plain_characters(CleaningSettings())
letters = st.text(st.sampled_from([chr(point) for point in PLAIN.points if chr(point) != "&"]), min_size=1)


@given(letters)
def test_cleaning_plain_characters_one_by_one_is_cleaning_the_chunk(chunk: str) -> None:
    """Law: masks, repeats and the cut apart, each character becomes its lower case."""
    settings = CleaningSettings(urls=False, users=False, repeats=False)
    lower = dict(zip(PLAIN.points, PLAIN.lower, strict=True))
    cleaned = clean(chunk, settings).replace(" ", "")
    assert cleaned == "".join(chr(lower[ord(character)]) for character in chunk)


def test_digits_are_those_that_the_cleaning_step_replaces() -> None:
    assert all(re.fullmatch(r"\d", chr(point)) for point in PLAIN.digits)
    assert {ord(digit) for digit in "0123456789٣"} <= set(PLAIN.digits) <= set(PLAIN.points)


@pytest.mark.parametrize(
    "character", ["\ufb01", "\u0301", "\u200b", "\u0430", "Σ", "İ", " ", "\u00a0", "\x00", "\u1161"]
)
def test_what_needs_more_than_a_look_is_not_plain(character: str) -> None:
    assert ord(character) not in PLAIN.points


@pytest.mark.parametrize("character", ["a", "Z", "é", "ß", "&", "'", "’", "😂", "ж", "א", "١"])
def test_ordinary_characters_are_plain(character: str) -> None:
    assert ord(character) in PLAIN.points
    assert html.unescape(character) == character


def test_a_step_switched_off_leaves_its_characters_plain() -> None:
    everything = plain_characters(CleaningSettings(unicode=False, homoglyphs=False, invisible=False))
    assert {ord("ｆ"), ord("\u0430"), ord("\u200b")} <= set(everything.points)
