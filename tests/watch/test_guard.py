"""Whether a new champion is rolled back."""

from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from surtitle.records import Interval
from surtitle.settings import WatchSettings
from surtitle.watch.guard import Guard, GuardVerdict, judge_guard

SINCE = datetime(2026, 3, 1, tzinfo=UTC)
GUARD = Guard(version=2, before=1, since=SINCE)
POLICY = WatchSettings(guard="7d", maturity="2d")
DAY = timedelta(days=1)


@given(st.tuples(*[st.floats(-1, 1)] * 3).map(sorted), st.integers(0, 20))
def test_only_what_is_shown_to_be_worse_is_rolled_back(ends: list[float], days: int) -> None:
    low, value, high = ends
    verdict = judge_guard(GUARD, Interval(value, low, high), SINCE + days * DAY, POLICY, n_examples=500)
    assert verdict.roll_back == (high < 0)
    assert verdict.over == (high < 0 or days >= 9)


def test_without_a_difference_nothing_is_rolled_back_and_the_trial_still_ends() -> None:
    early = judge_guard(GUARD, None, SINCE + DAY, POLICY, n_examples=3)
    assert (early.roll_back, early.over) == (False, False)
    assert early.reason == "Version 2 minus version 1 cannot be told yet."
    assert judge_guard(GUARD, None, SINCE + 9 * DAY, POLICY, n_examples=3).over


def test_verdict_survives_json() -> None:
    verdict = judge_guard(GUARD, Interval(-0.2, -0.3, -0.1), SINCE, POLICY, n_examples=500)
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=GuardVerdict) == verdict
