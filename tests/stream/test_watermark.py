from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from surtitle.stream.watermark import BEGINNING, Watermark

steps = st.lists(
    st.one_of(
        st.tuples(st.just("observe"), st.sampled_from("abc"), st.integers(-50, 500)),
        st.tuples(st.just("settle"), st.frozensets(st.sampled_from("abc")), st.integers(0, 40)),
        st.tuples(st.just("leave"), st.sampled_from("abc"), st.just(0)),
        st.tuples(st.just("join"), st.sampled_from("abc"), st.just(0)),
    )
)


@given(steps)
def test_it_never_goes_back_nor_moves_past_an_active_partition(drawn: Any) -> None:
    mark, now, before = Watermark(bound_us=7, idle_after_us=50), 0, BEGINNING
    for name in "abc":
        mark.join(name)
    for kind, what, amount in drawn:
        if kind == "observe":
            mark.observe(what, amount)
        elif kind == "settle":
            now += amount
            mark.settle(what, now)
        else:
            getattr(mark, kind)(what)
        assert mark.value >= before
        active = [latest for name, latest in mark.latest.items() if name not in mark.idle]
        if mark.value > before and active:
            assert mark.value <= min(active) - 7
        before = mark.value


def test_an_idle_partition_does_not_hold_it() -> None:
    mark = Watermark(bound_us=0, idle_after_us=10)
    mark.join("a")
    mark.join("b")
    mark.observe("a", 100)
    assert mark.settle(["b"], 0) == BEGINNING
    assert mark.settle(["b"], 9) == BEGINNING
    assert mark.settle(["b"], 10) == 100


def test_a_partition_that_was_not_asked_in_between_is_not_idle() -> None:
    mark = Watermark(bound_us=0, idle_after_us=10)
    mark.join("a")
    mark.join("b")
    mark.observe("a", 100)
    mark.settle(["b"], 0)
    mark.settle([], 5)  # paused
    assert mark.settle(["b"], 12) == BEGINNING


def test_a_partition_that_wakes_holds_it_but_does_not_pull_it_back() -> None:
    mark = Watermark(bound_us=0, idle_after_us=10)
    mark.join("b")
    mark.observe("a", 100)
    mark.settle(["b"], 0)
    mark.settle(["b"], 10)
    assert mark.observe("b", 50) == 100
    assert mark.observe("a", 200) == 100
    assert mark.observe("b", 150) == 150


def test_when_all_are_idle_the_clock_moves_it() -> None:
    mark = Watermark(bound_us=5, idle_after_us=10)
    mark.observe("a", 100)
    assert mark.settle(["a"], 1000) == 95
    assert mark.settle(["a"], 1010) == 95
    assert mark.settle(["a"], 1030) == 115


def test_a_stream_without_any_event_stays_at_the_beginning() -> None:
    mark = Watermark(bound_us=5, idle_after_us=10)
    mark.join("a")
    mark.settle(["a"], 0)
    assert mark.settle(["a"], 1000) == BEGINNING


def test_a_partition_that_ends_no_longer_holds_it() -> None:
    mark = Watermark(bound_us=0, idle_after_us=10)
    mark.observe("a", 10)
    mark.observe("b", 100)
    mark.leave("a")
    assert mark.value == 100


def test_it_goes_on_from_what_was_committed_for_partitions_that_are_there_again() -> None:
    mark = Watermark(bound_us=0, idle_after_us=10)
    mark.restore(90, {"a": 100, "gone": 90})
    mark.join("a")
    assert mark.observe("a", 50) == 100
