from itertools import chain

from hypothesis import given
from hypothesis import strategies as st

from surtitle.settings import CleaningSettings, TextSettings
from surtitle.text.chunks import ChunkReader
from surtitle.text.cleaning import CHUNK_LIMIT
from surtitle.text.recall import Recall
from surtitle.text.rules import read_rules
from tests.text.samples import EMOTICONS, TEXTS

RULES = read_rules(TextSettings())


def recall(capacity: int) -> Recall[tuple[str, ...]]:
    assert RULES is not None
    return Recall(ChunkReader(RULES, CleaningSettings()), tuple, capacity)


def tokens(used: Recall[tuple[str, ...]], texts: list[str]) -> list[list[str]]:
    return used.each(texts, lambda codes: [*chain.from_iterable(codes)])


BIG = recall(10_000_000)
SMALL = [recall(1), recall(500), recall(1500)]


@given(st.lists(st.one_of(TEXTS, EMOTICONS), max_size=5))
def test_the_state_of_the_memory_makes_no_difference(texts: list[str]) -> None:
    expected = tokens(BIG, texts)
    assert tokens(BIG, texts) == expected
    for small in SMALL:
        assert tokens(small, texts) == expected


def test_texts_taken_whole_are_counted() -> None:
    used = recall(10_000)
    assert tokens(used, ["foo:( (", "foo:(", "foo:( bar"]) == [
        ["foo", ":", "(", "("],
        ["foo", ":("],
        ["foo", ":(", "bar"],
    ]
    assert used.whole == 1


def test_a_chunk_over_the_limit_is_not_remembered() -> None:
    used = recall(10_000)
    tokens(used, ["x" * CHUNK_LIMIT, "y" * (CHUNK_LIMIT + 1)])
    assert list(used._memo.young) == ["x" * CHUNK_LIMIT]


def test_a_chunk_is_read_once_while_it_is_remembered() -> None:
    assert RULES is not None
    read: list[str] = []

    class Counting(ChunkReader):
        def read(self, chunks):  # type: ignore[no-untyped-def]  # passes everything on
            read.extend(chunks)
            return super().read(chunks)

    used = Recall(Counting(RULES, CleaningSettings()), tuple, 100_000)
    tokens(used, ["a b a", "b c"])
    tokens(used, ["c a"])
    assert read == ["a", "b", "c"]
