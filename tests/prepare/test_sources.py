from pathlib import Path

import pytest

from surtitle.errors import DataError
from surtitle.prepare.sources import find_sources


def touch(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


@pytest.mark.parametrize(
    ("name", "form", "packing"),
    [
        ("a.csv", "csv", ""),
        ("a.CSV.GZ", "csv", "gz"),
        ("a.tsv.zst", "tsv", "zst"),
        ("a.jsonl", "jsonl", ""),
        ("a.ndjson.gz", "jsonl", "gz"),
        ("a.parquet", "parquet", ""),
        ("a.b.c.tab", "tsv", ""),
    ],
)
def test_the_name_says_how_a_file_is_written(tmp_path: Path, name: str, form: str, packing: str) -> None:
    touch(tmp_path, name)
    (found,) = find_sources(tmp_path, name)
    assert (found.path, found.name, found.format, found.packing) == (tmp_path / name, name, form, packing)


def test_a_folder_gives_its_data_files_by_name_and_no_others(tmp_path: Path) -> None:
    touch(tmp_path, "d/b.csv", "d/a.csv.gz", "d/README.md", "d/.hidden.csv", "d/_SUCCESS.csv", "d/sub/c.csv")
    assert [file.name for file in find_sources(tmp_path, "d")] == ["a.csv.gz", "b.csv"]


def test_a_pattern_may_go_into_folders(tmp_path: Path) -> None:
    touch(tmp_path, "d/x/a.csv", "d/y/a.csv", "d/y/b.txt")
    assert [file.name for file in find_sources(tmp_path, "d/**/*.csv")] == ["x/a.csv", "y/a.csv"]
    assert [file.name for file in find_sources(Path("/"), f"{tmp_path}/d/[x]/*.csv")] == ["a.csv"]


def test_a_file_whose_name_looks_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    touch(tmp_path, "a[1].csv", "a1.csv")
    assert [file.name for file in find_sources(tmp_path, "a[1].csv")] == ["a[1].csv"]


def test_a_format_that_is_set_goes_before_the_name(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt.gz", "b.csv")
    assert [(f.format, f.packing) for f in find_sources(tmp_path, "a.txt.gz", "csv")] == [("csv", "gz")]
    assert find_sources(tmp_path, "b.csv", "jsonl")[0].format == "jsonl"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("missing.csv", r"does not exist; check data\.source; in that folder: a\.csv"),
        ("empty", "is a folder without a file of a known kind"),
        ("*.tsv", "matches no file"),
        ("a.txt", r"unknown kind; set data\.format"),
        ("a.parquet.gz", "unpack it"),
    ],
)
def test_what_cannot_be_read_is_refused_with_what_to_do(tmp_path: Path, source: str, message: str) -> None:
    touch(tmp_path, "a.csv", "a.txt", "a.parquet.gz")
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match=message):
        find_sources(tmp_path, source)
