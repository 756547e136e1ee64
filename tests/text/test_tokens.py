import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from surtitle.settings import TextSettings
from surtitle.text.tokenizer import Tokenizer
from surtitle.text.tokens import Tokens, join_tokens

TOKENIZER = Tokenizer(TextSettings())
texts = st.lists(st.text(max_size=80), max_size=8)


@given(st.lists(texts, max_size=4))
def test_joining_parts_is_tokenising_all_at_once(parts: list[list[str]]) -> None:
    joined = join_tokens([TOKENIZER(part) for part in parts])
    flat = [text for part in parts for text in part]
    assert [joined.text(i) for i in range(len(joined))] == [TOKENIZER([text]).text(0) for text in flat]


@given(texts, st.data())
def test_a_part_holds_its_texts_and_no_other_types(batch: list[str], data: st.DataObject) -> None:
    tokens = TOKENIZER(batch)
    start = data.draw(st.integers(0, len(batch)))
    end = data.draw(st.integers(start, len(batch)))
    part = tokens.part(start, end)
    assert [part.text(i) for i in range(len(part))] == [tokens.text(i) for i in range(start, end)]
    assert set(part.types) == {pair for i in range(len(part)) for pair in part.text(i)}


def test_no_parts_join_to_no_texts() -> None:
    joined = join_tokens([])
    assert (len(joined), joined.types) == (0, [])
    assert isinstance(joined, Tokens)
    np.testing.assert_array_equal(joined.starts, [0])
