"""Drift is seen where there is some, and not where there is none."""

import random
from datetime import UTC, datetime

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon

from surtitle.errors import DataError
from surtitle.evaluate.sketch import Sketch, WordCounter, make_sketch, score_counts
from surtitle.settings import CleaningSettings
from surtitle.simulate.community import COMMUNITIES, generate
from surtitle.watch.drift import Drift, _distance, compare_scores, compare_texts

CLEANING = CleaningSettings()
START = datetime(2025, 1, 1, tzinfo=UTC)
SCORES = np.random.default_rng(0).beta(0.5, 2.0, 3000)


@pytest.fixture(scope="module")
def comments() -> list[str]:
    found = [comment.text for comment in generate(14_000, seed=1, start=START, days=300)]
    random.Random(3).shuffle(found)
    return found


@pytest.fixture(scope="module")
def sketch(comments: list[str]) -> Sketch:
    return make_sketch(comments[:6000], comments[6000:9000], SCORES, CLEANING)


def look(sketch: Sketch, texts: list[str], seed: int = 0) -> Drift:
    counter = WordCounter(sketch.cleaning, sketch.words, seed=seed)
    counter.add(texts)
    return compare_texts(sketch, counter, seed=seed)


@pytest.mark.parametrize("n", [300, 1000, 5000])
def test_more_of_the_same_is_no_drift(sketch: Sketch, comments: list[str], n: int) -> None:
    found = look(sketch, comments[9000 : 9000 + n])
    assert not found.drifted
    assert found.domain is not None
    assert found.domain.low < 0.55


def test_other_communities_are(sketch: Sketch) -> None:
    texts = [comment.text for comment in generate(3000, seed=2, start=START, days=300, communities=COMMUNITIES[:1])]
    found = look(sketch, texts)
    assert found.words.drifted
    assert found.domain_drifted


def test_words_that_nobody_knew_are_named(sketch: Sketch, comments: list[str]) -> None:
    found = look(sketch, [f"{text} flurp{n % 3} flurp{n % 3}" for n, text in enumerate(comments[9000:11_000])])
    assert found.unseen.drifted
    assert {word.word for word in found.moved[:3]} == {"flurp0", "flurp1", "flurp2"}
    assert found.moved[0].was == 0.0
    assert found.moved[0].now == pytest.approx(1 / 3, abs=0.01)


def test_distance_is_that_of_scipy() -> None:
    rng = np.random.default_rng(1)
    was, now = rng.integers(50, 500, 30).astype(float), rng.integers(50, 500, 30).astype(float)
    assert _distance(was, now).value == pytest.approx(jensenshannon(was, now, base=2))


def test_chance_is_about_what_chance_gives() -> None:
    rng = np.random.default_rng(1)
    shares = rng.dirichlet(np.full(200, 2.0))
    squares = []
    for _ in range(50):
        found = _distance(*(rng.multinomial(n, shares).astype(float) for n in (20_000, 5000)))
        squares.append((found.value / found.by_chance) ** 2)
    assert np.mean(squares) == pytest.approx(1.0, abs=0.1)


def test_scores_that_move_are_drift(sketch: Sketch) -> None:
    rng = np.random.default_rng(5)
    assert not compare_scores(sketch, score_counts(rng.beta(0.5, 2.0, 500))).drifted
    assert compare_scores(sketch, score_counts(rng.beta(2.0, 2.0, 500))).drifted


def test_few_texts_have_no_classifier(sketch: Sketch, comments: list[str]) -> None:
    assert look(sketch, comments[9000:9099]).domain is None


def test_nothing_to_compare_is_said(sketch: Sketch) -> None:
    with pytest.raises(DataError, match="no words"):
        look(sketch, ["", " ", "!!!"])
    with pytest.raises(DataError, match="no scores"):
        compare_scores(sketch, np.zeros(20, np.int64))
