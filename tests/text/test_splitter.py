import pytest
import spacy
from hypothesis import given, settings

from surtitle.settings import CleaningSettings, TextSettings
from surtitle.text.cleaning import clean, clean_chunks
from surtitle.text.rules import read_rules
from surtitle.text.splitter import Splitter
from tests.text.samples import TEXTS

LANGUAGES = ("en", "de", "fr", "es", "nl", "sv", "ru", "it", "xx")


def _pair(language: str) -> tuple[Splitter, spacy.language.Language]:
    rules = read_rules(TextSettings(language=language))
    assert rules is not None
    return Splitter(rules), spacy.blank(language)


PAIRS = {language: _pair(language) for language in LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=30)
@given(text=TEXTS)
def test_the_tokenizer_built_from_rules_is_spacys_own(language: str, text: str) -> None:
    splitter, reference = PAIRS[language]
    for cleaning in (CleaningSettings(), CleaningSettings(lowercase=False, repeats=False, urls=False, users=False)):
        cleaned = clean(text, cleaning)
        assert splitter.split_text(cleaned) == [token.text for token in reference.tokenizer(cleaned)]


@pytest.mark.parametrize("language", LANGUAGES)
@settings(max_examples=30)
@given(text=TEXTS)
def test_segments_split_together_are_as_if_each_stood_alone(language: str, text: str) -> None:
    splitter, _ = PAIRS[language]
    segments = [segment for segment in clean_chunks(text.split(), CleaningSettings()) if segment]
    assert splitter.split(segments) == [splitter.split_text(segment) for segment in segments]


@pytest.mark.parametrize("language", LANGUAGES)
@given(text=TEXTS)
def test_without_touchy_segments_a_text_is_its_segments(language: str, text: str) -> None:
    splitter, _ = PAIRS[language]
    segments = [segment for segment in clean_chunks(text.split(), CleaningSettings()) if segment]
    tokens = splitter.split(segments)
    if not any(splitter.touchy(segments, tokens)):
        assert splitter.split_text(" ".join(segments)) == [token for own in tokens for token in own]


def test_an_exception_applied_in_the_second_pass_makes_a_segment_touchy() -> None:
    splitter, _ = PAIRS["en"]
    segments = ["foo:(", ":(", "can't", "it's", "dummy!"]
    assert splitter.touchy(segments, splitter.split(segments)) == [True, False, False, False, False]


def test_more_segments_than_go_at_once_come_back_in_order() -> None:
    splitter, _ = PAIRS["en"]
    segments = [f"word{number}!" for number in range(11_000)]
    assert splitter.split(segments) == [[segment[:-1], "!"] for segment in segments]


def test_no_segments_have_no_tokens() -> None:
    splitter, _ = PAIRS["en"]
    assert splitter.split([]) == []
    assert splitter.touchy([], []) == []
    assert splitter.split_text("") == []


def test_nothing_of_the_texts_is_kept_in_memory() -> None:
    rules = read_rules(TextSettings())
    assert rules is not None
    splitter = Splitter(rules)
    splitter.split(["first"])
    vocabulary = splitter._spacy.vocab
    before = set(vocabulary.strings), {lexeme.orth for lexeme in vocabulary}
    splitter.split([f"never{number}seen" for number in range(100)])
    splitter.split_text("nor these words")
    assert (set(vocabulary.strings), {lexeme.orth for lexeme in vocabulary}) == before
