"""How the examples of a retraining are divided."""

from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from surtitle.settings import DataSettings, Settings, SplitSettings, WatchSettings
from surtitle.watch.retrain import divide

START = datetime(2026, 3, 1, tzinfo=UTC)
HOURS = np.datetime64("2026-03-01", "us") + np.arange(3000) * np.timedelta64(1, "h")


def hour(number: int) -> datetime:
    return START + timedelta(hours=number)


def settings(window: str = "", gate_examples: int = 100, test: float = 0.2) -> Settings:
    watch = WatchSettings(window=window, gate_examples=gate_examples)
    return Settings(data=DataSettings(source="a.csv"), split=SplitSettings(test=test), watch=watch)


@given(
    n_known=st.integers(0, 3000),
    since=st.none() | st.integers(-10, 3010),
    window=st.sampled_from(["", "1h", "10d", "100d"]),
    gate_examples=st.integers(1, 800),
    test=st.floats(0.05, 0.4),
)
def test_parts_follow_each_other_and_hold_only_what_is_known(
    n_known: int, since: int | None, window: str, gate_examples: int, test: float
) -> None:
    moment = None if since is None else hour(since)
    now = hour(n_known)
    train, validation, held = divide(HOURS, n_known, moment, now, settings(window, gate_examples, test))
    assert 0 <= train.start <= train.stop == validation.start <= validation.stop == held.start <= held.stop == n_known
    if since is not None and held.stop > held.start:
        assert HOURS[held.start] > np.datetime64(hour(since).replace(tzinfo=None))
    if window and train.stop > train.start:
        assert HOURS[train.start] >= np.datetime64((now - timedelta(hours=parsed(window))).replace(tzinfo=None))


def parsed(window: str) -> int:
    return int(window[:-1]) * (24 if window.endswith("d") else 1)


def test_the_gate_gets_half_of_few_new_examples_and_a_share_of_many() -> None:
    few = divide(HOURS, 3000, hour(2900), hour(3000), settings())
    assert few.test == slice(2951, 3000)
    many = divide(HOURS, 3000, hour(999), hour(3000), settings())
    assert many.test == slice(2600, 3000)


def test_what_is_new_is_mostly_trained_on() -> None:
    train, validation, _ = divide(HOURS, 3000, hour(1999), hour(3000), settings())
    new_trained = train.stop - 2000
    assert new_trained >= 500
    assert validation.stop - validation.start == 100
