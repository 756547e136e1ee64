import os
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from surtitle.errors import RegistryError, SurroundingsError
from surtitle.registry import Registry
from surtitle.registry.database import Database
from surtitle.registry.schema import APPLICATION_ID, MIGRATIONS
from tests.registry.helpers import FACTS, NOW, SPAWN, add, build, move_to_and_fro


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A registry of three versions, the champion moved twice."""
    registry = Registry(tmp_path / "registry")
    for number in (1, 2, 3):
        add(registry)
        registry.set_alias("champion", number, now=NOW, why="")
    return registry.root


def mounted(*arguments: str) -> None:
    if os.geteuid() != 0 or subprocess.run(["mount", *arguments], capture_output=True).returncode:
        pytest.skip("mounting a file system needs root")


@pytest.fixture
def read_only(root: Path, tmp_path: Path) -> Iterator[Path]:
    """The same registry, seen through a mount that cannot be written."""
    seen = tmp_path / "seen"
    seen.mkdir()
    mounted("--bind", str(root), str(seen))
    try:
        mounted("-o", "remount,bind,ro", str(seen))
        yield seen
    finally:
        subprocess.run(["umount", seen], check=True)


def change(root: Path, statement: str) -> None:
    with closing(sqlite3.connect(root / "registry.db", isolation_level=None)) as db:
        db.execute(statement)


def test_reading_makes_nothing(tmp_path: Path) -> None:
    root = tmp_path / "registry"
    registry = Registry(root)
    assert registry.versions() == []
    assert registry.aliases() == {}
    assert registry.resolve("champion") is None
    assert not root.exists()


def test_commits_are_synced_and_readers_do_not_lock(root: Path) -> None:
    with closing(sqlite3.connect(root / "registry.db")) as db:
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
        assert db.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    with Database(root / "registry.db", busy_timeout_s=1).write() as db:
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)


def test_reader_does_not_wait_for_a_writer(root: Path) -> None:
    reader = Registry(root, busy_timeout_s=0.0)
    with Database(root / "registry.db", busy_timeout_s=0.0).write() as db:
        db.execute("UPDATE moves SET to_version = 1")
        assert reader.find("champion").number == 3


def test_writer_gives_up_with_a_clear_error(root: Path) -> None:
    late = Registry(root, busy_timeout_s=0.01)
    with (
        Database(root / "registry.db", busy_timeout_s=0.0).write(),
        pytest.raises(SurroundingsError, match=r"held by another process for over 0\.01 s; try again"),
    ):
        late.set_alias("champion", 1, now=NOW, why="")


def test_exception_undoes_everything(root: Path) -> None:
    database = Database(root / "registry.db", busy_timeout_s=1)

    def change_and_fail() -> None:
        with database.write() as db:
            db.execute("UPDATE moves SET to_version = 1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        change_and_fail()
    assert Registry(root).find("champion").number == 3


@pytest.mark.parametrize("content", [b"", b"id,text\n" * 1000, b"SQLite format 3\0" + bytes(5000)])
def test_file_that_is_no_registry_is_refused_and_left_alone(root: Path, content: bytes) -> None:
    (root / "registry.db").write_bytes(content)
    with pytest.raises(RegistryError, match=r"registry\.db is .*not a registry.*restore it from a backup"):
        Registry(root).versions()
    with pytest.raises(RegistryError, match="not a registry"):
        add(Registry(root))
    assert (root / "registry.db").read_bytes() == content


def test_database_of_another_program_is_refused(root: Path) -> None:
    (root / "registry.db").unlink()
    change(root, "CREATE TABLE t (x)")
    with pytest.raises(RegistryError, match="is not a registry"):
        Registry(root).versions()


def test_truncated_file_is_an_error_and_never_a_shorter_list(root: Path) -> None:
    whole = (root / "registry.db").read_bytes()
    expected = Registry(root).versions(), Registry(root).history()
    for size in range(0, len(whole), 512):
        (root / "registry.db").write_bytes(whole[:size])
        try:
            assert (Registry(root).versions(), Registry(root).history()) == expected, size
        except RegistryError as error:
            assert "restore it from a backup" in str(error)  # noqa: PT017 (either answer is right)


def test_newer_schema_is_refused(root: Path) -> None:
    change(root, "PRAGMA user_version=99")
    with pytest.raises(RegistryError, match=r"newer Surtitle \(schema 99, this one knows 1\); update with: pip"):
        Registry(root).versions()
    with pytest.raises(RegistryError, match="newer Surtitle"):
        Registry(root).rollback("champion", now=NOW, why="")


def test_older_schema_is_brought_up_by_reader_and_writer_alike(root: Path) -> None:
    newer = (*MIGRATIONS, ("ALTER TABLE versions ADD COLUMN colour TEXT NOT NULL DEFAULT 'red'",))
    copy = shutil.copytree(root, root.with_name("copy"))
    colours = "SELECT colour FROM versions"
    reading = Database(root / "registry.db", busy_timeout_s=1, migrations=newer)
    assert reading.read(lambda db: db.execute(colours).fetchall(), absent=[]) == [("red",)] * 3
    with Database(copy / "registry.db", busy_timeout_s=1, migrations=newer).write() as db:
        assert db.execute(colours).fetchall() == [("red",)] * 3


def test_failed_migration_changes_nothing(root: Path) -> None:
    broken = (*MIGRATIONS, ("DELETE FROM moves", "NOT SQL"))
    with pytest.raises(sqlite3.OperationalError):
        Database(root / "registry.db", busy_timeout_s=1, migrations=broken).read(lambda db: 1, absent=0)
    assert len(Registry(root).history()) == 3


def test_lost_database_is_told_from_an_empty_registry(root: Path) -> None:
    (root / "registry.db").unlink()
    for action in (Registry(root).versions, lambda: add(Registry(root))):
        with pytest.raises(RegistryError, match=r"registry\.db is missing, but .*versions.* restore it from a backup"):
            action()
    assert len(list((root / "versions").iterdir())) == 3


def test_log_without_its_database_is_not_replayed_into_a_new_one(tmp_path: Path) -> None:
    (tmp_path / "registry.db-wal").write_bytes(b"old")
    with pytest.raises(RegistryError, match=r"registry\.db-wal is there"):
        add(Registry(tmp_path))


def test_draft_left_by_a_killed_first_writer_is_replaced(tmp_path: Path) -> None:
    for name in ("registry.db.draft", "registry.db.draft-wal"):
        (tmp_path / name).write_bytes(b"half")
    assert add(Registry(tmp_path)).number == 1
    assert not list(tmp_path.glob("*.draft*"))


def test_folder_in_place_of_the_database_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "registry.db").mkdir()
    with pytest.raises(SurroundingsError, match=r"registry\.db: unable to open database file"):
        Registry(tmp_path).versions()


def test_path_with_special_characters_is_taken_as_it_is(tmp_path: Path) -> None:
    root = tmp_path / "a?mode=memory#%41 é"
    add(Registry(root))
    assert (root / "registry.db").is_file()
    assert [version.number for version in Registry(root).versions()] == [1]


def test_read_only_folder_can_be_read(root: Path, read_only: Path) -> None:
    registry = Registry(read_only)
    assert registry.aliases() == {"champion": 3}
    assert registry.verify(2).facts == FACTS


def test_read_only_folder_refuses_to_be_written(read_only: Path) -> None:
    registry = Registry(read_only)
    with pytest.raises(SurroundingsError, match=r"Read-only file system"):
        registry.register(build, FACTS, now=NOW)
    with pytest.raises(SurroundingsError, match="may this user write in"):
        registry.rollback("champion", now=NOW, why="")


def test_read_only_view_follows_a_writer_elsewhere(root: Path, read_only: Path) -> None:
    with closing(sqlite3.connect(root / "registry.db")) as held:
        held.execute("SELECT * FROM moves").fetchall()  # keeps the log from being folded in
        Registry(root).rollback("champion", now=NOW, why="")
        assert (root / "registry.db-wal").stat().st_size
        assert Registry(read_only).find("champion").number == 2
    Registry(root).rollback("champion", now=NOW, why="")
    assert Registry(read_only).find("champion").number == 1


def test_read_only_view_is_never_torn_by_a_writer_elsewhere(root: Path, read_only: Path) -> None:
    # Another process: closing a file lets go of every lock that this process holds on it.
    writer = SPAWN.Process(target=move_to_and_fro, args=(root, 100))
    writer.start()
    lengths = [3]
    while writer.is_alive():
        lengths.append(len(Registry(read_only).history()))
    writer.join()
    assert writer.exitcode == 0
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 1
    assert len(Registry(read_only).history()) == 103


def test_folder_of_another_user_is_a_clear_error(root: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    child = os.fork()
    if child == 0:
        status = 1
        try:
            root.chmod(0o700)
            os.setuid(65534)
            Registry(root).versions()
        except SurroundingsError as error:
            status = 0 if "Permission denied" in str(error) else 2
        finally:
            os._exit(status)
    assert os.waitpid(child, 0)[1] == 0


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 400 kB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted("-t", "tmpfs", "-o", "size=400k", "tmpfs", str(disk))
    try:
        yield disk
    finally:
        subprocess.run(["umount", disk], check=True)


def test_full_disk_loses_nothing_and_leaves_nothing(small_disk: Path) -> None:
    registry = Registry(small_disk / "registry")
    add(registry)
    registry.set_alias("champion", 1, now=NOW, why="")
    with pytest.raises(SurroundingsError, match="free some space and try again"):
        add(registry, 100)
    registered = len(registry.versions())
    assert 1 < registered < 99
    assert [version.number for version in registry.versions()] == list(range(1, registered + 1))
    assert registry.verify("champion").number == 1
    assert list((registry.root / "incoming").iterdir()) == []
    shutil.rmtree(registry.root / "versions" / "1")
    assert add(registry).number == registered + 1


def test_disk_that_fills_at_any_byte_is_a_clear_error(small_disk: Path) -> None:
    registry = Registry(small_disk / "registry")
    add(registry)
    filler = small_disk / "filler"
    free = shutil.disk_usage(small_disk).free
    outcomes = set()
    for left in range(0, free, 4096):
        filler.write_bytes(bytes(free - left))
        try:
            registry.set_alias("champion" if left % 8192 else "challenger", 1, now=NOW, why="x" * 1500)
            outcomes.add("moved")
        except SurroundingsError as error:
            assert "space" in str(error) or "disk" in str(error)  # noqa: PT017 (either answer is right)
            outcomes.add("full")
        except RegistryError as error:
            assert "nothing to move" in str(error)  # noqa: PT017 (the same)
        filler.unlink()
        assert [version.number for version in registry.versions()] == [1]
        if len(registry.aliases()) == 2:
            break
    assert outcomes == {"full", "moved"}
