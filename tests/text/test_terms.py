from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from surtitle.text.terms import CharCounter, WordCounter, char_ngrams, count_chars, count_words
from surtitle.text.tokens import Tokens

words = st.lists(st.sampled_from(["a", "b", "ab", "dummy", "é"]), max_size=7)
corpora = st.lists(words, max_size=6)
spans = st.tuples(st.integers(1, 4), st.integers(1, 4)).map(lambda pair: (min(pair), max(pair)))


def as_tokens(corpus: list[list[str]]) -> Tokens:
    types = sorted({word for text in corpus for word in text})
    ids = [types.index(word) for text in corpus for word in text]
    starts = np.cumsum([0, *(len(text) for text in corpus)])
    return Tokens([(word, word.upper()) for word in types], np.array(ids, np.int32), starts.astype(np.int64))


def plain_words(text: list[str], span: tuple[int, int]) -> Counter[str]:
    upper = [word.upper() for word in text]
    return Counter(" ".join(upper[i : i + n]) for n in range(span[0], span[1] + 1) for i in range(len(upper) - n + 1))


def plain_chars(text: list[str], span: tuple[int, int]) -> Counter[str]:
    return Counter(ngram for word in text for ngram in char_ngrams(word, *span))


@given(corpora, spans)
def test_word_counts_are_those_of_a_plain_loop(corpus: list[list[str]], span: tuple[int, int]) -> None:
    terms, counts = count_words(as_tokens(corpus), span)
    assert len(set(terms)) == len(terms)
    for row, text in zip(counts.toarray(), corpus, strict=True):
        assert {t: int(n) for t, n in zip(terms, row, strict=True) if n} == plain_words(text, span)


@given(corpora, spans)
def test_character_counts_are_those_of_a_plain_loop(corpus: list[list[str]], span: tuple[int, int]) -> None:
    terms, counts = count_chars(as_tokens(corpus), span)
    for row, text in zip(counts.toarray(), corpus, strict=True):
        assert {t: int(n) for t, n in zip(terms, row, strict=True) if n} == plain_chars(text, span)


@given(corpora, corpora, spans, st.randoms(use_true_random=False))
def test_known_terms_are_counted_in_new_texts(
    corpus: list[list[str]], fresh: list[list[str]], span: tuple[int, int], random: object
) -> None:
    """Also when only some n-grams are kept, such as "a b" without "a"."""
    found, _ = count_words(as_tokens(corpus), span)
    known = sorted(term for index, term in enumerate(found) if index % 3)
    counts = WordCounter(known, span).count(as_tokens(fresh)).toarray()
    assert counts.shape == (len(fresh), len(known))
    for row, text in zip(counts, fresh, strict=True):
        everything = plain_words(text, span)
        assert row.tolist() == [everything[term] for term in known]


@given(corpora, spans)
def test_known_characters_are_counted_in_new_texts(corpus: list[list[str]], span: tuple[int, int]) -> None:
    known = {" a": 0, "dum": 1, "é ": 2}
    counts = CharCounter(known, span).count(as_tokens(corpus)).toarray()
    for row, text in zip(counts, corpus, strict=True):
        everything = plain_chars(text, span)
        assert row.tolist() == [everything[ngram] for ngram in known]


def test_a_short_token_has_only_the_ngrams_that_fit_it() -> None:
    assert list(char_ngrams("!", 2, 5)) == [" !", "! ", " ! "]
