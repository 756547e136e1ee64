from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from surtitle.errors import DataError
from surtitle.prepare.readers import read_parquet


def test_values_come_as_python_values_and_nested_and_binary_columns_are_left(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": pa.array(["a", None], pa.large_string()),
            "label": pa.array(["x", "y"]).dictionary_encode(),
            "time": pa.array([1, 2], pa.timestamp("ns")),
            "nested": [[1], [2]],
            "raw": [b"1", b"2"],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    (chunk,) = read_parquet(tmp_path / "a.parquet", "a.parquet")
    assert list(chunk.columns) == ["text", "label", "time"]
    assert chunk.columns["text"] == ["a", None]
    assert chunk.columns["label"] == ["x", "y"]
    assert chunk.columns["time"] == [datetime(1970, 1, 1)] * 2


def test_rows_are_numbered_through_all_batches(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"] * 10_000}), tmp_path / "a.parquet", row_group_size=3000)
    numbers = [n for chunk in read_parquet(tmp_path / "a.parquet", "a.parquet") for n in chunk.rows]
    assert numbers == list(range(1, 10_001))


def test_a_file_without_rows_still_says_its_columns(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": pa.array([], pa.string())}), tmp_path / "a.parquet")
    (chunk,) = read_parquet(tmp_path / "a.parquet", "a.parquet")
    assert (list(chunk.columns), len(chunk.rows)) == (["text"], 0)


def test_wrong_utf_8_inside_becomes_replacement_characters(tmp_path: Path) -> None:
    raw = pa.array([b"caf\xe9", b"ok"])
    unchecked = pa.Array.from_buffers(pa.string(), 2, raw.buffers())
    pq.write_table(pa.table({"text": unchecked}), tmp_path / "a.parquet")
    (chunk,) = read_parquet(tmp_path / "a.parquet", "a.parquet")
    assert chunk.columns["text"] == ["caf\ufffd", "ok"]


def test_a_truncated_file_and_another_kind_of_file_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pq.write_table(pa.table({"text": ["a"] * 1000}), path)
    for content in (path.read_bytes()[:-20], b"text,label\n" * 10, b""):
        path.write_bytes(content)
        with pytest.raises(DataError, match="not a whole Parquet file"):
            list(read_parquet(path, "a.parquet"))
