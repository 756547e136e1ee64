import csv
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from surtitle.simulate import Comment, generate
from surtitle.simulate.files import COLUMNS, write_csv

START = datetime(2025, 1, 1, tzinfo=UTC)


def test_file_holds_what_was_made_but_for_the_probability(tmp_path: Path) -> None:
    comments = list(generate(500, seed=0, start=START, days=30))
    assert write_csv(iter(comments), tmp_path / "c.csv") == 500
    with (tmp_path / "c.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == COLUMNS
    for comment, row in zip(comments, rows, strict=True):
        assert (row["id"], row["text"], row["author"]) == (comment.id, comment.text, comment.author)
        assert (row["community"], row["removed"]) == (comment.community, str(comment.label))
        assert datetime.fromisoformat(row["created_utc"]) == comment.created_utc
        assert datetime.fromisoformat(row["labelled_at"]) == comment.labelled_at


def test_interrupted_write_leaves_the_old_file(tmp_path: Path) -> None:
    def interrupted() -> Iterator[Comment]:
        yield from generate(10, seed=0, start=START, days=30)
        raise KeyboardInterrupt

    (tmp_path / "c.csv").write_text("old")
    with pytest.raises(KeyboardInterrupt):
        write_csv(interrupted(), tmp_path / "c.csv")
    assert [path.name for path in tmp_path.iterdir()] == ["c.csv"]
    assert (tmp_path / "c.csv").read_text() == "old"
