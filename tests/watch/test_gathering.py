"""Everything is read from where it was left, from files that grow, shrink and are replaced."""

import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from surtitle.errors import DataError
from surtitle.inbox import DecisionInbox, LabelInbox, LateLabel
from surtitle.project import Project, load_project
from surtitle.records import Decision
from surtitle.watch import reading
from surtitle.watch.gathering import DecisionFile, Gathered, gather
from surtitle.watch.store import WatchStore

NOW = datetime(2026, 3, 1, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "surtitle.toml").write_text('[data]\nsource = "x.csv"\n[watch]\nkeep = "30d"\n')
    (tmp_path / ".surtitle").mkdir()
    return load_project(tmp_path)


def made(number: int, at: datetime = NOW) -> Decision:
    return Decision(f"c{number}", "m", 1, "go", 0.25, "allow", (), at, at)


def line(number: int, at: datetime = NOW) -> bytes:
    fields = msgspec.structs.asdict(made(number, at)) | {"kind": "decision", "partition": "p", "position": number}
    return msgspec.json.encode(fields) + b"\n"


def look(project: Project, *files: DecisionFile) -> tuple[Gathered, int]:
    with WatchStore(project.state) as store:
        return gather(project, store, files), store.counts().decisions


def test_a_file_is_read_on_from_where_it_was_left(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_CHUNK_BYTES", 1000)
    path = project.root / "decisions.jsonl"
    path.write_bytes(b"".join(map(line, range(50))))
    assert look(project, DecisionFile(path))[0].decisions == 50
    with path.open("ab") as file:
        file.write(line(50) + line(51)[:-20])
    assert look(project, DecisionFile(path))[0].decisions == 1
    with path.open("ab") as file:
        file.write(line(51)[-20:])
    gathered, total = look(project, DecisionFile(path))
    assert (gathered.decisions, gathered.bad_lines, total) == (1, 0, 52)


def test_what_is_not_committed_is_not_read(project: Project) -> None:
    path = project.root / "decisions.jsonl"
    path.write_bytes(line(0) + line(1))
    committed = DecisionFile(path, until=len(line(0)))
    assert look(project, committed)[1] == 1
    assert look(project, DecisionFile(path))[1] == 2


def test_a_file_that_was_replaced_is_read_anew(project: Project) -> None:
    path = project.root / "decisions.jsonl"
    path.write_bytes(b"".join(map(line, range(5))))
    look(project, DecisionFile(path))
    path.write_bytes(b"".join(map(line, range(100, 120))))
    assert look(project, DecisionFile(path))[1] == 25


def test_other_kinds_of_lines_are_passed_over_and_bad_ones_named(project: Project) -> None:
    path = project.root / "all.jsonl"
    path.write_bytes(line(0) + b'{"kind":"window","start":1}\n\n' + b"half a li\n" + b'{"id": "x"}\n' + line(1))
    gathered, total = look(project, DecisionFile(path))
    assert (total, gathered.bad_lines) == (2, 2)
    assert gathered.faults[0].where == f"all.jsonl, byte {len(line(0)) + 29:,}"
    assert "score" in gathered.faults[1].what


@pytest.mark.parametrize("text", [b"id,text\n1,hello\n", b"\xff\xfe\x00\n", b"[]\n"])
def test_a_file_of_something_else_is_refused(project: Project, text: bytes) -> None:
    path = project.root / "comments.csv"
    path.write_bytes(text)
    with pytest.raises(DataError, match="is no file of decisions"):
        look(project, DecisionFile(path))


def test_an_endless_line_is_refused_and_an_empty_file_is_nothing(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project.root / "decisions.jsonl"
    path.write_bytes(b"")
    assert look(project, DecisionFile(path))[1] == 0
    monkeypatch.setattr(reading, "_CHUNK_BYTES", 1000)
    path.write_bytes(b"x" * 1001)
    with pytest.raises(DataError, match="byte 0: a line is longer"):
        look(project, DecisionFile(path))


def test_a_missing_file_and_a_folder_are_said(project: Project) -> None:
    for path in (project.root / "none.jsonl", project.root):
        with pytest.raises(DataError, match="name the decisions"):
            look(project, DecisionFile(path))


def test_the_services_decisions_are_taken_out_of_its_inbox(project: Project) -> None:
    inbox = DecisionInbox(project.state, most=1000)
    inbox.add([made(number) for number in range(10)])
    assert look(project)[0].decisions == 10
    with closing(sqlite3.connect(project.state / "decided.db")) as db:
        assert db.execute("SELECT count(*) FROM decided").fetchone() == (0,)
    inbox.add([made(10)])
    inbox.close()
    assert look(project)[1] == 11


def test_an_inbox_begun_anew_is_read_from_its_beginning(project: Project) -> None:
    for numbers in (range(10), range(20, 23)):
        inbox = DecisionInbox(project.state, most=1000)
        inbox.add([made(number) for number in numbers])
        inbox.close()
        look(project)
        for file in project.state.glob("decided.db*"):
            file.unlink()
    assert look(project)[1] == 13


def test_the_challengers_shadow_is_a_decision_of_its_version(project: Project) -> None:
    with closing(sqlite3.connect(project.state / "shadow.db")) as db, db:
        db.execute(
            "CREATE TABLE shadow (seq INTEGER PRIMARY KEY, id, client, decided_at, champion, champion_score, "
            "champion_action, challenger, challenger_score, challenger_action)"
        )
        row = (1, "c1", None, NOW.isoformat(), 1, 0.1, "allow", 2, 0.9, "remove")
        db.execute("INSERT INTO shadow VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    with WatchStore(project.state) as store:
        gather(project, store, ())
        [(_, version, _, action, score, _, _)] = store.joined(0, 10**16)
        assert (version, store.names()[action], score) == (2, "remove", 0.9)


def test_labels_are_joined_to_decisions_of_a_file(project: Project) -> None:
    path = project.root / "decisions.jsonl"
    path.write_bytes(b"".join(map(line, range(3))))
    labels = LabelInbox(project.state)
    labels.add([LateLabel("c1", "1", NOW), LateLabel("elsewhere", "0", NOW)], now=NOW)
    labels.close()
    gathered, _ = look(project, DecisionFile(path))
    assert gathered.labels == 2
    with WatchStore(project.state) as store:
        labelled = [store.names()[row[5]] for row in store.joined(0, 10**16) if row[5] >= 0]
    assert labelled == ["1"]


def test_what_is_older_than_is_kept_goes_by_event_time(project: Project) -> None:
    path = project.root / "decisions.jsonl"
    path.write_bytes(line(0, NOW - 400 * DAY) + line(1, NOW - 31 * DAY) + line(2, NOW))
    gathered, total = look(project, DecisionFile(path))
    assert (gathered.decisions, gathered.dropped, total) == (3, 2, 1)


def test_a_state_that_was_copied_elsewhere_goes_on(project: Project, tmp_path: Path) -> None:
    path = project.root / "decisions.jsonl"
    path.write_bytes(line(0))
    look(project, DecisionFile(path))
    shutil.copytree(project.state, tmp_path / "copy")
    with WatchStore(tmp_path / "copy") as store:
        assert store.counts().decisions == 1
