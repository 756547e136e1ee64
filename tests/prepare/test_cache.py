"""Nothing is done twice, and nothing half-done is ever read."""

import fcntl
import multiprocessing
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from surtitle.errors import DataError, SurroundingsError
from surtitle.prepare import SPLITS, Prepared, find_prepared, prepare
from surtitle.prepare.cache import Cache
from surtitle.project import Project
from tests.prepare.helpers import NOW, csv_text, make_project, rows, write

PAIRS = rows(300)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    write(tmp_path / "a.csv", csv_text(PAIRS))
    return make_project(tmp_path)


def run(project: Project) -> Prepared:
    return prepare(project, now=NOW, environ={})


def cache_of(project: Project) -> Path:
    return project.state / "cache" / "prepare"


def entries(project: Project) -> list[str]:
    return sorted(path.name for path in cache_of(project).iterdir() if path.name != ".lock")


def test_the_second_time_nothing_is_done(project: Project) -> None:
    first = run(project)
    before = (first.folder / "train.parquet").stat().st_mtime_ns
    second = run(project)
    assert (first.cached, second.cached) == (False, True)
    assert second == Prepared(**{**{f: getattr(first, f) for f in Prepared.__struct_fields__}, "cached": True})
    assert (second.folder / "train.parquet").stat().st_mtime_ns == before


def test_a_touched_file_with_the_same_bytes_changes_nothing(project: Project) -> None:
    run(project)
    os.utime(project.root / "a.csv", (1, 1))
    assert run(project).cached


@pytest.mark.parametrize(
    "tables",
    [
        {"split": {"seed": 1}},
        {"split": {"test": 0.3}},
        {"data": {"duplicates": "keep"}},
        {"data": {"positive": "0"}},
        {"data": {"min_examples": 11}},
    ],
)
def test_a_setting_that_matters_makes_another_result(project: Project, tables: dict[str, dict[str, object]]) -> None:
    first = run(project)
    other = run(make_project(project.root, **tables))
    assert not other.cached
    assert other.key != first.key
    assert run(project).cached


def test_a_setting_that_does_not_matter_changes_nothing(project: Project) -> None:
    run(project)
    assert run(make_project(project.root, train={"c": 1.0}, evaluate={"seed": 3}, data={"synthetic": True})).cached


def test_a_changed_byte_makes_another_result(project: Project) -> None:
    run(project)
    write(project.root / "a.csv", csv_text(rows(300, start=1)))
    assert not run(project).cached


def test_an_edited_user_function_makes_another_result(project: Project) -> None:
    project = make_project(project.root, data={"prepare": "mine:keep"})
    (project.root / "mine.py").write_text("def keep(table):\n    return table\n")
    assert (run(project).cached, run(project).cached) == (False, True)
    (project.root / "mine.py").write_text("def keep(table):\n    return table[1:]\n")
    assert not run(project).cached


def test_a_query_is_run_again_and_its_rows_decide(project: Project) -> None:
    project = make_project(project.root, data={"sql": "select text, label from 'a.csv'"})
    assert (run(project).cached, run(project).cached) == (False, True)
    write(project.root / "a.csv", csv_text(rows(300, start=1)))
    assert not run(project).cached


def test_what_is_kept_can_be_found_without_preparing(project: Project) -> None:
    assert find_prepared(project, now=NOW) is None
    prepared = run(project)
    assert find_prepared(project, now=NOW) == run(project)
    write(project.root / "a.csv", csv_text(rows(300, start=1)))
    assert find_prepared(project, now=NOW) is None
    assert prepared.folder.is_dir()


def test_the_same_rows_give_the_same_bytes(project: Project, tmp_path: Path) -> None:
    first = run(project)
    copy = tmp_path / "copy"
    write(copy / "a.csv", csv_text(PAIRS))
    second = run(make_project(copy))
    assert first.key == second.key
    for split in SPLITS:
        assert (first.folder / f"{split}.parquet").read_bytes() == (second.folder / f"{split}.parquet").read_bytes()


@pytest.mark.parametrize("damage", ["truncate", "remove", "facts"])
def test_a_damaged_result_is_made_again(project: Project, damage: str) -> None:
    folder = run(project).folder
    if damage == "truncate":
        os.truncate(folder / "test.parquet", 10)
    elif damage == "remove":
        (folder / "test.parquet").unlink()
    else:
        (folder / "prepared.json").write_text("{")
    again = run(project)
    assert not again.cached
    assert again.load("test").num_rows > 0
    assert entries(project) == [again.key]


def test_a_result_that_was_removed_after_it_was_returned_is_a_clear_error(project: Project) -> None:
    prepared = run(project)
    (prepared.folder / "train.parquet").unlink()
    with pytest.raises(DataError, match="prepare again"):
        prepared.load("train")


def test_only_the_last_few_results_stay_and_use_counts(project: Project) -> None:
    projects = [make_project(project.root, split={"seed": seed}) for seed in range(7)]
    keys = []
    for hour, seed in enumerate([0, 1, 2, 3, 4, 0, 5, 6]):
        keys.append(prepare(projects[seed], now=NOW + timedelta(hours=hour), environ={}).key)
    assert entries(project) == sorted({keys[0], keys[3], keys[4], keys[6], keys[7]})


def test_data_that_was_refused_leaves_nothing(project: Project) -> None:
    write(project.root / "a.csv", csv_text([(text, "1") for text, _ in PAIRS]))
    with pytest.raises(DataError):
        run(project)
    assert entries(project) == []


