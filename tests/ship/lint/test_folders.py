"""Dockerfiles on disk: which are found, what stands beside them, how they are written."""

import stat
from pathlib import Path

import pytest

from surtitle.errors import UsageError
from surtitle.ship.lint.folders import beside, find, read, write
from surtitle.ship.lint.source import MAX_BYTES


def test_a_folder_gives_its_dockerfiles_in_order(tmp_path: Path) -> None:
    names = ["Dockerfile", "a/Containerfile", "a/b.Dockerfile", "c/Dockerfile.gpu"]
    others = [
        "Dockerfile.dockerignore",
        ".git/Dockerfile",
        "node_modules/x/Dockerfile",
        ".venv/Dockerfile",
        "notes.txt",
    ]
    for name in (*names, *others):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("FROM a\n")
    assert [path.relative_to(tmp_path).as_posix() for path in find(tmp_path)] == names


@pytest.mark.parametrize("name", ["missing", "."])
def test_nothing_to_look_at_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="there is no"):
        find(tmp_path / name)


def test_no_more_is_read_than_the_linter_takes(tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_bytes(b"x" * (MAX_BYTES + 1000))
    assert len(read(tmp_path / "Dockerfile")) == MAX_BYTES + 1


def test_a_device_is_not_read() -> None:
    with pytest.raises(UsageError, match="no regular file"):
        read(Path("/dev/zero"))


def test_the_ignore_file_of_its_own_comes_first(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("a")
    (tmp_path / "b.Dockerfile.dockerignore").write_text("b")
    for name, kept_out in (("Dockerfile", "a"), ("b.Dockerfile", "b")):
        ignore = beside(tmp_path / name).ignore
        assert ignore is not None
        assert [path for path in "ab" if ignore.keeps_out(path)] == [kept_out]


def test_the_repositorys_root_is_looked_at_and_nothing_above(tmp_path: Path) -> None:
    (tmp_path / ".dockerignore").write_text("a")
    docker = tmp_path / "repository" / "docker"
    docker.mkdir(parents=True)
    assert beside(docker / "Dockerfile").ignore is None
    (tmp_path / "repository" / ".git").mkdir()
    assert beside(docker / "Dockerfile").ignore is None
    (tmp_path / "repository" / ".dockerignore").write_text("b")
    assert beside(docker / "Dockerfile").ignore is not None


def test_writing_keeps_rights_and_links(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "real").chmod(0o640)
    (tmp_path / "Dockerfile").symlink_to("real")
    write(tmp_path / "Dockerfile", b"new")
    assert (tmp_path / "Dockerfile").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    assert stat.S_IMODE((tmp_path / "real").stat().st_mode) == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["Dockerfile", "real"]
