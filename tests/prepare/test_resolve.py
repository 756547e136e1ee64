from collections import Counter, defaultdict
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.prepare.numbers import NO_TIME
from surtitle.prepare.resolve import Resolved, resolve

Conflicts = Literal["majority", "drop", "keep"]
Duplicates = Literal["drop", "keep"]


def run(keys: list[int], labels: list[int], times: list[int] | None = None, *, c: Conflicts, d: Duplicates) -> Resolved:
    t = np.array(times if times is not None else [NO_TIME] * len(keys), dtype=np.int64)
    return resolve(np.array(keys, np.uint64), np.array(labels, np.int32), t, conflicts=c, duplicates=d)


def test_the_earliest_copy_stays_whatever_its_row() -> None:
    assert run([1, 1, 2], [0, 0, 0], [5, 3, 9], c="majority", d="drop").keep.tolist() == [False, True, True]


def test_without_times_the_first_row_stays_and_a_missing_time_is_the_latest() -> None:
    assert run([1, 1], [0, 0], c="majority", d="drop").keep.tolist() == [True, False]
    assert run([1, 1], [0, 0], [NO_TIME, 5], c="majority", d="drop").keep.tolist() == [False, True]


def test_the_majority_label_wins_and_its_earliest_copy_stays() -> None:
    found = run([1, 1, 1, 2], [0, 1, 1, 0], c="majority", d="drop")
    assert found.keep.tolist() == [False, True, False, True]
    assert (found.outvoted, found.tied, found.conflicting.tolist()) == (1, 0, [0])


def test_a_tie_drops_every_copy() -> None:
    found = run([1, 1, 2], [0, 1, 0], c="majority", d="keep")
    assert found.keep.tolist() == [False, False, True]
    assert (found.outvoted, found.tied) == (2, 1)


def test_conflicts_can_be_dropped_or_kept() -> None:
    assert run([1, 1, 1], [0, 1, 1], c="drop", d="drop").keep.tolist() == [False] * 3
    assert run([1, 1, 1], [0, 1, 1], c="keep", d="keep").keep.tolist() == [True] * 3
    assert run([1, 1, 1], [0, 1, 1], c="keep", d="drop").keep.tolist() == [True, True, False]


def test_no_examples_give_none() -> None:
    assert run([], [], c="majority", d="drop").keep.tolist() == []


ROWS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2), st.integers(0, 4)), max_size=30)


def by_hand(rows: list[tuple[int, int, int]], c: Conflicts, d: Duplicates) -> list[bool]:
    """The rules of the settings, one text at a time."""
    groups = defaultdict(list)
    for index, (key, label, time) in enumerate(rows):
        groups[key].append((time, index, label))
    keep = [False] * len(rows)
    for members in groups.values():
        members.sort()
        counts = Counter(label for *_, label in members)
        allowed = set(counts)
        if len(counts) > 1 and c != "keep":
            most = [label for label, n in counts.items() if n == max(counts.values())]
            allowed = set(most) if c == "majority" and len(most) == 1 else set()
        seen = set()
        for _, index, label in members:
            if label in allowed and not (d == "drop" and label in seen):
                keep[index] = True
            seen.add(label)
    return keep


@pytest.mark.parametrize("c", ["majority", "drop", "keep"])
@pytest.mark.parametrize("d", ["drop", "keep"])
@given(rows=ROWS)
def test_it_agrees_with_the_rules_applied_by_hand(
    c: Conflicts, d: Duplicates, rows: list[tuple[int, int, int]]
) -> None:
    keys, labels, times = ([row[i] for row in rows] for i in range(3))
    assert run(keys, labels, times, c=c, d=d).keep.tolist() == by_hand(rows, c, d)


@given(rows=ROWS)
def test_copies_are_all_but_the_earliest_of_each_text(rows: list[tuple[int, int, int]]) -> None:
    keys, labels, times = ([row[i] for row in rows] for i in range(3))
    firsts = {key: min((t, i) for i, (k, _, t) in enumerate(rows) if k == key)[1] for key in keys}
    expected = [i for i, key in enumerate(keys) if firsts[key] != i]
    assert run(keys, labels, times, c="keep", d="keep").copies.tolist() == expected
