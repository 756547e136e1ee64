"""Which events are chosen to be labelled, and what each stands for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from surtitle.models import DecisionRule
from surtitle.records import Thresholds
from surtitle.watch.choose import NEAR_COPY, Candidate, Chosen, Wanted, choose, closeness, weigh

RULE = DecisionRule(("0", "1"), (1.0, 1.0), Thresholds(review=0.3, remove=0.7))


def candidate(number: int, near: float = 0.5) -> Candidate:
    return Candidate(f"e{number}", f"text {number}", None, 0.5, "1", near)


def unit_rows(rng: np.random.Generator, n: int, width: int = 6) -> sparse.csr_array:
    dense = rng.random((n, width)) * (rng.random((n, width)) < 0.5)
    return sparse.csr_array(dense / np.maximum(np.linalg.norm(dense, axis=1), 1e-12)[:, None])


@given(st.lists(st.floats(0.0, 1.0), min_size=2, max_size=20, unique=True))
def test_the_closest_to_a_threshold_is_the_closest_in_log_odds(scores: list[float]) -> None:
    probs = np.column_stack([1.0 - np.array(scores), scores])
    near = closeness(probs, RULE)
    assert ((near > 0.0) & (near <= 1.0)).all()
    clipped = np.clip(scores, 1e-12, 1.0 - 1e-12)
    odds, borders = np.log(clipped / (1 - clipped)), np.log(np.array([0.3, 0.7]) / np.array([0.7, 0.3]))
    expected = np.abs(odds[:, None] - borders).min(axis=1)
    assert np.allclose(-np.log(near), expected)


@given(st.integers(0, 10_000), st.integers(1, 40))
def test_no_two_chosen_are_nearly_copies(seed: int, n: int) -> None:
    rng = np.random.default_rng(seed)
    rows = unit_rows(rng, 60)
    pool = [candidate(place, float(near)) for place, near in enumerate(rng.random(60))]
    chosen = choose(pool, rows, [frozenset()] * 60, {}, Wanted(n, 0, 0))
    places = [int(each.candidate.id[1:]) for each in chosen]
    assert len(set(places)) == len(places) <= n
    likeness = (rows[places] @ rows[places].T).toarray()
    np.fill_diagonal(likeness, 0.0)
    assert likeness.max(initial=0.0) < NEAR_COPY
    assert len(places) == n or len(places) >= 6  # six directions differ at least


def test_the_most_uncertain_comes_first_and_what_is_like_it_later() -> None:
    rows = sparse.csr_array([[1.0, 0.0], [0.9, np.sqrt(0.19)], [0.0, 1.0], [np.sqrt(0.5), np.sqrt(0.5)]])
    pool = [candidate(0, 0.99), candidate(1, 0.98), candidate(2, 0.5), candidate(3, 0.9)]
    chosen = choose(pool, rows, [frozenset()] * 4, {}, Wanted(2, 0, 0))
    assert [each.candidate.id for each in chosen] == ["e0", "e2"]  # e1 is nearly e0, e3 half of it


def test_one_event_for_each_new_word_the_most_frequent_first() -> None:
    words = [frozenset({"muppet"}), frozenset({"muppet", "numpty"}), frozenset({"numpty"}), frozenset({"typo"})]
    pool = [candidate(place, near) for place, near in enumerate((0.2, 0.9, 0.3, 0.99))]
    frequencies = {"muppet": 50, "numpty": 20, "typo": 1}
    chosen = choose(pool, sparse.csr_array(np.eye(4)), words, frequencies, Wanted(1, 1, 0))
    assert [(each.candidate.id, each.why) for each in chosen] == [("e1", "new term: muppet"), ("e3", "uncertain")]
    more = choose(pool, sparse.csr_array(np.eye(4)), words, frequencies, Wanted(1, 2, 0))
    assert [each.why for each in more] == ["new term: muppet", "uncertain", "uncertain"]  # e1 holds both words


def test_copies_are_not_asked_for_twice_even_if_more_are_wanted() -> None:
    rows = sparse.csr_array(np.ones((5, 1)))
    assert len(choose([candidate(n) for n in range(5)], rows, [frozenset()] * 5, {}, Wanted(5, 0, 0))) == 1


def test_an_empty_pool_gives_nothing() -> None:
    assert choose([], sparse.csr_array((0, 3)), [], {"muppet": 9}, Wanted(3, 1, 1)) == []


@given(st.integers(1, 500), st.floats(0.01, 1.0))
def test_what_is_wanted_adds_up_and_some_is_random(n: int, random: float) -> None:
    wanted = Wanted.of(n, random=random)
    assert wanted.uncertain + wanted.new_terms + wanted.random == n
    assert wanted.random >= 1
    assert min(wanted.uncertain, wanted.new_terms) >= 0


@pytest.mark.parametrize(("n_chosen", "n_drawn", "population"), [(3, 2, 100), (0, 4, 4), (5, 0, 5)])
def test_the_weights_add_up_to_all_events(n_chosen: int, n_drawn: int, population: int) -> None:
    chosen = [Chosen(candidate(n), "uncertain") for n in range(n_chosen)]
    drawn = [candidate(100 + n) for n in range(n_drawn)]
    asked = weigh(chosen, drawn, population, np.random.default_rng(0))
    assert sum(each.weight for each in asked) == pytest.approx(population)
    assert {each.label for each in asked} == {""}
