from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.pipeline import FeatureUnion

from surtitle.settings import FeatureSettings, TextSettings
from surtitle.text.features import Vectorizer, fit_vocabulary
from surtitle.text.terms import char_ngrams
from surtitle.text.tokenizer import Tokenizer

TOKENIZER = Tokenizer(TextSettings())
TEXTS = [
    "You are a DUMMY!!!!",
    "you are kind, you are",
    "The cars aren't green :-( (",
    "",
    "dummy cars dummy",
    "un-related @tom https://t.co/x 42",
]
corpora = st.lists(st.text(st.sampled_from("ab c!'nt. é"), max_size=30), min_size=1, max_size=6)


def reference(settings: FeatureSettings) -> FeatureUnion:
    """The trusted answer: scikit-learn's vectorizers over the same tokens."""

    def words(text: str) -> list[str]:
        forms = [word for _, word in TOKENIZER([text]).text(0)]
        shortest, longest = settings.word_ngrams
        return [" ".join(forms[i : i + n]) for n in range(shortest, longest + 1) for i in range(len(forms) - n + 1)]

    def chars(text: str) -> list[str]:
        return [ngram for token, _ in TOKENIZER([text]).text(0) for ngram in char_ngrams(token, *settings.char_ngrams)]

    def vectorizer(analyzer: Callable[[str], list[str]]) -> TfidfVectorizer:
        return TfidfVectorizer(analyzer=analyzer, min_df=settings.min_examples, sublinear_tf=True)

    return FeatureUnion([("words", vectorizer(words)), ("chars", vectorizer(chars))])


@pytest.mark.parametrize("settings", [FeatureSettings(), FeatureSettings(word_ngrams=(2, 3), char_ngrams=(3, 3))])
def test_rows_and_columns_are_those_of_scikit_learn(settings: FeatureSettings) -> None:
    vocabulary, rows = fit_vocabulary(TOKENIZER(TEXTS), settings)
    union = reference(settings)
    expected = union.fit_transform(TEXTS)
    names = [name.split("__")[1] for name in union.get_feature_names_out()]
    assert names == [*vocabulary.words, *vocabulary.chars]
    np.testing.assert_allclose(rows.toarray(), expected.toarray(), rtol=0, atol=1e-15)


def test_new_texts_get_the_rows_of_scikit_learn() -> None:
    settings = FeatureSettings()
    vocabulary, _ = fit_vocabulary(TOKENIZER(TEXTS), settings)
    union = reference(settings).fit(TEXTS)
    fresh = ["what a dummy you are", "nothing known: zzz", "", "cars cars cars green (("]
    rows = Vectorizer(vocabulary, settings)(TOKENIZER(fresh))
    np.testing.assert_allclose(rows.toarray(), union.transform(fresh).toarray(), rtol=0, atol=1e-15)


@given(corpora)
def test_fitting_and_using_give_the_same_bits(corpus: list[str]) -> None:
    settings = FeatureSettings(min_examples=1)
    tokens = TOKENIZER(corpus)
    vocabulary, fitted = fit_vocabulary(tokens, settings)
    used = Vectorizer(vocabulary, settings)(tokens)
    np.testing.assert_array_equal(fitted.toarray(), used.toarray())


@given(corpora)
def test_a_row_does_not_depend_on_its_batch(corpus: list[str]) -> None:
    vocabulary, _ = fit_vocabulary(TOKENIZER(TEXTS), FeatureSettings(min_examples=1))
    vectorizer = Vectorizer(vocabulary, FeatureSettings(min_examples=1))
    together = vectorizer(TOKENIZER(corpus)).toarray()
    alone = [vectorizer(TOKENIZER([text])).toarray()[0] for text in corpus]
    np.testing.assert_array_equal(together, np.array(alone))


@given(corpora, st.randoms(use_true_random=False))
def test_the_vocabulary_does_not_depend_on_the_order_of_the_examples(corpus: list[str], random: object) -> None:
    settings = FeatureSettings(min_examples=1, max_word_terms=3, max_char_terms=3)
    one, _ = fit_vocabulary(TOKENIZER(corpus), settings)
    other, _ = fit_vocabulary(TOKENIZER(corpus[::-1]), settings)
    assert (one.words, one.chars) == (other.words, other.chars)


@pytest.mark.parametrize(("words", "chars"), [((), (2, 3)), ((1, 1), ())])
def test_either_block_can_be_left_out(words: tuple[int, ...], chars: tuple[int, ...]) -> None:
    settings = FeatureSettings(word_ngrams=words, char_ngrams=chars)
    vocabulary, rows = fit_vocabulary(TOKENIZER(TEXTS), settings)
    assert bool(vocabulary.words) == bool(words)
    assert bool(vocabulary.chars) == bool(chars)
    np.testing.assert_array_equal(Vectorizer(vocabulary, settings)(TOKENIZER(TEXTS)).toarray(), rows.toarray())


def test_most_frequent_terms_are_kept_when_there_are_too_many() -> None:
    settings = FeatureSettings(word_ngrams=(1, 1), char_ngrams=(), min_examples=1, max_word_terms=2)
    vocabulary, rows = fit_vocabulary(TOKENIZER(["a b", "a b", "a c"]), settings)
    assert vocabulary.words == ("a", "b")
    assert rows.shape == (3, 2)


def test_a_vocabulary_without_terms_gives_empty_rows() -> None:
    vocabulary, rows = fit_vocabulary(TOKENIZER(["", "one two"]), FeatureSettings(min_examples=2))
    assert len(vocabulary) == 0
    assert rows.shape == (2, 0)
    assert Vectorizer(vocabulary, FeatureSettings())(TOKENIZER(["one"])).shape == (1, 0)


def test_a_column_is_named_as_people_see_it() -> None:
    vocabulary, _ = fit_vocabulary(TOKENIZER(["ab", "ab"]), FeatureSettings(char_ngrams=(3, 3)))
    assert [vocabulary.term(column) for column in range(len(vocabulary))] == ["ab", "| ab|", "|ab |"]
