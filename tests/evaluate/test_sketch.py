"""A sketch counts what is there, in the same way however the texts come."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.evaluate import sketch as module
from surtitle.evaluate.sketch import Sketch, WordCounter, make_sketch, score_counts
from surtitle.settings import CleaningSettings

CLEANING = CleaningSettings()
texts = st.lists(st.text(st.sampled_from("ab cA!’é\u200b"), max_size=12), max_size=30)


@given(texts, st.integers(1, 30))
def test_batches_do_not_matter(found: list[str], size: int) -> None:
    whole, parts = WordCounter(CLEANING), WordCounter(CLEANING)
    whole.add(found)
    for start in range(0, len(found), size):
        parts.add(found[start : start + size])
    assert whole.words == parts.words
    assert whole.sample == parts.sample
    assert (whole.texts_with == parts.texts_with).all()
    assert (whole.occurrences == parts.occurrences).all()
    assert whole.occurrences.sum() == whole.n_words


def test_words_are_what_is_left_after_cleaning() -> None:
    counter = WordCounter(CLEANING)
    counter.add(["You DUMMY!!!! https://a.b/c", "you du\u200bmmy", "you, you"])
    assert counter.words == ["you", "dummy", "maskurl"]
    assert counter.texts_with[:3].tolist() == [3, 2, 1]
    assert counter.occurrences[:3].tolist() == [4, 2, 1]


def test_words_beyond_the_limit_share_the_last_place() -> None:
    counter = WordCounter(CLEANING, ["a"], most_words=1)
    counter.add(["a b c d", "b c"])
    assert counter.words == ["a", "b"]
    assert counter.texts_with.tolist() == [1, 2, 2]
    assert counter.occurrences.tolist() == [1, 2, 3]


def test_memory_of_chunks_is_bounded_and_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = [f"w{n % 97} w{n}" for n in range(1000)]
    free, tight = WordCounter(CLEANING), WordCounter(CLEANING)
    free.add(numbers)
    monkeypatch.setattr(module, "_MOST_CHUNKS", 10)
    tight.add(numbers)
    assert len(tight._memory) <= 10
    assert (free.texts_with == tight.texts_with).all()


def test_the_sample_is_drawn_with_equal_chances() -> None:
    counter = WordCounter(CLEANING)
    counter.add([f"w{n}" for n in range(10_000)])
    assert len(counter.sample) == 2000
    early = sum(text[0] < 5000 for text in counter.sample)
    assert 850 < early < 1150


def test_a_sketch_survives_json() -> None:
    made = make_sketch(["a b"] * 5, ["a z"] * 4, np.array([0.1, 0.2, 0.9, 1.0]), CLEANING)
    assert msgspec.json.decode(msgspec.json.encode(made), type=Sketch) == made
    assert (made.words, made.counts, made.unseen) == (("a", "b"), (5, 5), 0.5)
    assert made.sample == ((0, 2),) * 4


def test_a_sketch_of_a_large_corpus_stays_small() -> None:
    made = make_sketch([f"w{n}" for n in range(60_000)], ["w1"] * 50_000, np.full(50_000, 0.3), CLEANING)
    assert (made.n_texts, made.n_held_out, len(made.sample)) == (20_000, 16_667, 2000)
    assert 19_000 < len(made.words) <= 20_000
    assert sum(made.scores) == 50_000


def test_a_sketch_of_nothing_is_empty() -> None:
    made = make_sketch([], [], np.zeros(0), CLEANING)
    assert (made.words, made.unseen, sum(made.scores), made.sample) == ((), 0.0, 0, ())
    assert score_counts([]).tolist() == [0] * 20
