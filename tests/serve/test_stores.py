"""What the service keeps on disk."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import pytest

from surtitle.errors import SurroundingsError
from surtitle.serve.labels import FILE_NAME, LabelStore
from surtitle.serve.shadow import is_taken
from surtitle.serve.wire import LabelIn, LabelsBody
from tests.serve.services import rows_of

NOW = datetime(2026, 1, 2, tzinfo=UTC)


def test_a_label_that_was_corrected_stands_beside_the_first(tmp_path: Path) -> None:
    store = LabelStore(tmp_path)
    store.add([LabelIn("a", "1", NOW)], now=NOW)
    found = store.add([LabelIn("a", "0", NOW), LabelIn("a", "1", NOW), LabelIn("b", "1")], now=NOW)
    store.close()
    assert (found.stored, found.known) == (2, 1)
    assert rows_of(tmp_path / FILE_NAME, "SELECT id, label FROM labels ORDER BY seq") == [
        ("a", "1"),
        ("a", "0"),
        ("b", "1"),
    ]


def test_a_damaged_file_is_said_with_its_name(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"not a database, but long enough to be looked at" * 100)
    with pytest.raises(SurroundingsError, match=FILE_NAME):
        LabelStore(tmp_path).add([LabelIn("a", "1")], now=NOW)


def test_the_share_that_the_challenger_sees_is_about_as_asked_and_grows_with_it() -> None:
    ids = [f"c{number}" for number in range(10_000)]
    small = {each for each in ids if is_taken(each, 0.1)}
    large = {each for each in ids if is_taken(each, 0.5)}
    assert 800 < len(small) < 1200
    assert small < large


def test_threads_that_store_at_once_lose_nothing(tmp_path: Path) -> None:
    """Two of them once shared a connection's statements, and a label that was acknowledged was not there."""
    store = LabelStore(tmp_path)

    def send(sender: int) -> list[LabelsBody]:
        return [store.add([LabelIn(f"{sender}-{n}-{i}", "1") for i in range(20)], now=NOW) for n in range(150)]

    with ThreadPoolExecutor(8) as pool:
        answers = list(chain.from_iterable(pool.map(send, range(8))))
    store.close()
    assert sum(answer.stored for answer in answers) == 24_000
    assert rows_of(tmp_path / FILE_NAME, "SELECT count(*), count(DISTINCT id) FROM labels") == [(24_000, 24_000)]
