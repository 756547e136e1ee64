"""Finding, reading and making projects."""

import os
from pathlib import Path

import pytest

from surtitle.errors import SettingsError, SurroundingsError
from surtitle.project import (
    FILE_NAME,
    Project,
    create_project,
    expand_secrets,
    find_project,
    load_project,
    missing_secrets,
    relative_source,
)
from surtitle.settings import DataSettings, Settings, TrainSettings

SETTINGS = Settings(data=DataSettings(source="../comments.csv", text="body", label="removed"))


def test_a_project_is_found_from_a_folder_inside_it(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("")
    inside = tmp_path / "notes" / "2026"
    inside.mkdir(parents=True)
    assert find_project(inside) == tmp_path.resolve()


def test_no_project_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"no surtitle\.toml in .* or above it; .*surtitle new NAME --data FILE"):
        find_project(tmp_path)


def test_a_folder_of_that_name_is_not_a_project(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(SettingsError, match="or above it"):
        find_project(tmp_path)


def test_a_made_project_is_read_back_as_it_was(tmp_path: Path) -> None:
    made = create_project(tmp_path / "moderation", SETTINGS)
    assert load_project(tmp_path / "moderation") == made == Project(made.root, SETTINGS)


def test_a_made_project_holds_only_what_differs_and_points_to_the_rest(tmp_path: Path) -> None:
    create_project(tmp_path, SETTINGS)
    text = (tmp_path / FILE_NAME).read_text(encoding="utf-8")
    assert "surtitle config" in text
    assert 'text = "body"' in text
    assert "max_bad_rows" not in text


def test_what_surtitle_writes_is_kept_out_of_git(tmp_path: Path) -> None:
    create_project(tmp_path, SETTINGS)
    assert (tmp_path / ".gitignore").read_text() == ".surtitle/\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [("*.pyc", "*.pyc\n.surtitle/\n"), ("*.pyc\n", "*.pyc\n.surtitle/\n"), (".surtitle/\n", ".surtitle/\n")],
)
def test_an_existing_gitignore_is_added_to_once(tmp_path: Path, before: str, after: str) -> None:
    (tmp_path / ".gitignore").write_text(before)
    create_project(tmp_path, SETTINGS)
    assert (tmp_path / ".gitignore").read_text() == after


def test_an_existing_project_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("mine")
    with pytest.raises(SettingsError, match=r"surtitle\.toml exists and is not overwritten"):
        create_project(tmp_path, SETTINGS)
    assert (tmp_path / FILE_NAME).read_text() == "mine"


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "moderation").write_text("")
    with pytest.raises(SettingsError, match="moderation is a file"):
        create_project(tmp_path / "moderation", SETTINGS)


def test_settings_with_faults_make_no_project(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"data\.source"):
        create_project(tmp_path / "moderation", Settings())
    assert not (tmp_path / "moderation").exists()


def test_a_folder_that_cannot_be_made_is_a_fault_of_the_surroundings(tmp_path: Path) -> None:
    too_long = tmp_path / ("x" * 300)
    with pytest.raises(SurroundingsError, match=r"cannot be written: File name too long"):
        create_project(too_long, SETTINGS)


def test_overrides_win_over_the_file(tmp_path: Path) -> None:
    create_project(tmp_path, SETTINGS)
    assert load_project(tmp_path, ["train.c=2"]).settings.train == TrainSettings(c=2.0)


def test_a_missing_settings_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"does not exist; make a project with: surtitle new"):
        load_project(tmp_path / "nowhere")


def test_a_file_given_for_a_folder_is_a_missing_project(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="does not exist"):
        load_project(tmp_path / "file")


def test_a_byte_that_is_not_utf8_is_named_with_its_line(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"[data]\nsource = 'caf\xe9.csv'\n")
    with pytest.raises(SettingsError, match=r"line 2: a byte that is not UTF-8"):
        load_project(tmp_path)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"\xef\xbb\xbf[data]\nsource = 'a.csv'\n")
    assert load_project(tmp_path).settings.data.source == "a.csv"


def test_a_huge_file_is_refused(tmp_path: Path) -> None:
    with (tmp_path / FILE_NAME).open("wb") as file:
        file.truncate(50_000_000)
    with pytest.raises(SettingsError, match=r"larger than 1,000,000 bytes"):
        load_project(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).touch(mode=0o000)
    with pytest.raises(SettingsError, match="cannot be read"):
        load_project(tmp_path)


def test_a_folder_in_place_of_the_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).mkdir()
    with pytest.raises(SettingsError, match="cannot be read: Is a directory"):
        load_project(tmp_path)


def test_state_lies_inside_the_project(tmp_path: Path) -> None:
    assert create_project(tmp_path, SETTINGS).state == tmp_path.resolve() / ".surtitle"


def test_a_source_directly_under_the_root_of_the_disk_stays_absolute() -> None:
    assert relative_source(Path("/comments.csv"), Path("/moderation")) == "/comments.csv"


def test_a_source_inside_the_project_is_relative() -> None:
    assert relative_source(Path("/home/me/p/data/a.csv"), Path("/home/me/p")) == "data/a.csv"


def test_secrets_come_from_the_environment_given() -> None:
    assert expand_secrets("a ${ONE} ${TWO} ${ONE}", {"ONE": "1", "TWO": "2"}) == "a 1 2 1"


def test_missing_secrets_are_all_named_and_no_value_is_shown() -> None:
    with pytest.raises(SettingsError) as caught:
        expand_secrets("${B} ${A} ${KNOWN}", {"KNOWN": "hidden-value"})
    assert [fault.where for fault in caught.value.faults] == ["${A}", "${B}"]
    assert "hidden-value" not in str(caught.value)


def test_a_secret_that_looks_like_a_reference_is_not_expanded_again() -> None:
    assert expand_secrets("${A}", {"A": "${B}", "B": "no"}) == "${B}"


def test_missing_secrets_lists_each_name_once() -> None:
    assert missing_secrets("${B}${A}${B}", {}) == ["A", "B"]
