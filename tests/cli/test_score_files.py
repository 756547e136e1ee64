"""Files scored to files: every column kept, four added, nothing half-written."""

import contextlib
import csv
import gzip
import json
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from numpy.typing import NDArray

from surtitle.cli._score_files import JsonLines, Tally, open_target, score_file
from surtitle.errors import DataError, UsageError
from surtitle.models import DecisionRule
from surtitle.prepare.findings import BadRow
from surtitle.progress import SILENT
from surtitle.records import Scored

ADDED = ["score", "label", "action", "version"]


class Lengths:
    """Scores a text by its length; small enough to know the right answers."""

    rule = DecisionRule(("short", "long"), (1.0, 1.0))

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        return np.array([[1 - len(text) / 1000, len(text) / 1000] for text in texts]).reshape(-1, 2)

    def score(self, texts: Sequence[str]) -> list[Scored]:
        return self.rule.decide(self.probabilities(texts))


def score(source: Path, out: Path, **options: Any) -> tuple[Tally, list[BadRow]]:
    bad: list[BadRow] = []
    given = {"column": None, "usual": "text", "max_row_bytes": 1000, **options}
    with open_target(out, overwrite=False) as target:
        tally = score_file(Lengths(), 7, source, target, dead_letter=bad.append, reporter=SILENT, **given)
    return tally, bad


def interrupt_writing(out: Path) -> None:
    with contextlib.suppress(KeyboardInterrupt), open_target(out, overwrite=True) as target:
        target.write({"a": ["x"]})
        raise KeyboardInterrupt


def rows_of(path: Path) -> list[dict[str, Any]]:
    content = gzip.decompress(path.read_bytes()).decode() if path.suffix == ".gz" else path.read_text(encoding="utf-8")
    if ".jsonl" in path.name:
        return [json.loads(line) for line in content.splitlines()]
    return list(csv.DictReader(content.splitlines(keepends=True), delimiter="\t" if ".tsv" in path.name else ","))


@pytest.fixture
def comments(tmp_path: Path) -> Path:
    path = tmp_path / "in.csv"
    path.write_text('id,text,note\n1,abc,"a, b"\n2,"two\nlines",\n3,,x\n', encoding="utf-8")
    return path


@pytest.mark.parametrize("name", ["out.csv", "out.tsv", "out.jsonl", "out.csv.gz", "out.jsonl.gz"])
def test_columns_are_kept_and_four_are_added(tmp_path: Path, comments: Path, name: str) -> None:
    tally, bad = score(comments, tmp_path / name)
    rows = rows_of(tmp_path / name)
    assert [list(row) for row in rows] == [["id", "text", "note", *ADDED]] * 3
    assert [row["text"] for row in rows] == ["abc", "two\nlines", ""]
    assert [float(row["score"]) for row in rows] == [0.003, 0.009, 0.0]
    assert {str(row["version"]) for row in rows} == {"7"}
    assert (tally.rows, tally.actions, tally.dead_letters, bad) == (3, Counter(short=3), 0, [])


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    table = pa.table(
        {
            "text": pa.array(["abc", None], pa.large_string()),
            "votes": pa.array([1, None], pa.int8()),
            "seen": pa.array([datetime(2026, 1, 1, tzinfo=UTC)] * 2, pa.timestamp("ns", "UTC")),
            "tags": pa.array([["a", "b"], []]),
        }
    )
    pq.write_table(table, tmp_path / "in.parquet")
    score(tmp_path / "in.parquet", tmp_path / "out.parquet")
    out = pq.read_table(tmp_path / "out.parquet")
    assert out.select(table.column_names).equals(table)
    assert out.column("score").to_pylist() == [0.003, 0.0]
    assert str(out.schema.field("version").type) == "int64"


def test_parquet_goes_to_text_and_text_to_parquet(tmp_path: Path, comments: Path) -> None:
    table = pa.table({"text": ["abc"], "at": pa.array([datetime(2026, 1, 1)], pa.timestamp("ns")), "n": [[1, 2]]})
    pq.write_table(table, tmp_path / "in.parquet")
    score(tmp_path / "in.parquet", tmp_path / "out.jsonl")
    assert rows_of(tmp_path / "out.jsonl")[0]["n"] == [1, 2]
    score(tmp_path / "in.parquet", tmp_path / "out.csv")
    assert rows_of(tmp_path / "out.csv")[0]["text"] == "abc"
    score(comments, tmp_path / "out.parquet")
    assert pq.read_table(tmp_path / "out.parquet").column("note").to_pylist() == ["a, b", "", "x"]


def test_zstd_is_written_and_read(tmp_path: Path, comments: Path) -> None:
    score(comments, tmp_path / "out.csv.zst")
    tally, _ = score(tmp_path / "out.csv.zst", tmp_path / "again.csv")
    assert tally.rows == 3
    assert list(rows_of(tmp_path / "again.csv")[0])[-4:] == [f"surtitle_{name}" for name in ADDED]


