import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.text.memo import Memo

keys = st.lists(st.text(st.sampled_from("abcdefgh"), min_size=1, max_size=1), max_size=60)


@given(keys, st.integers(1, 10))
def test_what_is_found_is_what_was_put(sequence: list[str], capacity: int) -> None:
    memo: Memo[int] = Memo(capacity)
    for key in sequence:
        assert memo.find(key) in (None, ord(key))
        memo.put(key, ord(key))
        assert memo.find(key) == ord(key)


@given(keys, st.integers(1, 10))
def test_it_holds_at_most_two_generations(sequence: list[str], capacity: int) -> None:
    memo: Memo[int] = Memo(capacity)
    for key in sequence:
        memo.put(key, 1)
        assert len(memo) <= 2 * capacity


@given(st.lists(st.integers(1, 10), max_size=50))
def test_generations_are_bounded_by_weight(weights: list[int]) -> None:
    memo: Memo[int] = Memo(12, lambda weight: weight)
    for number, weight in enumerate(weights):
        memo.put(str(number), weight)
        assert sum(memo.young.values()) <= 12
        assert sum(memo.young.values()) <= memo.weight <= 24


def test_what_is_used_outlives_what_is_not() -> None:
    memo: Memo[str] = Memo(2)
    memo.put("used", "u")
    for number in range(100):
        memo.put(str(number), "n")
        assert memo.find("used") == "u"
    assert memo.find("0") is None


def test_what_is_too_heavy_is_not_kept() -> None:
    memo: Memo[str] = Memo(5, len)
    memo.put("heavy", "123456")
    memo.put("light", "12345")
    assert (memo.find("heavy"), memo.find("light")) == (None, "12345")


def test_a_memo_without_room_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 1, got 0"):
        Memo(0)
