import numpy as np
import pyarrow as pa
import pytest

from surtitle.settings import FeatureSettings, TextSettings
from surtitle.text import Tokenizer, fit_vocabulary
from surtitle.text.batches import buffers_of, strings_of
from surtitle.text.native import EngineName

TEXTS = ["You are a DUMMY!!!!", "naïve 👍", "", "you're kind", "foo:( ("]


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_column_gives_the_tokens_of_its_strings(kind: pa.DataType, engine: EngineName) -> None:
    tokenizer = Tokenizer(TextSettings(), engine=engine)
    whole = pa.array(["before", *TEXTS, "after"], kind)
    columns = [whole[1:-1], pa.chunked_array([whole[1:3], whole[3:3], whole[3:-1]])]
    for column in columns:
        expected, found = tokenizer(TEXTS), tokenizer(column)
        assert found.types == expected.types
        np.testing.assert_array_equal(found.ids, expected.ids)
        np.testing.assert_array_equal(found.starts, expected.starts)


def test_a_column_without_texts_has_no_tokens(engine: EngineName) -> None:
    tokenizer = Tokenizer(TextSettings(), engine=engine)
    for column in (pa.array([], pa.string()), pa.chunked_array([], pa.string())):
        assert len(tokenizer(column)) == 0


@pytest.mark.parametrize("take", [strings_of, buffers_of])
def test_a_missing_text_is_refused(take: object) -> None:
    assert callable(take)
    with pytest.raises(ValueError, match="1 texts of the column are missing"):
        take(pa.array(["a", None]))


@pytest.mark.parametrize("take", [strings_of, buffers_of])
def test_a_column_of_numbers_is_refused(take: object) -> None:
    assert callable(take)
    with pytest.raises(TypeError, match="holds int64, not strings"):
        take(pa.array([1, 2]))


def test_both_engines_choose_the_same_terms_and_weigh_them_alike() -> None:
    tokens = Tokenizer(TextSettings())([*TEXTS * 3, "kind words, kind dummies"])
    settings = FeatureSettings(word_ngrams=(1, 3), max_word_terms=12, max_char_terms=40)
    one, rows = fit_vocabulary(tokens, settings, n_texts=14, engine="python")
    other, natively = fit_vocabulary(tokens, settings, n_texts=14)
    assert (one.words, one.chars) == (other.words, other.chars)
    np.testing.assert_array_equal(one.word_idf, other.word_idf)
    np.testing.assert_allclose(rows.toarray(), natively.toarray(), rtol=0, atol=1e-15)
