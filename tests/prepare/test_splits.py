import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from surtitle.errors import DataError
from surtitle.prepare.splits import (
    LEFT_OUT,
    TEST,
    TRAIN,
    VALIDATION,
    keep_texts_together,
    mix,
    split_by_group,
    split_by_time,
    split_stratified,
)

SHARES = {"validation": 0.1, "test": 0.2}


@given(st.lists(st.integers(0, 50), min_size=3, max_size=60))
def test_train_is_strictly_before_validation_and_that_before_test(times: list[int]) -> None:
    assume(len(set(times)) >= 3)
    t = np.array(times)
    split = split_by_time(t, **SHARES)
    assert t[split == TRAIN].max() < t[split == VALIDATION].min()
    assert t[split == VALIDATION].max() < t[split == TEST].min()


def test_different_times_are_cut_at_the_shares() -> None:
    assert np.bincount(split_by_time(np.arange(1000), **SHARES)).tolist() == [700, 100, 200]


@pytest.mark.parametrize("times", [[], [1], [1, 1, 1], [1, 2, 2, 1]])
def test_too_few_times_are_refused(times: list[int]) -> None:
    with pytest.raises(DataError, match=f"the different times are only {len(set(times))}"):
        split_by_time(np.array(times, dtype=np.int64), **SHARES)


def keys_of(n: int) -> np.ndarray:
    return mix(np.arange(n, dtype=np.uint64), 99)


def test_each_class_is_divided_by_the_shares() -> None:
    labels = np.repeat([0, 1], [900, 100]).astype(np.int32)
    split = split_stratified(keys_of(1000), labels, **SHARES, seed=0)
    assert np.bincount(split[labels == 0]).tolist() == [630, 90, 180]
    assert np.bincount(split[labels == 1]).tolist() == [70, 10, 20]


@given(st.integers(3, 40), st.integers(0, 5))
def test_a_class_of_three_or_more_is_in_every_split(n: int, seed: int) -> None:
    split = split_stratified(keys_of(n), np.zeros(n, np.int32), **SHARES, seed=seed)
    assert set(split.tolist()) == {TRAIN, VALIDATION, TEST}


def test_adding_examples_moves_few_others_and_their_order_moves_none() -> None:
    keys, labels = keys_of(1100), np.zeros(1100, np.int32)
    before = split_stratified(keys[:1000], labels[:1000], **SHARES, seed=0)
    after = split_stratified(keys, labels, **SHARES, seed=0)[:1000]
    assert (before != after).mean() < 0.03
    assert not ((before == TEST) & (after == TRAIN)).any()
    turned = split_stratified(keys[::-1], labels, **SHARES, seed=0)[::-1][:1000]
    assert (turned == after).all()


def test_another_seed_divides_differently() -> None:
    keys, labels = keys_of(1000), np.zeros(1000, np.int32)
    one, other = (split_stratified(keys, labels, **SHARES, seed=seed) for seed in (0, 1))
    assert (one != other).mean() > 0.2


@given(st.lists(st.integers(0, 20), min_size=60, max_size=200), st.integers(0, 9))
def test_groups_stay_whole(groups: list[int], seed: int) -> None:
    g = np.array(groups, dtype=np.uint64)
    try:
        split = split_by_group(g, **SHARES, seed=seed)
    except DataError:
        assume(False)
    assert all(len(set(split[g == group])) == 1 for group in set(groups))


def test_many_small_groups_come_close_to_the_shares_and_a_giant_goes_to_train() -> None:
    groups = np.concatenate([np.arange(600) % 200, np.full(400, 999)]).astype(np.uint64)
    split = split_by_group(groups, **SHARES, seed=0)
    counts = np.bincount(split)
    assert 95 <= counts[VALIDATION] <= 105
    assert 195 <= counts[TEST] <= 205
    assert set(split[600:].tolist()) == {TRAIN}


@pytest.mark.parametrize("groups", [[], [1, 1, 1], [1, 2], [1] * 50 + [2] * 50])
def test_groups_that_do_not_divide_are_refused(groups: list[int]) -> None:
    with pytest.raises(DataError, match="do not divide"):
        split_by_group(np.array(groups, dtype=np.uint64), **SHARES, seed=0)


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 2), st.integers(0, 9)), max_size=40))
def test_a_text_is_never_in_two_splits_and_its_earliest_copy_stays(rows: list[tuple[int, int, int]]) -> None:
    keys = np.array([row[0] for row in rows], dtype=np.uint64)
    split = np.array([row[1] for row in rows], dtype=np.int8)
    times = np.array([row[2] for row in rows], dtype=np.int64)
    together = keep_texts_together(split, keys, times)
    for key in set(keys.tolist()):
        members = np.flatnonzero(keys == key)
        first = members[np.argmin(times[members])]
        assert set(together[members].tolist()) - {LEFT_OUT} == {split[first]}
        assert together[first] == split[first]


def test_mix_is_the_published_function() -> None:
    # SplitMix64 seeded with 0 gives this first number (Vigna's reference implementation, splitmix64.c).
    assert int(mix(np.zeros(1, np.uint64), 0)[0]) == 0xE220A8397B1DCDAF
