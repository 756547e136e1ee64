"""A look at the head of real files."""

import gzip
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from surtitle.errors import DataError
from surtitle.prepare.peek import peek

DATA = Path(__file__).parents[2] / "../shared/data"
ROWS = "body,removed\nyou are kind,0\nyou are a dummy,1\n"


@pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets are not beside this checkout")
@pytest.mark.parametrize(
    ("source", "roles"),
    [
        ("reddit_rscience/comments.csv.gz", ("text", "removed", "", "", "")),
        ("davidson_hate_offensive/labeled_data.csv", ("tweet", "class", "", "", "")),
        ("crisislex_t6/tweets.csv.gz", ("text", "label", "created_utc", "event", "")),
        ("airline_tweets/tweets.csv.gz", ("text", "label", "created_utc", "airline", "")),
        ("amazon_multidomain/reviews.csv.gz", ("text", "label", "date", "domain", "")),
        ("sms_spam/SMSSpamCollection.tsv", ("column_2", "column_1", "", "", "")),
    ],
)
def test_the_columns_of_the_real_sets_are_found(source: str, roles: tuple[str, ...]) -> None:
    found = peek(DATA, source).proposal
    assert (found.text, found.label, found.time, found.client, found.id) == roles


@pytest.mark.skipif(not DATA.is_dir(), reason="the real data sets are not beside this checkout")
def test_the_layout_of_the_real_sets_is_found() -> None:
    spam = peek(DATA, "sms_spam/SMSSpamCollection.tsv").layout
    hate = peek(DATA, "davidson_hate_offensive/labeled_data.csv").layout
    assert spam is not None
    assert hate is not None
    assert (spam.delimiter, spam.quote, spam.header) == ("\t", "", False)
    assert (hate.delimiter, hate.quote, hate.header) == (",", '"', True)


def test_packed_files_are_looked_into(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(ROWS.encode()))
    assert peek(tmp_path, "a.csv.gz").names == ("body", "removed")


def test_json_lines_and_parquet_are_looked_into(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"body": "you are kind", "removed": 0}\n{"body": "a dummy", "removed": 1}\n')
    pq.write_table(pa.table({"body": ["you are kind", "a dummy"], "removed": [0, 1]}), tmp_path / "a.parquet")
    for name in ("a.jsonl", "a.parquet"):
        found = peek(tmp_path, name)
        assert (found.layout, found.proposal.text, found.proposal.label) == (None, "body", "removed")


def test_of_a_folder_the_first_file_is_looked_into(tmp_path: Path) -> None:
    (tmp_path / "b.csv").write_text("x,y\n1,2\n")
    (tmp_path / "a.csv").write_text(ROWS)
    assert peek(tmp_path.parent, tmp_path.name).file == "a.csv"


def test_a_byte_order_mark_is_no_part_of_a_name(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS, encoding="utf-8-sig")
    assert peek(tmp_path, "a.csv").names == ("body", "removed")


def test_latin_1_bytes_are_no_crash(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(ROWS.encode() + "très bien,0\n".encode("latin-1"))
    assert peek(tmp_path, "a.csv").proposal.text == "body"


def test_only_the_head_of_a_large_file_is_read(tmp_path: Path) -> None:
    with (tmp_path / "a.csv").open("w") as file:
        file.write(ROWS)
        file.writelines("so it goes on and on,1\n" for _ in range(200_000))
    assert len(peek(tmp_path, "a.csv").layout.rows) == 2000  # type: ignore[union-attr]  # a CSV has a layout


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.csv", b"", "is empty"),
        ("a.csv", b"\n\n", "is empty"),
        ("a.csv", b"text,label\n", "has no rows below its header"),
        ("a.jsonl", b"", "has no rows that can be read"),
        ("a.jsonl", b"[]\n", "has no rows that can be read"),
        ("a.csv.gz", b"not gzip", "is not whole gzip data"),
        ("a.parquet", b"not parquet", "is not a whole Parquet file"),
        ("a.txt", b"text,label\na,1\n", "is of an unknown kind"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DataError, match=message):
        peek(tmp_path, name)


def test_a_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    (tmp_path / "comments.csv").write_text(ROWS)
    with pytest.raises(DataError, match=r"does not exist.*comments\.csv"):
        peek(tmp_path, "coments.csv")


def test_an_unknown_encoding_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(ROWS)
    with pytest.raises(DataError, match="'latin-99' is not an encoding"):
        peek(tmp_path, "a.csv", encoding="latin-99")
