"""A file is replaced whole or not at all."""

import subprocess
import sys
from pathlib import Path

import pytest

from surtitle.replacing import replacing

DYING = """
import os, sys
from pathlib import Path
from surtitle.replacing import replacing
with replacing(Path(sys.argv[1])) as beside:
    beside.write_text("ne")
    os.kill(os.getpid(), 9)
"""


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def _fail(path: Path) -> None:
    with replacing(path) as beside:
        beside.write_text("ne")
        raise RuntimeError


def test_the_old_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with replacing(path) as beside:
        beside.write_text("new")
        assert path.read_text() == "old"
    assert path.read_text() == "new"
    assert _names(tmp_path) == ["a"]


def test_after_an_error_the_old_file_is_there_and_nothing_beside_it(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    with pytest.raises(RuntimeError):
        _fail(path)
    assert path.read_text() == "old"
    assert _names(tmp_path) == ["a"]


def test_kill_9_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("old")
    assert subprocess.run([sys.executable, "-c", DYING, str(path)], check=False).returncode == -9
    assert path.read_text() == "old"


@pytest.mark.parametrize("place", ["missing/a", "file/a", "folder"])
def test_a_place_that_cannot_be_written_is_an_os_error_and_stays(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match=place.partition("/")[0]), replacing(tmp_path / place) as beside:
        beside.write_text("new")
    assert _names(tmp_path) == ["file", "folder"]
