import math
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.stream.sketches import Quantiles, ValueSample
from surtitle.stream.windows import AggregateSpec, Cell

scores = st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=200)


@given(scores, st.floats(0, 1))
def test_a_quantile_is_within_one_percent(values: list[float], share: float) -> None:
    sketch = Quantiles()
    sketch.add_many(values)
    exact = sorted(values)[int(share * (len(values) - 1))]
    assert sketch.quantile(share) == pytest.approx(exact, rel=Quantiles.RELATIVE_ERROR * 1.001)


@given(scores, st.integers(0, 200))
def test_merging_quantiles_is_adding_all(values: list[float], cut: int) -> None:
    whole, first, second = Quantiles(), Quantiles(), Quantiles()
    whole.add_many(values)
    first.add_many(values[:cut])
    second.add_many(values[cut:])
    first.merge(second)
    assert first.buckets == whole.buckets


def test_no_values_have_no_quantile_and_zero_is_a_value() -> None:
    sketch = Quantiles()
    assert math.isnan(sketch.quantile(0.5))
    sketch.add_many([0.0])
    assert sketch.quantile(0.5) < 1e-8


def test_quantiles_take_bounded_space() -> None:
    sketch = Quantiles()
    sketch.add_many(np.random.default_rng(0).random(100_000) ** 20)
    assert len(sketch.buckets) < 1100


values = st.lists(st.integers(0, 40).map(str), max_size=200)


@given(values, st.integers(0, 200), st.randoms(use_true_random=False))
def test_a_sample_depends_on_neither_order_nor_grouping(drawn: list[str], cut: int, random: object) -> None:
    whole, first, second = ValueSample(size=8), ValueSample(size=8), ValueSample(size=8)
    for value in drawn:
        whole.add(value, 1)
    shuffled = sorted(drawn, key=hash)
    for place, value in enumerate(shuffled):
        (first if place < cut else second).add(value, 1)
    first.merge(second)
    assert (first.top(5), first.distinct()) == (whole.top(5), whole.distinct())


@given(values)
def test_counts_of_a_sample_are_exact(drawn: list[str]) -> None:
    sample = ValueSample(size=8)
    for value in drawn:
        sample.add(value, 1)
    counts = Counter(drawn)
    assert all(counts[value] == count for value, count in sample.top(100))
    if len(counts) <= 8:
        assert sample.distinct() == len(counts)
        assert dict(sample.top(100)) == counts


def test_the_number_of_different_values_is_estimated_well() -> None:
    sample = ValueSample()
    for number in range(100_000):
        sample.add(str(number), 1)
    assert sample.distinct() == pytest.approx(100_000, rel=0.1)


members = st.lists(
    st.tuples(st.floats(0, 1), st.sampled_from(["allow", "remove"]), st.tuples(st.sampled_from(["a", None])))
)


@given(members, st.integers(0, 50))
def test_cells_add_up_in_any_grouping_and_survive_the_state(
    drawn: list[tuple[float, str, tuple[str | None]]], cut: int
) -> None:
    spec = AggregateSpec(top=("author",), distinct=("author",))
    whole, first, second = Cell(spec), Cell(spec), Cell(spec)
    whole.members += drawn[::-1]
    first.members += drawn[:cut]
    second.members += drawn[cut:]
    first = Cell.load(spec, first.dump())
    first.merge(second)
    assert repr(first.result(size_us=10)) == repr(whole.result(size_us=10))
