"""The leak across white space: what the guard must catch, and that it is needed."""

import re
from functools import cache

import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from surtitle.settings import CleaningSettings, TextSettings
from surtitle.text.by_chunk import ByChunk
from surtitle.text.chunks import ChunkReader
from surtitle.text.cleaning import clean
from surtitle.text.guard import Guard
from surtitle.text.native import EngineName
from surtitle.text.rules import TokenizerRules, read_rules
from surtitle.text.tokenizer import Tokenizer
from tests.text.samples import EMOTICONS, TOUCHING

AS_IT_IS = CleaningSettings(repeats=False)


def rules(language: str = "en") -> TokenizerRules:
    found = read_rules(TextSettings(language=language, lemmas=False))
    assert found is not None
    return found


REFERENCE = {language: spacy.blank(language).tokenizer for language in ("en", "de", "fr", "es", "ru")}
READERS = {language: ChunkReader(rules(language), AS_IT_IS) for language in REFERENCE}


def spacys(language: str, text: str) -> list[str]:
    return [token.text for token in REFERENCE[language](clean(text, AS_IT_IS))]


@cache
def tokenizer_of(language: str, engine: EngineName) -> Tokenizer:
    return Tokenizer(TextSettings(language=language, lemmas=False, cleaning=AS_IT_IS), engine=engine)


def ours(language: str, text: str, engine: EngineName = "python") -> list[str]:
    return [token for token, _ in tokenizer_of(language, engine)([text]).text(0)]


def chunk_by_chunk(language: str, text: str) -> list[str]:
    """Tokenise as if there were no leak: the mutation without the guard."""
    return [token for read in READERS[language].read(text.split()) for token in read.tokens]


def test_the_leak_is_there_and_is_stopped() -> None:
    assert spacys("en", "foo:( (") == ["foo", ":", "(", "("]
    assert chunk_by_chunk("en", "foo:( (") == ["foo", ":(", "("]
    assert ours("en", "foo:( (") == ["foo", ":", "(", "("]


@pytest.mark.parametrize("language", ["en", "de", "fr", "es"])
@settings(max_examples=300)
@given(text=st.one_of(EMOTICONS, TOUCHING))
def test_emoticons_cut_by_spaces_are_spacys_own(language: str, engine: EngineName, text: str) -> None:
    assert ours(language, text, engine) == spacys(language, text)


def test_without_the_guard_fuzzed_emoticons_differ(engine: EngineName) -> None:
    """A mutation: the test above can fail."""
    rows = [
        f"a{left}{gap}{right}"
        for left in (":(", ":)", ":-)", "8)", ";)", ":p")
        for gap in (" ", " (")
        for right in "()-:"
    ]
    differ = [text for text in rows if chunk_by_chunk("en", text) != spacys("en", text)]
    assert differ
    assert all(ours("en", text, engine) == spacys("en", text) for text in rows)


def test_a_match_may_go_through_a_whole_chunk(engine: EngineName) -> None:
    """It takes three chunks to see that `:'-(` is there, which is longer than the `(:` that would be one token."""
    assert spacys("en", "a(:' - (") == ["a", "(", ":", "'", "-", "("]
    assert ours("en", "a(:' - (", engine) == ["a", "(", ":", "'", "-", "("]
    assert ours("en", "a(:' - b", engine) == ["a", "(:", "'", "-", "b"] == spacys("en", "a(:' - b")


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
    assert isinstance(tokenizer._tokenize, ByChunk)
    return tokenizer._tokenize.recall.whole


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
