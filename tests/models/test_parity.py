"""Every engine, batch and memory against the plain path: spaCy on each text, scikit-learn on its tokens."""

import csv
import gzip
import itertools
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse
from sklearn.feature_extraction import DictVectorizer
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.linear_model import LogisticRegression

from surtitle.models import DecisionRule, LinearModel, LinearScorer
from surtitle.models.engines.python import PythonEngine
from surtitle.settings import CleaningSettings, FeatureSettings, TextSettings
from surtitle.text import RememberedChunks, Tokenizer, Vocabulary, clean, frequent_chunks, read_rules
from surtitle.text.native import EngineName, native_status
from tests.prepare.helpers import REAL
from tests.text.samples import EMOTICONS, TEXTS, TOUCHING

LANGUAGES = ("en", "de", "fr", "es")
CLEANING = CleaningSettings()
FEATURES = FeatureSettings(char_ngrams=(2, 3))
TRAINING = {
    "en": ["You are a DUMMY!!!! :(", "you're kind :)", "what a dummy, isn't it?", "so kind of you http://a.b/c"],
    "de": ["Du bist ein Dummkopf!!!", "wie nett z.B. von dir :)", "so ein Dummkopf, oder?", "die Häuser sind nett"],
    "fr": [
        "Tu es bête !!! :(",
        "c'est gentil aujourd'hui :)",
        "qu'il est bête, est-il ?",
        "les maisons sont gentilles",
    ],
    "es": ["¡Eres un tonto!!!! :(", "qué amable eres :)", "vaya tonto, ¿no?", "las casas son amables"],
}
Y = np.array([1, 0, 1, 0] * 3)
PARITY = hypothesis.settings.get_profile("parity")

batches = st.lists(st.one_of(TEXTS, EMOTICONS, TOUCHING), max_size=6)


Pairs = list[tuple[str, str]]
"""A text's tokens, each with its lemma."""


def words(tokens: Pairs) -> Counter[str]:
    lemmas = [lemma for _, lemma in tokens]
    return Counter(lemmas) + Counter(map(" ".join, itertools.pairwise(lemmas)))


def chars(tokens: Pairs) -> Counter[str]:
    padded = [f" {token} " for token, _ in tokens]
    return Counter(p[i : i + n] for p in padded for n in (2, 3) for i in range(len(p) - n + 1))


class Plain:
    """The plain path, written as plainly as can be; fitted on a few texts."""

    def __init__(self, language: str) -> None:
        self.nlp = spacy.blank(language)
        self.nlp.add_pipe("lemmatizer", config={"mode": "lookup"})
        self.nlp.initialize()
        tokens = [self.tokens(text) for text in TRAINING[language] * 3]
        self.blocks = [(DictVectorizer(), TfidfTransformer(sublinear_tf=True)) for _ in range(2)]
        counts = [[*map(words, tokens)], [*map(chars, tokens)]]
        X = sparse.hstack([t.fit_transform(v.fit_transform(c)) for (v, t), c in zip(self.blocks, counts, strict=True)])
        self.model = LogisticRegression(C=5.0).fit(X, Y)

    def tokens(self, text: str) -> Pairs:
        return [(token.text, token.lemma_) for token in self.nlp(clean(text, CLEANING))]

    def rows(self, tokens: list[Pairs]) -> sparse.csr_array:
        counts = [[*map(words, tokens)], [*map(chars, tokens)]]
        blocks = [t.transform(v.transform(c)) for (v, t), c in zip(self.blocks, counts, strict=True)]
        return sparse.csr_array(sparse.hstack(blocks))

    def scorer(self, engine: EngineName, **parts: Any) -> LinearScorer:
        """Return our scorer with the same terms and weights."""
        names = [tuple(vectorizer.get_feature_names_out()) for vectorizer, _ in self.blocks]
        idf = [np.asarray(transformer.idf_) for _, transformer in self.blocks]
        vocabulary = Vocabulary(names[0], names[1], idf[0], idf[1])
        model = LinearModel(self.model.coef_, self.model.intercept_)
        text = TextSettings(language=str(self.nlp.lang))
        return LinearScorer(text, FEATURES, vocabulary, model, DecisionRule(("0", "1"), (1, 1)), engine=engine, **parts)


@cache
def plain(language: str) -> Plain:
    return Plain(language)


@cache
def scorer(language: str, engine: EngineName) -> LinearScorer:
    return plain(language).scorer(engine)


@cache
def tokenizer(language: str, engine: EngineName) -> Tokenizer:
    return Tokenizer(TextSettings(language=language), engine=engine)


@pytest.mark.parametrize("language", LANGUAGES)
def test_tokens_and_scores_are_those_of_the_plain_path(language: str, engine: EngineName) -> None:
    @hypothesis.settings(PARITY)
    @given(batch=batches)
    def check(batch: list[str]) -> None:
        found, ours, theirs = tokenizer(language, engine)(batch), scorer(language, engine), plain(language)
        tokens = [theirs.tokens(text) for text in batch]
        assert [found.text(i) for i in range(len(batch))] == tokens
        if batch:
            rows = theirs.rows(tokens)
            expected = theirs.model.predict_proba(rows)
            np.testing.assert_allclose(ours.probabilities(batch), expected, rtol=0, atol=1e-9)
            np.testing.assert_allclose(ours.rows(batch).toarray(), rows.toarray(), rtol=0, atol=1e-9)

    check()


