"""The leak across white space: what the guard must catch, and that it is needed."""

import re

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from surtitle.settings import CleaningSettings, TextSettings
from surtitle.text.chunks import ChunkReader
from surtitle.text.cleaning import clean
from surtitle.text.guard import Guard
from surtitle.text.rules import TokenizerRules, read_rules
from surtitle.text.tokenizer import Tokenizer
from tests.text.samples import EMOTICONS

AS_IT_IS = CleaningSettings(repeats=False)


def rules(language: str = "en") -> TokenizerRules:
    found = read_rules(TextSettings(language=language))
    assert found is not None
    return found


REFERENCE = {language: spacy.blank(language).tokenizer for language in ("en", "de", "fr", "es", "ru")}
TOKENIZERS = {
    language: Tokenizer(TextSettings(language=language, cleaning=AS_IT_IS), engine="python") for language in REFERENCE
}


def spacys(language: str, text: str) -> list[str]:
    return [token.text for token in REFERENCE[language](clean(text, AS_IT_IS))]


def ours(language: str, text: str) -> list[str]:
    return [token for token, _ in TOKENIZERS[language]([text]).text(0)]


def chunk_by_chunk(language: str, text: str) -> list[str]:
    """Tokenise as if there were no leak: the mutation without the guard."""
    reader = ChunkReader(rules(language), AS_IT_IS)
    return [token for read in reader.read(text.split()) for token in read.tokens]


def test_the_leak_is_there_and_is_stopped() -> None:
    assert spacys("en", "foo:( (") == ["foo", ":", "(", "("]
    assert chunk_by_chunk("en", "foo:( (") == ["foo", ":(", "("]
    assert ours("en", "foo:( (") == ["foo", ":", "(", "("]


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
@settings(max_examples=300)
@given(text=EMOTICONS)
def test_emoticons_cut_by_spaces_are_spacys_own(language: str, text: str) -> None:
    assert ours(language, text) == spacys(language, text)


def test_without_the_guard_fuzzed_emoticons_differ() -> None:
    """A mutation: the test above can fail."""
    rows = [
        f"a{left}{gap}{right}"
        for left in (":(", ":)", ":-)", "8)", ";)", ":p")
        for gap in (" ", " (")
        for right in "()-:"
    ]
    differ = [text for text in rows if chunk_by_chunk("en", text) != spacys("en", text)]
    assert differ
    assert all(ours("en", text) == spacys("en", text) for text in rows)


def test_an_exception_that_holds_a_space_is_found_across_chunks() -> None:
    text = "закон и т.ч. в т.ч. д-р архитектуры"
    assert "в т.ч." in spacys("ru", text)
    assert ours("ru", text) == spacys("ru", text)


@given(st.lists(st.sampled_from(["в", "т.ч.", "н.в.", "вед.", "науч.", "сотр.", "(в", "д-р", ":(", "("]), max_size=6))
def test_texts_of_parts_of_spaced_exceptions_are_spacys_own(chunks: list[str]) -> None:
    text = " ".join(chunks)
    assert ours("ru", text) == spacys("ru", text)


def test_ordinary_text_is_not_taken_whole() -> None:
    tokenizer = Tokenizer(TextSettings(), engine="python")
    tokenizer(["It's a dummy: (I can't stand it!) ... don't you? :)"] * 3)
    assert whole_texts(tokenizer) == 0
    tokenizer(["foo:( ("])
    assert whole_texts(tokenizer) == 1


def whole_texts(tokenizer: Tokenizer) -> int:
    return int(tokenizer._tokenize._recall.whole)  # type: ignore[attr-defined]  # the Python engine's


def test_a_guard_without_exceptions_lets_all_texts_pass() -> None:
    guard = Guard({}, {})
    assert not guard.must_be_whole("foo:( (")
    assert not guard.may_have_applied(["foo", ":("])
    assert not guard.may_be_part("в")


def test_special_characters_of_exceptions_are_taken_literally() -> None:
    guard = Guard({".(": [".("]}, {".(": [".", "("]})
    assert guard.must_be_whole("a. (")
    assert not guard.must_be_whole("ab (")
    assert re.escape(".") != "."
