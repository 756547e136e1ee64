import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.errors import SettingsError
from surtitle.settings import TextSettings
from surtitle.text import rules as module
from surtitle.text.programs import PatternText
from surtitle.text.rules import TokenizerRules, read_rules, word_forms


def english(**changes: object) -> TokenizerRules:
    rules = read_rules(TextSettings())
    assert rules is not None
    return msgspec.structs.replace(rules, **changes)


@pytest.mark.parametrize("language", ["en", "de", "fr", "es", "nl", "xx"])
def test_rules_survive_json(language: str) -> None:
    rules = read_rules(TextSettings(language=language))
    assert msgspec.json.decode(msgspec.json.encode(rules), type=TokenizerRules) == rules


def test_a_pipeline_and_a_language_with_another_kind_of_tokenizer_have_no_rules() -> None:
    assert read_rules(TextSettings(pipeline="en_core_web_sm")) is None
    assert read_rules(TextSettings(language="zh")) is None


def test_lemmas_can_be_left_out() -> None:
    rules = read_rules(TextSettings(lemmas=False))
    assert rules is not None
    assert word_forms(rules)(["were"]) == ["were"]


def test_dutch_looks_up_the_lower_cased_token() -> None:
    rules = read_rules(TextSettings(language="nl"))
    assert rules is not None
    assert word_forms(rules)(["Honden", "Onbekendwoord"]) == ["hond", "onbekendwoord"]


def test_a_form_never_holds_a_space() -> None:
    """A space in a term stands between two words, so that a form with one would be taken for two."""
    rules = read_rules(TextSettings(language="ru"))
    assert rules is not None
    assert word_forms(rules)(["в т.ч."]) == ["в\u00a0т.ч."]
    assert not [form for form in rules.lemmas.values() if " " in form]


def test_pronouns_have_one_form() -> None:
    rules = read_rules(TextSettings(fold_pronouns=True))
    assert rules is not None
    assert word_forms(rules)(["You", "hate", "them"]) == ["-pron-", "hate", "-pron-"]


@given(st.lists(st.sampled_from(["were", "be", "cars", "car", "been", "Unheard", "is"]), max_size=5), st.data())
def test_restricted_rules_give_the_same_known_forms(words: list[str], data: st.DataObject) -> None:
    """Law: over a vocabulary, a token is the same known word, or the same unknown one."""
    rules = english()
    restricted = rules.restricted_to(words)
    tokens = data.draw(st.lists(st.sampled_from(["were", "be", "cars", "car", "been", "Unheard", "is", "am"])))
    full, short = word_forms(rules)(tokens), word_forms(restricted)(tokens)
    assert [form if form in words else None for form in full] == [form if form in words else None for form in short]


def test_restricted_rules_are_small() -> None:
    assert len(english().restricted_to(["be", "car"]).lemmas) < 30


def test_programs_are_made_once() -> None:
    rules = english().with_programs()
    assert rules.programs is not None
    assert set(rules.programs) == {"prefix", "suffix", "infix", "url", "urls", "users"}
    assert rules.with_programs() is rules


def test_a_pattern_that_cannot_be_a_program_is_told() -> None:
    rules = english(infix=PatternText(r"(a)\1", 32)).with_programs()
    assert rules.programs is None
    assert "back-reference" in rules.why_not_native


def test_a_lookup_of_an_unknown_kind_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from spacy.lang.fr.lemmatizer import FrenchLemmatizer

    monkeypatch.setattr(FrenchLemmatizer, "lookup_lemmatize", lambda self, token: [token.text])
    with pytest.raises(SettingsError, match=r"text.lemmas.*'fr'.*false"):
        module._read.__wrapped__("fr", True)


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(SettingsError, match=r"text.language.*'qq'"):
        read_rules(TextSettings(language="qq"))


def test_patterns_are_those_of_spacy() -> None:
    import spacy

    prefix = english().prefix
    assert prefix is not None
    assert re.compile(prefix.pattern, prefix.flags) == spacy.blank("en").tokenizer.prefix_search.__self__  # type: ignore[union-attr]  # spaCy's type
