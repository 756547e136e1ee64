import gzip
from pathlib import Path
from typing import get_args

import pytest

from surtitle.errors import DataError
from surtitle.prepare.compression import open_unpacked
from surtitle.prepare.sources import Packing, SourceFile
from tests.prepare.helpers import write

TEXT = b"some lines\n" * 10_000


def file_of(path: Path) -> SourceFile:
    packing = path.suffix[1:] if path.suffix[1:] in get_args(Packing) else ""
    return SourceFile(path, path.name, "csv", packing)  # type: ignore[arg-type]  # a parameter of the test


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.csv.zst"])
def test_bytes_come_out_as_they_went_in(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, TEXT)
    with open_unpacked(file_of(tmp_path / name)) as (stream, position):
        assert stream.read() == TEXT
        assert position() == (tmp_path / name).stat().st_size


def test_gzip_files_put_one_after_the_other_are_one(tmp_path: Path) -> None:
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(b"one\n") + gzip.compress(b"two\n"))
    with open_unpacked(file_of(tmp_path / "a.csv.gz")) as (stream, _):
        assert stream.read() == b"one\ntwo\n"


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("a.csv.gz", "cut"),
        ("a.csv.gz", "changed"),  # Arrow writes zstd without a checksum, so only gzip can tell this
        ("a.csv.gz", "plain"),
        ("a.csv.zst", "cut"),
        ("a.csv.zst", "plain"),
    ],
)
def test_a_damaged_file_is_refused_by_name(tmp_path: Path, name: str, damage: str) -> None:
    path = tmp_path / name
    write(path, bytes(range(256)) * 1000)
    raw = path.read_bytes()
    path.write_bytes({"cut": raw[:-12], "changed": raw[:20] + b"\xff\x00" * 8 + raw[36:], "plain": b"a,b\n"}[damage])
    with pytest.raises(DataError, match=name), open_unpacked(file_of(path)) as (stream, _):
        stream.read()


def test_a_folder_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be opened"), open_unpacked(file_of(tmp_path)):
        pass
