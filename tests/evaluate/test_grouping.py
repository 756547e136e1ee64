from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.evaluate.grouping import MOST_PERIODS, MOST_VALUES, by_length, by_time, by_value, to_times

START = datetime(2026, 1, 1)


def test_most_frequent_values_come_first_and_the_rest_is_one_group() -> None:
    values = [f"v{k:02}" for k in range(30) for _ in range(30 - k)]
    grouping = by_value(values)
    assert grouping.names[:2] == ("v00", "v01")
    assert grouping.names[-1] == "other (10 values)"
    assert len(grouping.names) == MOST_VALUES + 1
    assert (grouping.codes == MOST_VALUES).sum() == sum(range(1, 11))


def test_a_rest_of_one_value_keeps_its_name() -> None:
    assert by_value([f"v{k:02}" for k in range(21)]).names[-1] == "v20"


def test_missing_values_are_a_group() -> None:
    assert by_value(["", None, "a"]).names == ("(none)", "a")


@given(st.lists(st.integers(0, 50), min_size=1, max_size=60))
def test_each_text_is_in_the_length_group_that_names_its_length(lengths: list[int]) -> None:
    grouping = by_length(["x" * length for length in lengths])
    assert len(grouping.names) <= 5
    for length, code in zip(lengths, grouping.codes, strict=True):
        low, _, high = grouping.names[code].removesuffix(" characters").partition(" to ")
        assert int(low) <= length <= int(high or low)


def test_texts_of_one_length_are_one_group() -> None:
    assert by_length(["abc"] * 9).names == ("3 characters",)


@pytest.mark.parametrize(
    ("days", "count", "first", "last"),
    [
        (1, 12, "2026-01-01", "2026-01-12"),
        (7, 12, "week of 2025-12-29", "week of 2026-03-16"),
        (30, 12, "2026-01", "2026-11"),
        (91, 12, "2026 Q1", "2028 Q3"),
        (365, 12, "2026", "2036"),
        (365, 30, "2026 to 2028", "2053 to 2055"),
        (366, 24, "2026 to 2027", "2048 to 2049"),
    ],
)
def test_periods_are_as_short_as_twelve_of_them_allow(days: int, count: int, first: str, last: str) -> None:
    names = by_time(to_times([START + timedelta(days=days * k) for k in range(count)])).names
    assert (names[0], names[-1]) == (first, last)


@given(st.lists(st.datetimes(datetime(1950, 1, 1), datetime(2200, 1, 1)), min_size=1, max_size=50))
def test_periods_are_never_too_many_and_rise_with_time(times: list[datetime]) -> None:
    values = to_times(times)
    grouping = by_time(values)
    assert 1 <= len(grouping.names) <= MOST_PERIODS
    assert (np.diff(grouping.codes[np.argsort(values)]) >= 0).all()


@pytest.mark.parametrize(
    ("n", "fewest", "first"),
    [(1200, 100, "week of 2025-12-29"), (300, 100, "2026-01"), (60, 100, "2026-01"), (60, 1, "week of 2025-12-29")],
)
def test_periods_are_longer_where_examples_are_few(n: int, fewest: int, first: str) -> None:
    times = [START + timedelta(days=(k * 70) // n) for k in range(n)]
    assert by_time(to_times(times), fewest=fewest).names[0] == first


def test_unknown_times_are_in_no_period() -> None:
    assert by_time(to_times([None, START])).codes.tolist() == [-1, 0]
    assert by_time(to_times([None, None])).names == ()


def test_times_are_taken_as_utc() -> None:
    local = datetime(2026, 1, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    [found, same] = to_times([local, datetime(2025, 12, 31, 23, tzinfo=UTC)])
    assert found == same
