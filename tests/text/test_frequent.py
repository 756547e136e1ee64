import pytest

from surtitle.settings import CleaningSettings, TextSettings
from surtitle.text import frequent
from surtitle.text.frequent import frequent_chunks
from surtitle.text.rules import TokenizerRules, read_rules


def rules() -> TokenizerRules:
    found = read_rules(TextSettings())
    assert found is not None
    return found


def chunks(texts: list[str], min_examples: int = 2) -> list[str]:
    return list(frequent_chunks(texts, rules(), CleaningSettings(), min_examples=min_examples).chunks)


def test_a_chunk_counts_once_a_text_however_it_is_written() -> None:
    assert chunks(["secret SECRET Secret", "shared", "Shared!", "shared"]) == ["shared"]


def test_names_and_addresses_are_masked() -> None:
    assert chunks(["@tom http://a.b/c", "@bob http://d.e/f"]) == ["maskurl", "maskuser"]


def test_a_chunk_whose_tokens_depend_on_its_neighbours_is_left_out() -> None:
    assert chunks(["foo:( bar"] * 2) == ["bar"]


def test_long_and_empty_chunks_are_left_out() -> None:
    assert chunks(["\u200b " + "xy" * 99] * 2) == []
    assert chunks([]) == []


def test_the_most_frequent_ones_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frequent, "MOST_CHUNKS", 2)
    assert chunks(["a b c", "a c", "b c", "c"], min_examples=1) == ["a", "c"]


def test_a_long_corpus_keeps_what_is_frequent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frequent, "_BLOCK", 2)
    monkeypatch.setattr(frequent, "_MOST_COUNTED", 3)
    texts = [f"always w{n} v{n}" for n in range(20)]
    assert chunks(texts) == ["always"]


def test_tokens_are_those_of_the_chunk() -> None:
    found = frequent_chunks(["can't stop!"] * 2, rules(), CleaningSettings(), min_examples=2)
    assert {chunk: [found.tokens[n] for n in own] for chunk, own in found.chunks.items()} == {
        "can't": ["ca", "n't"],
        "stop!": ["stop", "!"],
    }
