import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surtitle.settings import TextSettings
from surtitle.text.plain_words import plain_word
from surtitle.text.programs import PatternText
from surtitle.text.rules import TokenizerRules, read_rules
from surtitle.text.splitter import Splitter


def rules(language: str = "en", **changes: PatternText) -> TokenizerRules:
    found = read_rules(TextSettings(language=language, lemmas=False))
    assert found is not None
    return msgspec.structs.replace(found, **changes)


SPLITTERS = {language: Splitter(rules(language)) for language in ("en", "de", "es", "id")}
PLAIN = {language: plain_word(rules(language)) for language in SPLITTERS}


@pytest.mark.parametrize("language", SPLITTERS)
@settings(max_examples=300)
@given(chunk=st.text(st.sampled_from("abcdeghiklmnoprstuvIDRpkmnt'.10"), min_size=1, max_size=8))
def test_a_plain_word_is_one_token(language: str, chunk: str) -> None:
    if PLAIN[language](chunk):
        assert SPLITTERS[language].split_text(chunk) == [chunk]


def test_letters_are_plain_unless_they_are_an_exception() -> None:
    assert [PLAIN["en"](chunk) for chunk in ("dummy", "cannot", "DUMMY", "dummy's", "10km", "é", "")] == [
        True, False, True, False, False, False, False,
    ]  # fmt: skip


def test_a_language_that_cuts_letters_has_no_plain_words() -> None:
    assert not PLAIN["id"]("dummy")


@pytest.mark.parametrize("pattern", ["ab", "^a", "[^0-9]", "x*", "(?!0)", "(?<=a)", "(?i)K", "a|0", r"\b"])
def test_a_pattern_that_letters_can_match_leaves_no_plain_words(pattern: str) -> None:
    assert not plain_word(rules(infix=PatternText(pattern, 32)))("dummy")


@pytest.mark.parametrize("pattern", ["0", "^a0", "[0-9]+km", "(?<=[0-9])km", "'s$", "(?:-|a-)b"])
def test_a_pattern_that_needs_more_than_letters_does_no_harm(pattern: str) -> None:
    assert plain_word(rules(infix=PatternText(pattern, 32)))("dummy")


def test_without_programs_nothing_is_proved() -> None:
    assert not plain_word(rules(infix=PatternText(r"(0)\1", 32)))("dummy")


@pytest.mark.parametrize(
    "forged", [{}, {"sets": [], "root": {"set": 3}}, {"sets": 3, "root": {}}, {"sets": [[1]], "root": {"set": 0}}, 7]
)
def test_a_forged_program_proves_nothing(forged: object) -> None:
    programs = {"prefix": forged, "suffix": forged, "infix": forged}
    assert not plain_word(msgspec.structs.replace(rules(), programs=programs))("dummy")
