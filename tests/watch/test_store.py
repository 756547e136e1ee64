"""The join: the same whatever the order, nothing twice, nothing half."""

import random
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surtitle.errors import SurroundingsError, UsageError
from surtitle.watch.rows import DecisionRow, LabelRow, Position
from surtitle.watch.store import WatchStore

FOREVER = 10**16
HOUR = 3_600_000_000

decision_rows = st.builds(
    DecisionRow,
    key=st.integers(-3, 3),
    version=st.integers(0, 2),
    client=st.sampled_from([None, "chess", "go"]),
    action=st.sampled_from(["allow", "remove"]),
    score=st.sampled_from([0.25, 0.5]),
    event_time=st.integers(0, 3).map(lambda hours: hours * HOUR),
    decided_at=st.integers(0, 2),
)
label_rows = st.builds(
    LabelRow, key=st.integers(-3, 3), label=st.sampled_from(["0", "1"]), labelled_at=st.integers(0, 3)
)
Row = DecisionRow | LabelRow


def joined(store: WatchStore) -> list[tuple[Any, ...]]:
    names: dict[int, str | None] = {-1: None, **store.names()}
    return [
        (key, version, names[client], names[action], score, names[label], bool(contradicted))
        for key, version, client, action, score, label, contradicted in store.joined(0, FOREVER)
    ]


def by_the_rules(rows: Sequence[Row]) -> list[tuple[Any, ...]]:
    """The join as the documentation states it, in the plainest way."""
    labels = [row for row in rows if isinstance(row, LabelRow)]
    decisions = [row for row in rows if isinstance(row, DecisionRow)]
    found = []
    for key, version in sorted({(row.key, row.version) for row in decisions}):
        mine = [row for row in decisions if (row.key, row.version) == (key, version)]
        first = min(mine, key=lambda d: (d.decided_at, d.event_time, d.score, d.client or "", d.action))
        told = [row for row in labels if row.key == key]
        last = max(told, key=lambda row: (row.labelled_at, row.label)).label if told else None
        contradicted = len({row.label for row in told}) > 1
        found.append((key, version, first.client, first.action, first.score, last, contradicted))
    return found


def fill(store: WatchStore, rows: Sequence[Row], sizes: Sequence[int]) -> None:
    """Add rows in batches of some sizes, decisions and labels apart but in their order."""
    start = 0
    for size in [*sizes, len(rows)]:
        part = rows[start : start + size]
        store.add_decisions([r for r in part if isinstance(r, DecisionRow)], source="d", position=Position(start))
        store.add_labels([r for r in part if isinstance(r, LabelRow)], source="l", position=Position(start))
        start += size


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(st.one_of(decision_rows, label_rows), max_size=40),
    again=st.lists(st.integers(0, 100), max_size=10),
    sizes=st.lists(st.integers(1, 12), max_size=5),
    seed=st.randoms(use_true_random=False),
)
def test_any_order_any_batching_and_any_repetition_give_the_same_join(
    rows: list[Row], again: list[int], sizes: list[int], seed: random.Random
) -> None:
    arriving = [*rows, *(rows[place % len(rows)] for place in again if rows)]
    seed.shuffle(arriving)
    with TemporaryDirectory() as folder, WatchStore(Path(folder)) as store:
        fill(store, arriving, sizes)
        assert joined(store) == by_the_rules(rows)


@settings(deadline=None, max_examples=60)
@given(
    before=st.lists(st.one_of(decision_rows, label_rows), max_size=15),
    after=st.lists(st.one_of(decision_rows, label_rows), max_size=5),
)
def test_what_was_kept_for_a_period_is_forgotten_when_the_period_changes(before: list[Row], after: list[Row]) -> None:
    """What `measured` still gives is what would be measured now."""
    with TemporaryDirectory() as folder, WatchStore(Path(folder)) as store:
        fill(store, before, [])
        hours = [(hour * HOUR, (hour + 1) * HOUR) for hour in range(5)]
        for start, end in hours:
            store.keep_measured(start, end, "s", repr(list(store.joined(start, end))).encode())
        fill(store, after, [])
        for start, end in hours:
            kept = store.measured(start, end, "s")
            assert kept is None or kept == repr(list(store.joined(start, end))).encode()


def test_a_repeated_batch_counts_nothing_as_new(tmp_path: Path) -> None:
    rows = [DecisionRow(key, 1, None, "allow", 0.5, key, key) for key in range(100)]
    with WatchStore(tmp_path) as store:
        assert store.add_decisions(rows, source="d", position=Position(1)) == 100
        assert store.add_decisions(rows[:50], source="other", position=Position(1)) == 0
        assert store.counts() == (100, 0)


def test_a_position_is_written_with_its_batch_or_not_at_all(tmp_path: Path) -> None:
    bad = DecisionRow(1, 1, None, "allow", "no number", 0, 0)  # type: ignore[arg-type]  # wrong on purpose
    good = DecisionRow(0, 1, "new client", "allow", 0.5, 0, 0)
    with WatchStore(tmp_path) as store:
        store.add_decisions([], source="d", position=Position(5, b"mark"))
        with pytest.raises(SurroundingsError):
            # Wrong on purpose.
            store.add_decisions([good, bad._replace(score=None)], source="d", position=Position(9))  # type: ignore[arg-type]
        assert store.position("d") == Position(5, b"mark")
        assert store.counts() == (0, 0)
        store.add_decisions([good], source="d", position=Position(9))
        assert joined(store) == [(0, 1, "new client", "allow", 0.5, None, False)]


def test_old_decisions_go_and_labels_that_nothing_is_left_for(tmp_path: Path) -> None:
    with WatchStore(tmp_path) as store:
        rows = [DecisionRow(key, 1, None, "allow", 0.5, key * HOUR, key * HOUR) for key in range(10)]
        store.add_decisions(rows, source="d", position=Position())
        labels = [LabelRow(key, "1", key * HOUR) for key in range(10)]
        store.add_labels([*labels, LabelRow(99, "1", 2 * HOUR)], source="l", position=Position())
        assert store.forget_before(4 * HOUR) == 4
        assert store.counts() == (6, 6)
        assert store.span() == (4 * HOUR, 9 * HOUR)


def test_labels_wait_for_decisions_that_come_later(tmp_path: Path) -> None:
    with WatchStore(tmp_path) as store:
        store.add_labels([LabelRow(7, "1", 5)], source="l", position=Position())
    with WatchStore(tmp_path) as store:
        store.add_decisions([DecisionRow(7, 1, None, "allow", 0.5, 0, 0)], source="d", position=Position())
        assert joined(store) == [(7, 1, None, "allow", 0.5, "1", False)]


def test_an_empty_store_has_no_span(tmp_path: Path) -> None:
    with WatchStore(tmp_path / "new" / "folder") as store:
        assert store.span() is None
        assert store.position("d") == Position()


def test_a_damaged_file_is_said_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "watch.db").write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(SurroundingsError, match=r"watch\.db"):
        WatchStore(tmp_path)


@pytest.mark.parametrize(
    ("pragma", "told"), [("user_version = 99", "newer Surtitle"), ("application_id = 7", "no store")]
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, pragma: str, told: str) -> None:
    WatchStore(tmp_path).close()
    db = sqlite3.connect(tmp_path / "watch.db")
    db.execute(f"PRAGMA {pragma}")
    db.close()
    with pytest.raises(UsageError, match=told):
        WatchStore(tmp_path)
