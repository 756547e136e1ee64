"""Generated files: written once, updated while untouched, never over somebody's edits."""

from pathlib import Path

import pytest

from surtitle.errors import SurroundingsError, UsageError
from surtitle.ship.writing import RECORD_NAME, write_files


def test_files_are_new_then_unchanged_then_updated(tmp_path: Path) -> None:
    changes = [
        [each.change for each in write_files(tmp_path, {"a.txt": text, "b/c.sh": "#!/bin/sh\n"})]
        for text in ("1\n", "1\n", "2\n")
    ]
    assert changes == [["new", "new"], ["unchanged", "unchanged"], ["updated", "unchanged"]]
    assert (tmp_path / "a.txt").read_text() == "2\n"
    assert not list(tmp_path.rglob("*.part"))


def test_edited_files_can_be_kept_and_stay_known_as_edited(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "1\n", "b.txt": "1\n"})
    (tmp_path / "a.txt").write_text("mine\n")
    written = write_files(tmp_path, {"a.txt": "2\n", "b.txt": "2\n"}, keep=True)
    assert [each.change for each in written] == ["kept", "updated"]
    assert ((tmp_path / "a.txt").read_text(), (tmp_path / "b.txt").read_text()) == ("mine\n", "2\n")
    with pytest.raises(UsageError, match=r"a\.txt: has been edited"):
        write_files(tmp_path, {"a.txt": "3\n"})


def test_an_edited_file_and_a_foreign_one_are_named_together_and_nothing_is_written(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "1\n"})
    (tmp_path / "a.txt").write_text("mine\n")
    (tmp_path / "b.txt").write_text("mine too\n")
    with pytest.raises(UsageError, match="--force") as caught:
        write_files(tmp_path, {"new.txt": "", "a.txt": "2\n", "b.txt": "2\n"})
    assert [fault.where for fault in caught.value.faults] == ["a.txt", "b.txt"]
    assert not (tmp_path / "new.txt").exists()
    assert (tmp_path / "a.txt").read_text() == "mine\n"


def test_an_edit_that_equals_what_would_be_written_is_no_conflict(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1\n")
    assert write_files(tmp_path, {"a.txt": "1\n"})[0].change == "unchanged"
    assert write_files(tmp_path, {"a.txt": "2\n"})[0].change == "updated"


def test_force_overwrites(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("mine\n")
    assert write_files(tmp_path, {"a.txt": "1\n"}, force=True)[0].change == "updated"
    assert (tmp_path / "a.txt").read_text() == "1\n"


def test_the_record_survives_a_fresh_clone_and_other_commands(tmp_path: Path) -> None:
    write_files(tmp_path, {"a.txt": "1\n"})
    write_files(tmp_path, {"b.txt": "1\n"})
    clone = tmp_path / "clone"
    clone.mkdir()
    for name in ("a.txt", "b.txt", RECORD_NAME):
        (clone / name).write_bytes((tmp_path / name).read_bytes())
    assert [each.change for each in write_files(clone, {"a.txt": "2\n", "b.txt": "2\n"})] == ["updated", "updated"]


def test_scripts_are_executable_and_others_are_not(tmp_path: Path) -> None:
    write_files(tmp_path, {"run.sh": "#!/bin/sh\n", "a.txt": ""}, executable=frozenset({"run.sh"}))
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("run.sh", "a.txt")] == [0o755, 0o644]


@pytest.mark.parametrize("name", ["../out.txt", "/etc/out.txt", "a/../../out.txt"])
def test_a_path_outside_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="outside"):
        write_files(tmp_path, {name: ""})


def test_a_link_that_leads_outside_is_refused(tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "out").symlink_to(tmp_path)
    with pytest.raises(UsageError, match="outside"):
        write_files(root, {"out/a.txt": ""})
    assert not (tmp_path / "a.txt").exists()


@pytest.mark.parametrize("record", [b"[]", b"{", b'{"a.txt": 1}', b"\xff", b" " * 1_000_001])
def test_a_broken_record_says_how_to_go_on(tmp_path: Path, record: bytes) -> None:
    (tmp_path / RECORD_NAME).write_bytes(record)
    with pytest.raises(UsageError, match="delete it"):
        write_files(tmp_path, {"a.txt": "1\n"})
    assert not (tmp_path / "a.txt").exists()


def test_a_folder_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.txt").mkdir()
    with pytest.raises(SurroundingsError, match=r"a\.txt"):
        write_files(tmp_path, {"a.txt": "1\n"})
