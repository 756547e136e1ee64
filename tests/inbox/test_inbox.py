"""What waits for the watch: it is on disk when it was said to be, once, and bounded."""

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from itertools import chain
from pathlib import Path
from typing import Any

import pytest

from surtitle.errors import SurroundingsError
from surtitle.inbox import Added, DecisionInbox, LabelInbox, LateLabel
from surtitle.inbox.decisions import DECISIONS_FILE
from surtitle.inbox.labels import LABELS_FILE
from surtitle.records import Decision

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def rows_of(path: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as db:
        return list(db.execute(query))


def decisions(numbers: range) -> list[Decision]:
    return [Decision(f"c{n}", "m", 1, "go", 0.25, "allow", (), None, NOW) for n in numbers]


def test_a_label_that_was_corrected_stands_beside_the_first(tmp_path: Path) -> None:
    inbox = LabelInbox(tmp_path)
    inbox.add([LateLabel("a", "1", NOW)], now=NOW)
    found = inbox.add([LateLabel("a", "0", NOW), LateLabel("a", "1", NOW), LateLabel("b", "1")], now=NOW)
    inbox.close()
    assert found == Added(stored=2, known=1)
    kept = rows_of(tmp_path / LABELS_FILE, "SELECT id, label FROM labels ORDER BY seq")
    assert kept == [("a", "1"), ("a", "0"), ("b", "1")]


def test_the_same_moment_in_another_zone_is_the_same_label(tmp_path: Path) -> None:
    inbox = LabelInbox(tmp_path)
    elsewhere = NOW.astimezone(timezone(timedelta(hours=5)))
    inbox.add([LateLabel("a", "1", NOW)], now=NOW)
    assert inbox.add([LateLabel("a", "1", elsewhere)], now=NOW) == Added(stored=0, known=1)
    inbox.close()


def test_a_label_without_a_time_may_be_sent_again(tmp_path: Path) -> None:
    inbox = LabelInbox(tmp_path)
    inbox.add([LateLabel("a", "1"), LateLabel("a", "0")], now=NOW)
    later = NOW + timedelta(days=1)
    assert inbox.add([LateLabel("a", "1"), LateLabel("a", "0")], now=later) == Added(stored=0, known=2)
    assert inbox.add([LateLabel("a", "1", later)], now=later) == Added(stored=1, known=0)
    inbox.close()


def test_a_damaged_file_is_said_with_its_name(tmp_path: Path) -> None:
    (tmp_path / LABELS_FILE).write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(SurroundingsError, match=LABELS_FILE):
        LabelInbox(tmp_path).add([LateLabel("a", "1")], now=NOW)


def test_threads_that_store_at_once_lose_nothing(tmp_path: Path) -> None:
    """Two of them once shared a connection's statements, and a label that was acknowledged was not there."""
    inbox = LabelInbox(tmp_path)

    def send(sender: int) -> list[Added]:
        return [inbox.add([LateLabel(f"{sender}-{n}-{i}", "1") for i in range(20)], now=NOW) for n in range(150)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(chain.from_iterable(pool.map(send, range(8))))
    inbox.close()
    assert sum(answer.stored for answer in answers) == 24_000
    assert rows_of(tmp_path / LABELS_FILE, "SELECT count(*), count(DISTINCT id) FROM labels") == [(24_000, 24_000)]


def test_of_decisions_that_nobody_takes_up_the_newest_are_kept(tmp_path: Path) -> None:
    inbox = DecisionInbox(tmp_path, most=100)
    for start in range(0, 1000, 20):
        inbox.add(decisions(range(start, start + 20)))
    inbox.close()
    [(count, last)] = rows_of(tmp_path / DECISIONS_FILE, "SELECT count(*), max(id) FROM decided")
    assert 100 <= count <= 110
    assert last == "c999"
