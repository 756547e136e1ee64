from pathlib import Path

from surtitle.registry.staging import Stage, Staging


def abandon(staging: Staging, *, number: int | None = None) -> Stage:
    """Leave a build as a process leaves it that is killed: unlocked, not discarded."""
    with staging.begin() as stage:
        (stage.folder / "half").touch()
        if number is not None:
            stage.claim(number)
        return stage


def test_build_under_way_is_not_abandoned(tmp_path: Path) -> None:
    staging = Staging(tmp_path / "incoming")
    with staging.begin() as stage:
        assert stage.folder.is_dir()
        assert list(staging.abandoned()) == []


def test_build_left_behind_is_found_with_what_it_claimed(tmp_path: Path) -> None:
    staging = Staging(tmp_path)
    left = abandon(staging, number=12), abandon(staging)
    found = {stage.folder: stage.claimed for stage in staging.abandoned()}
    assert found == {left[0].folder: 12, left[1].folder: None}


def test_discard_leaves_nothing(tmp_path: Path) -> None:
    staging = Staging(tmp_path)
    abandon(staging)
    for stage in staging.abandoned():
        stage.discard()
    assert list(tmp_path.iterdir()) == []


def test_discard_is_content_when_the_folder_is_gone(tmp_path: Path) -> None:
    with Staging(tmp_path).begin() as stage:
        stage.folder.rmdir()
        stage.discard()
    assert list(tmp_path.iterdir()) == []


def test_note_is_written_in_whole_numbers_only(tmp_path: Path) -> None:
    staging = Staging(tmp_path)
    left = abandon(staging)
    left.note.write_text("no number")
    assert [stage.claimed for stage in staging.abandoned()] == [None]


def test_sweep_of_nothing_finds_nothing(tmp_path: Path) -> None:
    assert list(Staging(tmp_path / "incoming").abandoned()) == []
