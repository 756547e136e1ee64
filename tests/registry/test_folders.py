import hashlib
from pathlib import Path

import pytest

from surtitle.errors import RegistryError
from surtitle.registry.folders import fsync_tree, hash_tree
from tests.registry.helpers import FILES, build


def test_hash_is_that_of_what_sha256sum_prints(tmp_path: Path) -> None:
    build(tmp_path)
    lines = [f"{hashlib.sha256(FILES[name]).hexdigest()}  {name}\n" for name in sorted(FILES)]
    assert hash_tree(tmp_path) == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_hash_tells_any_change(tmp_path: Path) -> None:
    build(tmp_path)
    seen = {hash_tree(tmp_path)}
    (tmp_path / "manifest.json").write_bytes(b"{ }")
    seen.add(hash_tree(tmp_path))
    (tmp_path / "manifest.json").rename(tmp_path / "manifest")
    seen.add(hash_tree(tmp_path))
    (tmp_path / "empty").touch()
    seen.add(hash_tree(tmp_path))
    assert len(seen) == 4


def test_file_name_that_is_not_utf8_is_hashed(tmp_path: Path) -> None:
    Path(str(tmp_path / "x") + "\udcff").touch()
    assert hash_tree(tmp_path)


def test_folder_without_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(RegistryError, match="holds no files"):
        hash_tree(tmp_path)


@pytest.mark.parametrize("target", ["/etc/passwd", ".", "nowhere"])
def test_link_is_refused(tmp_path: Path, target: str) -> None:
    (tmp_path / "link").symlink_to(target)
    with pytest.raises(RegistryError, match="neither a file nor a folder"):
        hash_tree(tmp_path)


def test_sync_goes_through_every_file(tmp_path: Path) -> None:
    build(tmp_path)
    fsync_tree(tmp_path)
    with pytest.raises(FileNotFoundError):
        fsync_tree(tmp_path / "nowhere")
