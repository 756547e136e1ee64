import html
import re
import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.prepare.identity import normal_form, text_key


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("You are a DUMMY!!!!", "you are a dummy"),
        ("RT @bob: look at this", "look at this"),
        ("RT @bob: RT @eve: look at this", "look at this"),
        ("!!! RT @bob: look", "look"),
        ("look https://t.co/abc", "Look http://t.co/xyz?q=1"),
        ("@bob thanks", "@eve thanks"),
        ("\uff28\uff45\uff4c\uff4c\uff4f", "hello"),
        ("fish &amp; chips", "fish & chips"),
        ("so good \U0001f600\U0001f600", "so good"),
        ("zero\u200bwidth", "zerowidth"),
        ("  many \n spaces ", "many spaces"),
    ],
)
def test_copies_are_one_text(one: str, other: str) -> None:
    assert text_key(one) == text_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("we'll see", "well see"),
        ("a part of it", "apart of it"),
        ("in Maßen", "in Massen"),
        ("résumé", "resume"),
        ("1.5 people", "15 people"),
        ("start the machine", "art the machine"),
        ("हिंदी", "हद"),
        ("كتاب", "كتب"),
        ("rt is a word", "is a word"),
        ("!!!", "???"),
        ("\U0001f600", "\U0001f621"),
        ("https://a.example/1", "https://a.example/2"),
        ("@bob", "@eve"),
        ("", "\0"),
    ],
)
def test_different_words_are_different_texts(one: str, other: str) -> None:
    assert text_key(one) != text_key(other)


def test_a_key_is_the_same_on_every_machine() -> None:
    assert text_key("Good morning!") == 16712193721353586331


def test_white_space_around_a_text_without_letters_does_not_count() -> None:
    assert text_key(" !!! ") == text_key("!!!")


@given(st.text())
def test_the_normal_form_of_a_normal_form_is_itself(text: str) -> None:
    form = normal_form(text)
    assert normal_form(form) == form


@given(st.text())
def test_the_normal_form_holds_letters_digits_marks_and_single_spaces(text: str) -> None:
    form = normal_form(text)
    assert all(c == " " or unicodedata.category(c)[0] in "LNM" for c in form)
    assert form == " ".join(form.split())


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126)))
def test_case_and_trailing_exclamation_marks_never_matter(text: str) -> None:
    assert normal_form(text.upper().lower()) == normal_form(text.lower() + "!!!")


@given(st.text(st.characters(exclude_categories=())))
def test_any_string_has_a_key_lone_surrogates_too(text: str) -> None:
    assert 0 <= text_key(text) < 2**64


@pytest.mark.parametrize("unit", ["!", "@", "@a", "RT ", "_", "&", "http://", "www.", "a ", "\u0301", "\U000e0100"])
def test_a_hostile_text_takes_no_more_than_linear_time(unit: str) -> None:
    text_key(unit * 1000)
    start = time.process_time()
    text_key(unit * (200_000 // len(unit)))
    assert time.process_time() - start < 2.0


def plainly(text: str) -> str:
    """The normal form step by step, without a shortcut."""
    text = unicodedata.normalize("NFKC", html.unescape(text))
    text = re.sub(r"(?:https?://|\bwww\.)\S+", " ", text, flags=re.IGNORECASE)
    again = r"(?:[^\w@]*+(?:@\w++[^\w@]*+)*+(?:RT\b|[Rr][Tt](?=\s*[:@])))+"
    text = re.sub(r"(?<!\w)@\w+", " ", text[found.end() :] if (found := re.match(again, text)) else text)
    return " ".join("".join(map(letter, text.lower())).split())


def letter(character: str) -> str:
    kind = unicodedata.category(character)
    if kind == "Cf" or 0xFE00 <= ord(character) < 0xFE10 or 0xE0100 <= ord(character) < 0xE01F0:
        return ""
    return character if kind[0] in "LN" or kind in ("Mn", "Mc") else " "


PIECES = (
    "RT rt Rt tR RTs @bob @b bob@eve.example @@a @ : ! _ http:// https:// HTTPS:// hTtP:// ://a www. WWW.b wwww. "
    "a B9 \x1c \x7f &amp; &lt; é É ſ K İ \u0301 \u200b \ufe0f \U0001f600 \uff37 \u3000 - . / \n"
)


@given(st.lists(st.sampled_from([*PIECES.split(" "), " "]), max_size=12).map("".join) | st.text(max_size=30))
def test_the_normal_form_is_that_without_shortcuts(text: str) -> None:
    assert normal_form(text) == plainly(text)