def test_a_label_of_the_users_is_not_lost(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("text,label\nabc,mine\n")
    score(tmp_path / "in.csv", tmp_path / "out.csv")
    (row,) = rows_of(tmp_path / "out.csv")
    assert (row["label"], row["surtitle_label"], row["action"]) == ("mine", "short", "short")


def test_rows_that_cannot_be_read_are_dead_letters_with_their_place(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_bytes(b"id,text\n1,ok\nbroken\n2,caf\xe9\n3," + b"x" * 2000 + b"\n4,fine\n")
    tally, bad = score(tmp_path / "in.csv", tmp_path / "out.csv")
    assert [row["id"] for row in rows_of(tmp_path / "out.csv")] == ["1", "4"]
    assert (tally.rows, tally.dead_letters) == (2, 3)
    assert [row.place for row in bad] == ["in.csv:2", "in.csv:3", "in.csv:4"]


def test_many_rows_keep_their_order(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text("".join(f'{{"text": "{"x" * (n % 50)}", "n": {n}}}\n' for n in range(20_000)))
    tally, _ = score(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    rows = rows_of(tmp_path / "out.jsonl")
    assert tally.rows == 20_000
    assert [row["n"] for row in rows] == list(range(20_000))
    assert all(row["score"] == len(row["text"]) / 1000 for row in rows)


def test_a_later_row_with_new_columns_goes_to_json_lines_only(tmp_path: Path) -> None:
    lines = ['{"text": "a"}\n'] * 5000 + ['{"text": "b", "late": 1}\n']
    (tmp_path / "in.jsonl").write_text("".join(lines))
    score(tmp_path / "in.jsonl", tmp_path / "out.jsonl")
    with pytest.raises(DataError, match=r"columns that the first rows lack: late; write to a \.jsonl file"):
        score(tmp_path / "in.jsonl", tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_lone_surrogates_in_json_are_written_as_marks(tmp_path: Path) -> None:
    (tmp_path / "in.jsonl").write_text('{"text": "a\\ud800b"}\n')
    for name in ("out.jsonl", "out.csv"):
        score(tmp_path / "in.jsonl", tmp_path / name)
        assert rows_of(tmp_path / name)[0]["text"] == "a?b"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"column": "body"}, "has no column 'body'; there are: id, first, second"),
        ({}, "which column of in.csv is the text"),
    ],
)
def test_the_text_column_must_be_there_and_plain(tmp_path: Path, options: dict[str, Any], message: str) -> None:
    (tmp_path / "in.csv").write_text("id,first,second\n1,a b c,d e f\n2,g h i,j k l\n")
    with pytest.raises(UsageError, match=message):
        score(tmp_path / "in.csv", tmp_path / "out.csv", **options)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.csv"]


def test_an_existing_file_is_overwritten_only_when_asked(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("mine")
    with (
        pytest.raises(UsageError, match="exists; choose another name, or overwrite it with --force"),
        open_target(tmp_path / "out.csv", overwrite=False),
    ):
        pass
    with open_target(tmp_path / "out.csv", overwrite=True) as target:
        target.write({"a": [1]})
    assert (tmp_path / "out.csv").read_text() == "a\n1\n"


@pytest.mark.parametrize("name", ["out.xlsx", "out", "out.parquet.gz"])
def test_an_unknown_kind_of_file_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="unknown kind of file; known: "), open_target(tmp_path / name, overwrite=True):
        pass


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.csv.zst", "out.jsonl", "out.parquet"])
def test_an_interrupt_leaves_nothing_half_written(tmp_path: Path, name: str) -> None:
    interrupt_writing(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_an_old_result_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    (tmp_path / "out.csv").write_text("old")
    interrupt_writing(tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_text() == "old"


def test_a_target_without_rows_can_still_be_read(tmp_path: Path) -> None:
    for name in ("out.csv", "out.jsonl", "out.parquet"):
        with open_target(tmp_path / name, overwrite=False):
            pass
    assert rows_of(tmp_path / "out.csv") == rows_of(tmp_path / "out.jsonl") == []
    assert pq.read_table(tmp_path / "out.parquet").num_rows == 0


def test_the_lines_on_a_stream_are_json(tmp_path: Path, comments: Path) -> None:
    with (tmp_path / "stream").open("wb") as stream:
        score_file(
            *(Lengths(), 7, comments, JsonLines(stream)),
            column=None,
            usual="text",
            max_row_bytes=1000,
            dead_letter=lambda row: None,
            reporter=SILENT,
        )
    assert len((tmp_path / "stream").read_text().splitlines()) == 3
