import os
import shutil
import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surtitle.errors import StreamError, SurroundingsError
from surtitle.stream.letters import DeadLetter
from surtitle.stream.ports import Lines
from surtitle.stream.state import Change, Identity, State
from surtitle.stream.state.schema import MIGRATIONS
from surtitle.stream.tally import Tally
from surtitle.stream.windows import Stored

IDENTITY = Identity("project", "stream", "", "in.jsonl", "out.jsonl")


def _open(folder: Path, identity: Identity = IDENTITY) -> State:
    return State(folder / "stream.db", identity)


def _change(number: int) -> Change:
    return Change(
        positions={"a": str(number)},
        latest={"a": number * 10},
        watermark=number,
        version=3,
        stored=[Stored("w", "pane", ("k", None), number, [number, {1: 2}])],
        letters=[DeadLetter("a", number, "why", b"\xff", ("text",))],
        tally=Tally(records=number, dead=1, actions={"allow": number}),
        figures={"rate": 1.5},
        sink_position=f"at {number}",
        outbox=[Lines("decisions", [b"\x00line"], ["id"], [b"key"])],
        committed_at="2026-11-25T00:00:00+00:00",
    )


def test_a_new_state_is_at_the_beginning(tmp_path: Path) -> None:
    state = _open(tmp_path)
    found = state.recover()
    assert (found.epoch, found.prepared, found.change) == (0, None, Change())
    state.close()


@pytest.mark.parametrize("prepared", [False, True])
def test_what_was_committed_is_read_back(tmp_path: Path, prepared: bool) -> None:
    state = _open(tmp_path)
    if prepared:
        state.prepare(1, _change(7))
        assert (state.recover().epoch, state.recover().prepared) == (0, 1)
        state.take_over(1)
    else:
        state.commit(1, _change(7))
    state.close()
    again = _open(tmp_path)
    found, wanted = again.recover(), _change(7)
    wanted.letters = []
    assert (found.epoch, found.prepared, found.change) == (1, None, wanted)
    again.close()


def test_the_next_prepare_takes_over_the_one_before(tmp_path: Path) -> None:
    state = _open(tmp_path)
    state.prepare(1, _change(1))
    state.prepare(2, _change(2))
    assert (state.recover().epoch, state.recover().prepared) == (1, 2)
    state.throw_away()
    assert (state.recover().epoch, state.recover().prepared) == (1, None)
    state.take_over(2)
    assert state.recover().epoch == 1
    state.close()


def test_a_partition_that_is_not_mentioned_keeps_its_place(tmp_path: Path) -> None:
    state = _open(tmp_path)
    state.commit(1, Change(positions={"a": "1", "b": "5"}, latest={"a": 1, "b": 2}))
    state.commit(2, Change(positions={"a": "2"}, latest={"a": 3, "c": 4}))
    found = state.recover().change
    assert (found.positions, found.latest) == ({"a": "2", "b": "5"}, {"a": 3, "b": 2, "c": 4})
    state.close()


@settings(max_examples=20)
@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), max_size=12))
def test_windows_are_what_was_kept_and_not_dropped(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[tuple[int, bool]]
) -> None:
    state = _open(tmp_path_factory.mktemp("state"))
    expected: dict[int, int] = {}
    for epoch, (start, kept) in enumerate(drawn, 1):
        state.commit(epoch, Change(stored=[Stored("w", "pane", (None,), start, epoch if kept else None)]))
        expected.pop(start, None)
        if kept:
            expected[start] = epoch
    assert {each.start: each.value for each in state.recover().change.stored} == expected
    state.close()


def test_a_failed_commit_changes_nothing(tmp_path: Path) -> None:
    state = _open(tmp_path)
    state.commit(1, _change(1))
    bad = _change(2)
    bad.stored = [Stored("w", "pane", ("k",), "not a number", object())]  # type: ignore[arg-type]  # wrong on purpose
    with pytest.raises(TypeError):
        state.commit(2, bad)
    assert state.recover().epoch == 1
    assert state.recover().change.positions == {"a": "1"}
    state.close()


def test_letters_are_tried_and_go(tmp_path: Path) -> None:
    state = _open(tmp_path)
    state.commit(1, _change(1))
    assert state.letters_to_try(10) == []
    with sqlite3.connect(tmp_path / "stream.db") as db:
        db.execute("UPDATE letters SET again = 1")
    db.close()
    (held,) = state.letters_to_try(10)
    assert held.letter == DeadLetter("a", 1, "why", b"\xff", ("text",))
    state.commit(2, Change(played=[held.id]))
    assert state.letters_to_try(10) == []
    state.close()


def test_two_processes_on_one_state_are_refused(tmp_path: Path) -> None:
    state = _open(tmp_path)
    with pytest.raises(StreamError, match=rf"in use by another process \({os.getpid()}\).*--name"):
        _open(tmp_path)
    state.close()
    _open(tmp_path).close()


@pytest.mark.parametrize("what", ["project", "stream", "scope", "source", "sink"])
def test_the_state_of_another_stream_is_refused(tmp_path: Path, what: str) -> None:
    _open(tmp_path).close()
    others = {name: getattr(IDENTITY, name) for name in ("project", "stream", "scope", "source", "sink")}
    others[what] = "other"
    with pytest.raises(StreamError, match=f"state of another stream: its {what} is"):
        _open(tmp_path, Identity(**others))
    _open(tmp_path).close()


def test_a_state_that_a_newer_surtitle_wrote_is_refused(tmp_path: Path) -> None:
    _open(tmp_path).close()
    db = sqlite3.connect(tmp_path / "stream.db")
    db.execute(f"PRAGMA user_version={len(MIGRATIONS) + 1}")
    db.close()
    with pytest.raises(StreamError, match="newer Surtitle"):
        _open(tmp_path)


@pytest.mark.parametrize("content", [b"not a database at all" * 100, b""])
def test_a_file_that_is_no_state_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "stream.db").write_bytes(content)
    with pytest.raises(StreamError, match="not a stream's state"):
        _open(tmp_path)


def test_a_registry_is_no_state(tmp_path: Path) -> None:
    db = sqlite3.connect(tmp_path / "stream.db")
    db.execute("PRAGMA application_id=1398096468")
    db.execute("CREATE TABLE versions (number)")
    db.close()
    with pytest.raises(StreamError, match="not a stream's state"):
        _open(tmp_path)


def test_a_full_disk_is_told_of_and_nothing_is_lost(tmp_path: Path) -> None:
    state = _open(tmp_path)
    state.commit(1, _change(1))
    (pages,) = state._db.execute("PRAGMA page_count").fetchone()
    state._db.execute(f"PRAGMA max_page_count={pages}")
    big = _change(2)
    big.letters = [DeadLetter("a", 2, "why", b"x" * 1_000_000)]
    with pytest.raises(SurroundingsError, match="the disk is full; free some space"):
        state.commit(2, big)
    assert state.recover().epoch == 1
    state.close()


def test_a_folder_that_may_not_be_written_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SurroundingsError, match="may this user write"):
        State(tmp_path / "file" / "stream.db", IDENTITY)


def test_a_crash_while_the_file_is_made_leaves_a_whole_one_or_none(tmp_path: Path) -> None:
    _open(tmp_path).close()
    shutil.move(tmp_path / "stream.db", tmp_path / "stream.db.draft")  # as if it died before the rename
    _open(tmp_path).close()
    assert not (tmp_path / "stream.db.draft").exists()
