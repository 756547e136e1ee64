"""Labels out of files: every row is stored once, or named."""

import gzip
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from surtitle.errors import DataError
from surtitle.inbox import LabelInbox
from surtitle.project import Project, load_project
from surtitle.watch.verdicts import AddedLabels, add_labels, add_records

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "surtitle.toml").write_text('[data]\nsource = "x.csv"\nid = "comment"\nlabel = "removed"\n')
    return load_project(tmp_path)


def stored(project: Project) -> list[tuple[str, str, str]]:
    with closing(sqlite3.connect(project.state / "labels.db")) as db:
        return list(db.execute("SELECT id, label, labelled_at FROM labels ORDER BY seq"))


def write(project: Project, text: str, name: str = "verdicts.csv") -> Path:
    path = project.root / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_is_stored_once_however_often_it_is_added(project: Project) -> None:
    path = write(project, "id,label,labelled_at,client\na,1,2026-02-01T00:00:00Z,go\nb,0,,go\n")
    assert add_labels(project, path, now=NOW).stored == 2
    again = add_labels(project, path, now=NOW.replace(month=4))
    assert (again.stored, again.known, again.bad_rows) == (0, 2, 0)
    assert stored(project) == [("a", "1", "2026-02-01T00:00:00+00:00"), ("b", "0", NOW.isoformat())]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("v.tsv", "id\tlabel\na\t1\n"),
        ("v.csv", "comment;removed\na;1\n"),
        ("v.jsonl", '{"id": "a", "label": 1}\n'),
    ],
)
def test_several_forms_say_the_same(project: Project, name: str, text: str) -> None:
    add_labels(project, write(project, text, name), now=NOW)
    assert stored(project) == [("a", "1", NOW.isoformat())]


def test_packed_files_are_read(project: Project) -> None:
    path = project.root / "v.csv.gz"
    path.write_bytes(gzip.compress(b"id,label\na,1\n"))
    assert add_labels(project, path, now=NOW).stored == 1


def test_bad_rows_are_named_and_the_good_ones_stored(project: Project) -> None:
    rows = ["a,1,", ",1,", "b,,", "c,1,yesterday", "d,1,2027-01-01", "e,0", f"{'x' * 201},1,", "f,0,"]
    added = add_labels(project, write(project, "id,label,labelled_at\n" + "\n".join(rows) + "\n"), now=NOW)
    assert [row[0] for row in stored(project)] == ["a", "f"]
    assert added.bad_rows == 6
    told = "\n".join(map(str, added.faults))
    for expected in (
        "verdicts.csv, row 2: has no id",
        "row 3: has no label",
        "row 4: has labelled_at 'yesterday', which is not a time",
        "row 5: has labelled_at 2027-01-01 00:00, which is still to come",
        "row 6: has 2 fields instead of 3",
        "row 7: has id of 201 characters",
    ):
        assert expected in told


def test_of_very_many_bad_rows_the_first_are_named(project: Project) -> None:
    added = add_labels(project, write(project, "id,label\n" + ",1\n" * 5000), now=NOW)
    assert (added.stored, added.bad_rows, len(added.faults)) == (0, 5000, 20)


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("v.csv", "who,what\na,1\n", "has no column id or comment; has no column label or removed; there are: who"),
        ("v.csv", "", "is empty"),
        ("v.txt", "id,label\n", "known: .csv"),
        ("v.jsonl", "[1]\n", "has no rows"),
        ("v.parquet", "PAR1", "is a Parquet file"),
    ],
)
def test_a_file_that_is_none_is_refused_with_the_way_out(project: Project, name: str, text: str, told: str) -> None:
    with pytest.raises(DataError, match=told):
        add_labels(project, write(project, text, name), now=NOW)


def test_a_file_that_is_not_there_is_said(project: Project) -> None:
    with pytest.raises(DataError, match="nowhere"):
        add_labels(project, project.root / "nowhere.csv", now=NOW)


def records(project: Project, *values: bytes) -> AddedLabels:
    project.state.mkdir(exist_ok=True)
    with closing(LabelInbox(project.state)) as inbox:
        return add_records(project, inbox, "verdicts-0", dict(enumerate(values, start=70)), now=NOW)


def test_records_of_a_stream_are_stored_once_however_often_they_come(project: Project) -> None:
    values = b'{"id": "a", "label": 1, "labelled_at": "2026-02-01T00:00:00Z"}', b'{"comment": 7, "removed": true}'
    assert records(project, *values) == AddedLabels(2, 0)
    assert records(project, *values) == AddedLabels(0, 2)
    assert stored(project) == [("a", "1", "2026-02-01T00:00:00+00:00"), ("7", "true", NOW.isoformat())]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (b"", "is empty"),
        (b"[1]", "is not a JSON object of plain fields"),
        (b'{"id": {"a": 1}, "label": "1"}', "is not a JSON object of plain fields"),
        (b'{"id": "\xff", "label": "1"}', "is not a JSON object of plain fields"),
        (b'{"id": "a"}', "has no label"),
        (b'{"id": null, "label": "1"}', "has no id"),
        (b'{"id": "a", "label": "1", "labelled_at": "soon"}', "has labelled_at 'soon', which is not a time"),
        (b"[" * 100_000, "is not a JSON object of plain fields"),
        (b'{"id": "a", "label": "' + b"x" * 1_000_001 + b'"}', "is longer than 1,000,000 bytes"),
    ],
)
def test_a_record_that_is_no_label_is_named_with_its_offset(project: Project, value: bytes, told: str) -> None:
    added = records(project, b'{"id": "a", "label": "1"}', value)
    assert (added.stored, added.bad_rows) == (1, 1)
    assert str(added.faults[0]).startswith(f"verdicts-0, offset 71: {told}")
