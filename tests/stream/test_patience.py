from hypothesis import given
from hypothesis import strategies as st

from surtitle.stream.patience import Patience


class Time:
    """A clock that goes on only when someone sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@given(limit_s=st.floats(0.0, 1000.0))
def test_tries_at_least_once_and_stops_once_the_time_is_over(limit_s: float) -> None:
    time = Time()
    attempts = list(Patience(limit_s, clock=lambda: time.now, sleep=time.sleep).attempts())
    assert attempts == list(range(1, len(attempts) + 1))
    assert limit_s <= time.now <= limit_s + 2.0 or limit_s < 0.1


def test_waits_longer_each_time_up_to_two_seconds() -> None:
    time = Time()
    list(Patience(10.0, clock=lambda: time.now, sleep=time.sleep).attempts())
    assert time.waits[:7] == [0.1, 0.2, 0.4, 0.8, 1.6, 2.0, 2.0]
