import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.prepare.leaks import Leak, Sample, find_leaks, separation


def sample_of(labels: list[str], **columns: list[object]) -> Sample:
    sample = Sample()
    sample.add(range(len(labels)), labels, {"label": labels, **columns})
    return sample


def found(labels: list[str], **columns: list[object]) -> dict[str, Leak]:
    return {leak.column: leak for leak in find_leaks(sample_of(labels, **columns), label="label")}


RNG = random.Random(1)
MIXED = [str(RNG.randrange(2)) for _ in range(2000)]


@pytest.mark.parametrize(
    "column",
    [
        ["a" if y == "1" else "b" for y in MIXED],
        ["reason" if y == "1" else None for y in MIXED],
        ["reason" if y == "1" else "" for y in MIXED],
        [f"reason {RNG.randrange(9)}" if y == "1" else "" for y in MIXED],
        [RNG.randrange(20_000) + 20_000 * int(y) for y in MIXED],
        [str(RNG.random() + int(y)) for y in MIXED],
        [y == "1" for y in MIXED],
        ["y" if y == "1" or RNG.random() < 0.05 else "n" for y in MIXED],
    ],
)
def test_a_column_that_gives_the_label_away_is_found(column: list[object]) -> None:
    leak = found(MIXED, column=column)["column"]
    assert leak.j > 0.9
    assert not leak.is_order


@pytest.mark.parametrize(
    "column",
    [
        list(range(2000)),
        [f"id{i}" for i in range(2000)],
        [RNG.random() for _ in MIXED],
        [RNG.choice("abc") for _ in MIXED],
        [None] * 2000,
        ["same"] * 2000,
        [1e400 if i % 2 else "nan" for i in range(2000)],
        ["y" if (y == "1") == (RNG.random() < 0.7) else "n" for y in MIXED],
    ],
)
def test_an_innocent_column_is_not_accused(column: list[object]) -> None:
    assert found(MIXED, column=column) == {}


def test_a_rare_class_given_away_is_found_although_accuracy_hardly_changes() -> None:
    labels = ["rare" if i % 40 == 7 else "common" for i in range(4000)]
    leak = found(labels, votes=[3 if y == "rare" else i % 3 for i, y in enumerate(labels)])["votes"]
    assert leak.j == 1.0


@pytest.mark.parametrize("n_blocks", [2, 8])
def test_labels_sorted_by_row_are_found(n_blocks: int) -> None:
    labels = [str(i * n_blocks // 2000 % 2) for i in range(2000)]
    (leak,) = find_leaks(sample_of(labels), label="label")
    assert leak.is_order


def test_the_sample_is_bounded_spread_and_aligned() -> None:
    sample = Sample(max_rows=1000)
    for start in range(0, 100_000, 500):
        labels = [str(i) for i in range(start, start + 500)]
        sample.add(range(500), labels, {"copy": labels, **({"late": labels} if start >= 50_000 else {})})
    assert 400 <= sample.size <= 1000
    assert sample.columns["copy"] == sample.labels == [str(p) for p in sample.positions]
    assert np.histogram(sample.positions, bins=10, range=(0, 100_000))[0].min() > 30
    late = [None if p < 50_000 else str(p) for p in sample.positions]
    assert sample.columns["late"] == late


def test_only_the_rows_named_are_looked_at() -> None:
    sample = Sample()
    sample.add([1, 3], ["a", "b"], {"x": [10, 11, 12, 13]})
    assert sample.columns == {"x": [11, 13]}


def test_long_values_are_cut() -> None:
    sample = Sample()
    sample.add([0], ["a"], {"x": ["y" * 10_000]})
    assert len(sample.columns["x"][0]) < 100


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), max_size=200))
def test_separation_stays_within_its_bounds(rows: list[tuple[int, int]]) -> None:
    codes, y = (np.array([row[i] for row in rows], dtype=np.int64) for i in range(2))
    assert 0.0 <= separation(codes, y)[0] <= 1.0
