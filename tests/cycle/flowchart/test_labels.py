from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.cycle.flowchart.labels import clean_label, columns, shorten, wrap, wrap_facts


@given(st.text())
def test_a_clean_label_is_one_printable_line(text: str) -> None:
    label = clean_label(text)
    assert all(char.isprintable() or char == "\u200d" for char in label)
    assert clean_label(label) == label


@pytest.mark.parametrize("text", ["\x1b[2J", "\u202eevil", "\ud800", "\x00", "\ufffe", "\u2066a"])
def test_what_could_steer_a_terminal_or_break_xml_is_replaced(text: str) -> None:
    assert "\ufffd" in clean_label(text)
    assert text[0] not in clean_label(text)


def test_emoji_made_of_several_stay_whole() -> None:
    assert clean_label("👩\u200d🚒") == "👩\u200d🚒"


@given(st.text().map(clean_label), st.integers(0, 40))
def test_shortened_text_fits(text: str, limit: int) -> None:
    short = shorten(text, limit, columns)
    assert columns(short) <= limit
    assert short == text or columns(text) > limit


@pytest.mark.parametrize("wrapping", [wrap, wrap_facts])
@given(text=st.text().map(clean_label), limit=st.integers(2, 40), lines=st.integers(1, 4))
def test_wrapped_text_fits_in_width_and_height(
    wrapping: Callable[..., list[str]], text: str, limit: int, lines: int
) -> None:
    wrapped = wrapping(text, limit, lines, columns)
    assert len(wrapped) <= lines
    assert all(columns(line) <= limit for line in wrapped)


@given(st.lists(st.text("abc", min_size=1, max_size=9), min_size=1))
def test_wrapping_with_room_loses_nothing(words: list[str]) -> None:
    assert " ".join(wrap(" ".join(words), 9, len(words), columns)) == " ".join(words)


def test_facts_break_at_their_dots() -> None:
    assert wrap_facts("a b · c d · e", 9, 2, columns) == ["a b · c d", "e"]
    assert wrap_facts("one long fact · b", 9, 2, columns) == ["one long", "fact · b"]
