import errno
import os
from pathlib import Path

import pytest

from surtitle.errors import StreamError, SurroundingsError
from surtitle.stream.ports import Lines
from surtitle.stream.sinks.files import FileSink
from surtitle.stream.testing import check_sink


def test_it_keeps_the_contract(tmp_path: Path) -> None:
    path = tmp_path / "out" / "decisions.jsonl"
    check_sink(lambda: FileSink({"decisions": path}), lambda: path.read_bytes().splitlines())


def test_each_channel_has_a_file_and_one_without_is_left_out(tmp_path: Path) -> None:
    sink = FileSink({"decisions": tmp_path / "d", "windows": tmp_path / "w"})
    sink.recover("", None)
    sink.write([Lines("decisions", [b"1", b"2"]), Lines("windows", [b"3"]), Lines("late", [b"4"])])
    sink.close()
    assert (tmp_path / "d").read_bytes() == b"1\n2\n"
    assert (tmp_path / "w").read_bytes() == b"3\n"


def test_a_file_that_another_wrote_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("mine\n")
    sink = FileSink({"decisions": tmp_path / "d"})
    with pytest.raises(StreamError, match="holds 5 bytes that this stream has not written"):
        sink.recover("", None)
    sink.delivery = "at-least-once"
    sink.recover("", None)
    sink.write([Lines("decisions", [b"more"])])
    assert (tmp_path / "d").read_text() == "mine\nmore\n"


def test_a_file_that_lost_what_was_committed_is_refused(tmp_path: Path) -> None:
    sink = FileSink({"decisions": tmp_path / "d"})
    with pytest.raises(StreamError, match=r"has 0 bytes, but 7 were committed"):
        sink.recover("", '{"decisions": 7}')


def test_two_processes_cannot_write_one_file(tmp_path: Path) -> None:
    sink = FileSink({"decisions": tmp_path / "d"})
    sink.recover("", None)
    with pytest.raises(StreamError, match="is written by another process"):
        FileSink({"decisions": tmp_path / "d"}).recover("", None)


def test_a_torn_line_is_cut_where_outputs_may_repeat(tmp_path: Path) -> None:
    (tmp_path / "d").write_text("whole\nto")
    sink = FileSink({"decisions": tmp_path / "d"})
    sink.delivery = "at-least-once"
    sink.recover("", None)
    assert (tmp_path / "d").read_text() == "whole\n"


def test_a_full_disk_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sink = FileSink({"decisions": tmp_path / "d"})
    sink.recover("", None)

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(SurroundingsError, match="No space left on device; free some space"):
        sink.write([Lines("decisions", [b"1"])])


def test_a_folder_that_may_not_be_written_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SurroundingsError, match="cannot be written"):
        FileSink({"decisions": tmp_path / "file" / "d"}).recover("", None)
