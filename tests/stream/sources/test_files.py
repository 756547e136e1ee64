import gzip
import json
import os
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surtitle.errors import StreamError
from surtitle.stream.ports import Batch, Opening, Poll
from surtitle.stream.sources.files import FileSource
from surtitle.stream.testing import check_source

_opened: list[FileSource] = []


@pytest.fixture(autouse=True)
def _close_all() -> Iterator[None]:
    yield
    while _opened:
        _opened.pop().close()


def _batches(source: FileSource, most: int, place: str | None = None) -> tuple[list[Batch], str]:
    """Read a file to its end from a place on, and return what came and the last place."""
    (name,) = source.poll(1, 0).gained
    source.seek(name, place)
    batches: list[Batch] = []
    while True:
        poll = source.poll(most, 0)
        batches += poll.batches
        place = source.position().get(name, place)
        if poll.ended:
            return batches, place or ""


def _open(path: Path, **options: Any) -> FileSource:
    _opened.append(FileSource(path, Opening(stream="test", **options)))
    return _opened[-1]


def _drain(
    source: FileSource, positions: dict[str, str] | None = None, polls: int = 30
) -> list[tuple[str, int, bytes]]:
    """Poll until nothing comes; begin each partition where `positions` say."""
    found, nothing = [], 0
    for _ in range(polls):
        poll = source.poll(3, 0)
        for partition in poll.gained:
            source.seek(partition, (positions or {}).get(partition))
        for batch in poll.batches:
            found += [
                (batch.partition, place, value) for place, value in zip(batch.positions, batch.values, strict=True)
            ]
        nothing = 0 if poll.batches or poll.gained or poll.lost else nothing + 1
        if poll.ended or nothing > 2:
            break
    return found


def _lines(path: Path, *lines: str, end: str = "\n") -> None:
    with path.open("a") as file:
        file.write("\n".join(lines) + end)


@pytest.mark.parametrize("follow", [False, True])
def test_it_keeps_the_contract(tmp_path: Path, follow: bool) -> None:
    path = tmp_path / "a.jsonl"
    path.touch()
    check_source(lambda: _open(path, follow=follow), lambda values: _lines(path, *map(bytes.decode, values)))