def test_a_score_is_a_function_of_the_text_to_the_last_bit(engine: EngineName) -> None:
    """Law: neither the batch, nor one or many at a time, nor what was met before makes a difference."""
    used = scorer("en", engine)

    @hypothesis.settings(PARITY)
    @given(batch=batches)
    def check(batch: list[str]) -> None:
        together = used.probabilities(batch)
        assert together.tolist() == [used.probabilities([text])[0].tolist() for text in batch]
        assert [each.probabilities["1"] for each in used.score(batch)] == together[:, 1].tolist()
        assert used.probabilities(batch[::-1])[::-1].tolist() == together.tolist()
        # A large batch takes other ways, such as threads.
        assert used.probabilities(batch * 7)[: len(batch)].tolist() == together.tolist()

    check()
    fresh = plain("en").scorer(engine)
    texts = [text for texts in TRAINING.values() for text in texts] * 50
    assert fresh.probabilities(texts).tolist() == used.probabilities(texts).tolist()


@pytest.mark.parametrize("memo_bytes", [1, 500, 3000])
def test_a_memory_that_is_empty_or_always_full_makes_no_difference(memo_bytes: int) -> None:
    reference = plain("en")
    used = scorer("en", "python")
    rules = read_rules(used.text)
    assert rules is not None
    small = PythonEngine(
        rules, CLEANING, FEATURES, used.vocabulary, used.model, RememberedChunks(), memo_bytes=memo_bytes
    )

    @hypothesis.settings(PARITY)
    @given(batch=batches)
    def check(batch: list[str]) -> None:
        tokens = [reference.tokens(text) for text in batch]
        expected = used.model.logits(reference.rows(tokens)) if batch else np.zeros((0, 1))
        found = small.logits(batch)
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)
        assert found.tolist() == [small.logits_one(text) for text in batch]

    check()


def test_chunks_remembered_from_training_make_no_difference(engine: EngineName) -> None:
    rules = read_rules(TextSettings())
    assert rules is not None
    remembered = frequent_chunks(TRAINING["en"], rules, CLEANING, min_examples=1)
    assert remembered.chunks
    knowing, unknowing = plain("en").scorer(engine, remembered=remembered), scorer("en", engine)

    @hypothesis.settings(PARITY)
    @given(batch=batches)
    def check(batch: list[str]) -> None:
        assert knowing.probabilities(batch).tolist() == unknowing.probabilities(batch).tolist()

    check()


def real_texts() -> Iterator[tuple[str, list[str]]]:
    """Yield the language and the texts of every file of real data."""
    columns = ("text", "tweet")
    for path in sorted([*REAL.glob("*/*.csv.gz"), *REAL.glob("*/*.csv")]):
        with _open(path) as file:
            reader = csv.DictReader(file)
            column = next(name for name in columns if name in (reader.fieldnames or ()))
            yield "en", [row[column] or "" for row in reader]
    for path in sorted([*REAL.glob("*/*.en.gz"), *REAL.glob("*/*.de.gz")]):
        with _open(path) as file:
            yield path.suffixes[-2][1:], file.read().splitlines()
    for path in sorted([*REAL.glob("*/*.tsv.gz"), *REAL.glob("*/*.tsv")]):
        with _open(path) as file:
            lines = [line.split("\t") for line in file.read().splitlines()]
        yield "en", [line[-2 if path.parent.name.endswith("_de_en") else -1] for line in lines]
        if path.parent.name.endswith("_de_en"):
            yield "de", [line[-1] for line in lines]


def _open(path: Path) -> Any:
    opener: Any = gzip.open if path.suffix == ".gz" else open
    return opener(path, "rt", encoding="utf-8", newline="")


@pytest.mark.slow
@pytest.mark.skipif(not REAL.is_dir(), reason="the real sets are not beside this checkout")
def test_real_texts_have_the_tokens_and_scores_of_the_plain_path(deep: bool) -> None:
    csv.field_size_limit(1 << 24)
    engines: list[EngineName] = ["python", "native"] if native_status().available else ["python"]
    for language, all_texts in real_texts():
        texts = all_texts if deep else all_texts[::5]
        for start in range(0, len(texts), 5000):
            block = texts[start : start + 5000]
            reference = plain(language)
            tokens = [reference.tokens(text) for text in block]
            expected = reference.model.predict_proba(reference.rows(tokens))
            for engine in engines:
                found = tokenizer(language, engine)(block)
                assert [found.text(i) for i in range(len(block))] == tokens
                probabilities = scorer(language, engine).probabilities(block)
                np.testing.assert_allclose(probabilities, expected, rtol=0, atol=1e-9)
