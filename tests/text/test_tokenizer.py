import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from surtitle.errors import SettingsError
from surtitle.settings import CleaningSettings, TextSettings
from surtitle.text.cleaning import clean
from surtitle.text.native import EngineName
from surtitle.text.tokenizer import Tokenizer, tokenize
from surtitle.text.tokens import Tokens

TOKENIZER = Tokenizer(TextSettings())
texts = st.lists(st.text(max_size=80), max_size=8)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "nl", "zh"])
@given(
    batch=st.lists(st.text(st.sampled_from("aeinstr'’.,!?:()-@/ \u00a0éüñß🙂"), max_size=60), min_size=1, max_size=4)
)
def test_tokens_and_lemmas_are_spacys_own(language: str, batch: list[str]) -> None:
    tokenizer, reference = PAIRS[language]
    found = tokenizer(batch)
    for index, text in enumerate(batch):
        tokens = reference(clean(text, CleaningSettings()))
        expected = [(token.text, token.lemma_ or token.text) for token in tokens]
        assert found.text(index) == expected


def _pair(language: str) -> tuple[Tokenizer, spacy.language.Language]:
    reference = spacy.blank(language)
    if language != "zh":  # it has a tokenizer of its own, and no dictionary
        # French has its own rules for a lemmatizer by default; the look-up mode is the one that needs no tags.
        reference.add_pipe("lemmatizer", config={"mode": "lookup"})
    reference.initialize()
    return Tokenizer(TextSettings(language=language)), reference


PAIRS = {language: _pair(language) for language in ("en", "de", "fr", "es", "nl", "zh")}


@given(texts)
def test_tokens_do_not_depend_on_the_batch(batch: list[str]) -> None:
    together = TOKENIZER(batch)
    alone = [TOKENIZER([text]).text(0) for text in batch]
    assert [together.text(index) for index in range(len(batch))] == alone


def test_lemmas_can_be_switched_off() -> None:
    tokens = Tokenizer(TextSettings(lemmas=False))(["two cars"])
    assert tokens.text(0) == [("two", "two"), ("cars", "cars")]


@pytest.mark.parametrize(
    ("language", "text"), [("en", "You hate them"), ("de", "Ich mag dich"), ("es", "yo te quiero")]
)
def test_pronouns_become_one_term_when_asked(language: str, text: str) -> None:
    tokens = Tokenizer(TextSettings(language=language, fold_pronouns=True))([text])
    assert [word for _, word in tokens.text(0)].count("-pron-") == 2
    assert "-pron-" not in [word for _, word in Tokenizer(TextSettings(language=language))([text]).text(0)]


def test_folding_pronouns_without_a_list_is_refused_with_the_way_out() -> None:
    with pytest.raises(SettingsError, match=r"text.fold_pronouns.*'sv'.*text.pipeline"):
        Tokenizer(TextSettings(language="sv", fold_pronouns=True))


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"text.language.*'qq'"):
        Tokenizer(TextSettings(language="qq"))


def test_a_pipeline_that_is_not_installed_is_refused_with_the_command_that_installs_it() -> None:
    with pytest.raises(SettingsError, match=r"spacy download no_such_model"):
        Tokenizer(TextSettings(pipeline="no_such_model"))


def test_an_installed_pipeline_gives_its_own_lemmas(tmp_path: object) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("attribute_ruler").add([[{"LOWER": "cars"}]], {"LEMMA": "vehicle"})  # type: ignore[attr-defined]  # any pipe
    nlp.to_disk(f"{tmp_path}/own")
    tokens = Tokenizer(TextSettings(pipeline=f"{tmp_path}/own"))(["Two cars", "cars"])
    assert tokens.text(0) == [("two", "two"), ("cars", "vehicle")]


def test_no_texts_and_empty_texts_have_no_tokens() -> None:
    assert len(TOKENIZER([])) == 0
    tokens = TOKENIZER(["", " \u00a0", "\x00"])
    assert len(tokens) == 3
    assert tokens.ids.tolist() == []


def test_what_is_not_a_string_is_refused() -> None:
    with pytest.raises((TypeError, AttributeError)):
        TOKENIZER([3])  # type: ignore[list-item]  # on purpose


def test_types_are_numbered_in_order_of_appearance() -> None:
    tokens = TOKENIZER(["b a b"])
    assert isinstance(tokens, Tokens)
    assert tokens.types == [("b", "b"), ("a", "a")]
    np.testing.assert_array_equal(tokens.ids, [0, 1, 0])


def test_types_are_numbered_anew_in_each_call() -> None:
    tokenizer = Tokenizer(TextSettings())
    tokenizer(["c b"])
    assert tokenizer(["a b"]).types == [("a", "a"), ("b", "b")]


def test_many_texts_are_counted_off_and_give_what_one_call_gives() -> None:
    batch = [f"You are number {n % 97}, you're a dummy{'!' * (n % 5)}" for n in range(9001)]
    done: list[int] = []
    found = tokenize(batch, TextSettings(), advance=done.append)
    expected = TOKENIZER(batch)
    assert found.types == expected.types
    np.testing.assert_array_equal(found.ids, expected.ids)
    np.testing.assert_array_equal(found.starts, expected.starts)
    assert sum(done) == len(batch)
    assert len(done) > 1


def test_no_texts_need_no_counting() -> None:
    assert len(tokenize([], TextSettings())) == 0


def test_an_engine_can_be_asked_for(engine: EngineName) -> None:
    tokenizer = Tokenizer(TextSettings(), engine=engine)
    assert tokenizer.engine == engine
    assert tokenizer(["The cars"]).text(0) == [("the", "the"), ("cars", "car")]


def test_a_language_with_a_tokenizer_of_its_own_takes_the_pipeline() -> None:
    assert Tokenizer(TextSettings(language="zh")).engine == "pipeline"