def test_a_last_line_without_an_end_is_a_record_and_blank_lines_are_none(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    _lines(path, "1", "", "  ", "2", "\r", "3", end="")
    assert [(place, value) for _, place, value in _drain(_open(path))] == [(0, b"1"), (3, b"2"), (5, b"3")]


def test_an_unfinished_line_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    _lines(path, "1", "2 begins", end="")
    source = _open(path, follow=True)
    assert [value for *_, value in _drain(source)] == [b"1"]
    _lines(path, " and ends")
    assert [value for *_, value in _drain(source)] == [b"2 begins and ends"]


def test_an_empty_file_ends(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    assert _drain(_open(tmp_path / "a.jsonl")) == []


def test_gzip_is_unpacked_and_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(gzip.compress(b"".join(b"%d\n" % n for n in range(10))))
    source = _open(path)
    source.poll(1, 0)
    source.seek("a.jsonl.gz", None)
    (first,) = source.poll(4, 0).batches
    assert first.values == [b"0", b"1", b"2", b"3"]
    again = _drain(_open(path), dict(source.position()))
    assert [value for *_, value in again] == [b"%d" % n for n in range(4, 10)]


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz"])
@settings(max_examples=30)
@given(share=st.floats(0.0, 1.0, exclude_max=True), most=st.integers(1, 50))
def test_what_a_broken_gzip_file_gives_counts_and_a_whole_one_goes_on(name: str, share: float, most: int) -> None:
    header = [b"n,text"] if name == "a.csv.gz" else []
    rows = [b"%d,%s" % (n, os.urandom(100).hex().encode()) for n in range(100)]
    packed = gzip.compress(b"".join(row + b"\n" for row in header + rows))
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(packed[: max(1, int(len(packed) * share))])
        batches, place = _batches(_open(path), most)
        *whole, broken = [value for batch in batches for value in batch.values]
        assert whole == rows[: len(whole)]
        assert [bool(batch.broken) for batch in batches] == [False] * (len(batches) - 1) + [True]
        assert f"{name} is not a whole gzip file" in batches[-1].broken
        assert any(row.startswith(broken) for row in header + rows)
        assert _batches(_open(path), most, place)[0] == []  # it is told of once

        path.write_bytes(packed)
        batches, _ = _batches(_open(path), most, place)
        assert [value for batch in batches for value in batch.values] == rows[len(whole) :]
        assert [at for batch in batches for at in batch.positions] == list(range(len(whole) + 1, 101))


def test_a_gzip_file_that_was_read_further_than_it_now_goes_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl.gz"
    packed = gzip.compress(b"".join(b"%s\n" % os.urandom(100).hex().encode() for _ in range(100)))
    path.write_bytes(packed)
    _, place = _batches(_open(path), 10)
    path.write_bytes(packed[:2000])
    with pytest.raises(StreamError, match=r"is not a whole gzip file .*begin anew with --restart"):
        _batches(_open(path), 10, place)


def test_rows_of_csv_come_with_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b'\xef\xbb\xbfid,text\r\n1,"two\nlines"\r\n2,one\r\n')
    source = _open(path)
    source.poll(1, 0)
    source.seek("a.csv", None)
    (batch,) = source.poll(10, 0).batches
    assert batch.columns == ("id", "text")
    assert batch.values == [b'1,"two\nlines"\r', b"2,one\r"]
    later = _open(path)
    later.poll(1, 0)
    later.seek("a.csv", source.position()["a.csv"])
    _lines(path, "3,more")
    (batch,) = later.poll(10, 0).batches
    assert (batch.columns, batch.values, list(batch.positions)) == (("id", "text"), [b"3,more"], [2])


def test_files_of_a_folder_are_partitions_read_side_by_side(tmp_path: Path) -> None:
    for name in ("b.jsonl", "a.csv", ".hidden.jsonl", "notes.md"):
        (tmp_path / name).write_text("id\n1\n2\n3\n4\n5\n")
    source = _open(tmp_path)
    assert source.poll(1, 0) == Poll(gained=("a.csv", "b.jsonl"))
    for name in ("a.csv", "b.jsonl"):
        source.seek(name, None)
    assert [(batch.partition, len(batch.values)) for batch in source.poll(4, 0).batches] == [
        ("a.csv", 2),
        ("b.jsonl", 2),
    ]
    assert {partition for partition, *_ in _drain(source)} == {"a.csv", "b.jsonl"}


def test_a_folder_without_records_and_a_missing_file_are_told_of(tmp_path: Path) -> None:
    with pytest.raises(StreamError, match=r"holds no file whose name ends in \.jsonl"):
        _open(tmp_path).poll(1, 0)
    with pytest.raises(StreamError, match="does not exist"):
        _open(tmp_path / "nothing.jsonl").poll(1, 0)


def test_a_new_file_in_a_followed_folder_is_gained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surtitle.stream.sources.files._LOOK_FOR_FILES_S", 0)
    source = _open(tmp_path, follow=True)
    assert source.poll(1, 0).gained == ()
    _lines(tmp_path / "a.jsonl", "1")
    assert source.poll(1, 0).gained == ("a.jsonl",)


def _rotate(path: Path) -> None:
    older = path.with_name(f"{path.name}.1")
    if older.exists():
        older.rename(path.with_name(f"{path.name}.2"))
    path.rename(older)


def test_rotation_is_followed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    _lines(path, "1", "2")
    source = _open(path, follow=True)
    assert [value for *_, value in _drain(source)] == [b"1", b"2"]
    _lines(path, "3", "4 without an end", end="")
    _rotate(path)
    _lines(path, "5")
    assert [(place, value) for _, place, value in _drain(source)] == [(2, b"3"), (3, b"4 without an end"), (4, b"5")]


def test_two_rotations_while_nobody_looked_are_made_up_for(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    _lines(path, "1", "2")
    source = _open(path, follow=True)
    _drain(source)
    positions = dict(source.position())
    _lines(path, "3")
    os.utime(path, ns=(1, 1))
    _rotate(path)
    _lines(path, "4")
    os.utime(path, ns=(2, 2))
    _rotate(path)
    _lines(path, "5")
    assert [(place, value) for _, place, value in _drain(_open(path, follow=True), positions)] == [
        (2, b"3"),
        (3, b"4"),
        (4, b"5"),
    ]


def test_a_file_that_is_cut_and_written_anew_is_begun_again(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    _lines(path, "first", "second")
    source = _open(path, follow=True)
    _drain(source)
    path.write_text("3\n")
    assert [(place, value) for _, place, value in _drain(source)] == [(2, b"3")]


def test_a_file_that_lost_what_was_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    _lines(path, "first", "second")
    source = _open(path)
    source.poll(1, 0)
    source.seek("a.jsonl", None)
    source.poll(10, 0)
    positions = dict(source.position())
    for content, told in (("short\n", "has only 6 bytes"), ("another file, and a longer one\n", "is another file")):
        path.write_text(content)
        with pytest.raises(StreamError, match=told):
            _drain(_open(path), positions)


def test_a_copy_that_begins_alike_is_the_same_file(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    _lines(path, "1", "2")
    source = _open(path)
    source.poll(1, 0)
    source.seek("a.jsonl", None)
    source.poll(1, 0)
    positions = dict(source.position())
    copy = path.read_bytes()
    path.unlink()
    (tmp_path / "other").touch()  # takes the inode
    path.write_bytes(copy)
    assert [value for *_, value in _drain(_open(path), positions)] == [b"2"]


def test_lag_is_the_bytes_not_yet_read(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    _lines(path, "1", "2", "3")
    source = _open(path)
    source.poll(1, 0)
    source.seek("a.jsonl", None)
    assert source.lag() == 6
    source.poll(2, 0)
    assert source.lag() == 2


def test_a_waiting_poll_can_be_woken(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").touch()
    source = _open(tmp_path / "a.jsonl", follow=True)
    source.poll(1, 0)
    source.seek("a.jsonl", None)
    source.wake()
    assert source.poll(1, 1000).empty == ("a.jsonl",)


def test_a_resume_position_is_small_and_plain(tmp_path: Path) -> None:
    _lines(tmp_path / "a.jsonl", "1")
    source = _open(tmp_path / "a.jsonl")
    _drain(source, polls=2)
    assert json.loads(source.position()["a.jsonl"])["row"] == 1
