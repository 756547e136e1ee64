import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.serve.bench.statistics import Latencies, Timeline

times = st.lists(st.floats(1e-6, 100.0), min_size=1, max_size=200)


def of(seconds: list[float]) -> Latencies:
    counted = Latencies()
    for each in seconds:
        counted.add(each)
    return counted


@given(times, st.floats(0.01, 1.0))
def test_a_quantile_is_numpys_to_one_percent(seconds: list[float], q: float) -> None:
    expected = float(np.quantile(seconds, q, method="inverted_cdf"))
    found = of(seconds).quantile(q)
    assert found is not None
    assert expected * (1 - 1e-9) <= found <= expected * 1.0101


@given(times, times)
def test_merging_is_counting_together(first: list[float], second: list[float]) -> None:
    merged, together = of(first), of(first + second)
    merged.merge(of(second))
    assert merged.bars() == together.bars()
    assert (merged.count, merged.largest_s) == (together.count, together.largest_s)
    assert merged.total_s == pytest.approx(together.total_s)


@given(times)
def test_bars_hold_every_time_and_no_more(seconds: list[float]) -> None:
    bars = of(seconds).bars()
    assert sum(count for _, count in bars) == len(seconds)
    assert bars[0][1] > 0
    assert bars[-1][1] > 0
    assert bars[-1][0] >= max(seconds) * (1 - 1e-9)
    assert all(math.isclose(b / a, 10**0.05) for (a, _), (b, _) in itertools.pairwise(bars))


def test_a_time_of_nothing_counts_too() -> None:
    counted = of([0.0])
    assert (counted.count, counted.quantile(1.0)) == (1, 0.0)


def test_no_times_have_no_quantile() -> None:
    assert Latencies().quantile(0.5) is None
    assert Latencies().bars() == []


@pytest.mark.parametrize("q", [0.0, -1.0, 1.1])
def test_a_quantile_outside_of_its_range_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match="a quantile lies"):
        Latencies().quantile(q)


@given(st.lists(st.floats(0.001, 500.0), max_size=100))
def test_a_timeline_stays_short_and_loses_nothing(moments: list[float]) -> None:
    line = Timeline()
    for moment in moments:
        line.add(moment, 0.001, failed=False)
        line.add(moment, None, failed=True)
    end = max(moments, default=0.0)
    slices = list(line.slices(end))
    assert len(slices) <= 121
    assert sum(each.failed for each in slices) == len(moments)
    ends = [*(each.at_s for each in slices[1:]), end]
    answered = sum(each.per_s * ((stop - each.at_s) or 1.0) for each, stop in zip(slices, ends, strict=True))
    assert answered == pytest.approx(len(moments))
