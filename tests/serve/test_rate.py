"""The limit of requests per second: laws."""

from hypothesis import given
from hypothesis import strategies as st

from surtitle.serve.rate import admit


@given(
    st.lists(st.floats(0, 2), min_size=1, max_size=200),
    st.floats(0.5, 50),
    st.integers(1, 20),
)
def test_no_window_ever_holds_more_than_the_burst_and_what_the_rate_adds(
    gaps: list[float], rate: float, burst: int
) -> None:
    state, now, admitted = 0.0, 1000.0, []
    for gap in gaps:
        now += gap
        state, wait = admit(state, now, rate=rate, burst=burst)
        if not wait:
            admitted.append(now)
    for place, start in enumerate(admitted):
        for count, end in enumerate(admitted[place:], 1):
            assert count <= burst + (end - start) * rate + 1e-6


@given(st.floats(0.5, 50), st.integers(1, 20), st.integers(0, 30))
def test_whoever_waits_as_long_as_told_is_admitted(rate: float, burst: int, before: int) -> None:
    state, now = 0.0, 5.0
    for _ in range(before):
        state, _ = admit(state, now, rate=rate, burst=burst)
    _, wait = admit(state, now, rate=rate, burst=burst)
    assert admit(state, now + wait + 1e-9, rate=rate, burst=burst)[1] == 0.0


def test_a_refusal_costs_nothing() -> None:
    state, _ = admit(0.0, 1.0, rate=1.0, burst=1)
    assert admit(state, 1.0, rate=1.0, burst=1)[0] == state