def test_a_dead_builders_folder_goes_and_a_living_ones_stays(tmp_path: Path) -> None:
    cache = Cache(tmp_path)
    dead = tmp_path / ".unfinished-dead"
    dead.mkdir()
    (dead / ".lock").touch()
    living = tmp_path / ".unfinished-living"
    living.mkdir()
    with (living / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with cache.workspace() as mine:
            assert mine.is_dir()
            assert living.is_dir()
            assert not dead.exists()
    assert not mine.exists()


SLOWED = """
import sys, time
from pathlib import Path
from datetime import datetime, UTC
from surtitle.prepare import prepare
from surtitle.project import Project, parse_settings

class Stop:
    '''Says where the work is, and waits there to be stopped.'''
    def start(self, stage, total=None):
        print(stage, flush=True)
        if stage == sys.argv[2]:
            sys.stdin.read()
    def advance(self, steps): ...
    def done(self, message): ...

project = Project(Path(sys.argv[1]), parse_settings("[data]\\nsource = 'a.csv'"))
prepare(project, now=datetime.now(UTC), environ={}, reporter=Stop())
"""


@contextmanager
def stopped_at(project: Project, stage: str) -> Iterator[subprocess.Popen[str]]:
    """Run prepare in another process up to the start of `stage`."""
    command = [sys.executable, "-c", SLOWED, str(project.root), stage]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        for line in child.stdout:
            if line.strip() == stage:
                break
        try:
            yield child
        finally:
            child.kill()


@pytest.mark.parametrize("stage", ["look for changes", "read the labelled data", "write the splits"])
@pytest.mark.parametrize("signal_number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_stopped_leaves_nothing_that_is_ever_read(
    project: Project, stage: str, signal_number: signal.Signals
) -> None:
    with stopped_at(project, stage) as child:
        child.send_signal(signal_number)
        assert child.wait() != 0
    left = entries(project)
    assert all(name.startswith(".unfinished-") for name in left)
    assert len(left) == (1 if signal_number == signal.SIGKILL else 0)
    prepared = run(project)
    assert not prepared.cached
    assert entries(project) == [prepared.key]


def test_another_run_meanwhile_is_not_disturbed(project: Project) -> None:
    with stopped_at(project, "write the splits") as child:
        mine = run(project)
        _, errors = child.communicate(input="")
        assert child.returncode == 0, errors
    assert entries(project) == [mine.key]
    assert run(project).cached
    assert mine.load("train").num_rows == 210


def _prepare_in(root: Path) -> tuple[str, int]:
    prepared = prepare(make_project(root), now=NOW, environ={})
    return prepared.key, prepared.load("train").num_rows


def test_each_stage_that_is_told_of_begins_and_ends(project: Project) -> None:
    class Listener:
        def __init__(self) -> None:
            self.told: list[str] = []
            self.steps: dict[str, int] = {}
            self.totals: dict[str, int | None] = {}

        def start(self, stage: str, total: int | None = None) -> None:
            self.told.append(stage)
            self.totals[stage] = total

        def advance(self, steps: int) -> None:
            self.steps[self.told[-1]] = self.steps.get(self.told[-1], 0) + steps

        def done(self, message: str) -> None:
            self.told.append("done")

    first, second = Listener(), Listener()
    for listener in (first, second):
        prepare(project, now=NOW, environ={}, reporter=listener)
    assert first.told == ["look for changes", "done", "read the labelled data", "done", "write the splits", "done"]
    assert second.told == ["look for changes", "done"]
    assert first.steps == first.totals


def test_several_processes_at_once_all_get_the_whole_result(project: Project) -> None:
    with multiprocessing.get_context("spawn").Pool(3) as pool:
        assert set(pool.map(_prepare_in, [project.root] * 6)) == {(run(project).key, 210)}
    assert len(entries(project)) == 1


@contextmanager
def tiny_disk(folder: Path, size: str) -> Iterator[None]:
    folder.mkdir(parents=True)
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=False)
    if mounted.returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        yield
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small file system")
@pytest.mark.parametrize("source", ["file", "query"])
def test_a_full_disk_is_named_with_what_is_needed_and_left(tmp_path: Path, source: str) -> None:
    write(tmp_path / "a.csv", csv_text([(os.urandom(400).hex(), str(i % 2)) for i in range(3000)]))
    data = {"sql": "from 'a.csv'"} if source == "query" else {}
    project = make_project(tmp_path, data=data)
    with tiny_disk(project.state, "1m"):
        with pytest.raises(SurroundingsError, match="no space left in") as caught:
            run(project)
        assert "MB are free" in str(caught.value)
        if source == "file":
            assert "about 9.7 MB may be needed" in str(caught.value)
        assert entries(project) == []
    assert not run(project).cached


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_named(project: Project) -> None:
    project.state.mkdir()
    project.state.chmod(0o500)
    with pytest.raises(SurroundingsError, match="cache"):
        run(project)


def test_a_file_where_the_cache_should_be_is_named(project: Project) -> None:
    project.state.write_text("in the way")
    with pytest.raises(SurroundingsError, match=r"\.surtitle"):
        run(project)


def test_a_source_that_changes_while_it_is_read_is_refused(project: Project) -> None:
    class Meddler:
        def start(self, stage: str, total: int | None = None) -> None:
            if stage == "read the labelled data":
                with (project.root / "a.csv").open("a") as file:
                    file.write("late,1\n")

        def advance(self, steps: int) -> None: ...

        def done(self, message: str) -> None: ...

    with pytest.raises(DataError, match="changed while it was read"):
        prepare(project, now=NOW, environ={}, reporter=Meddler())
