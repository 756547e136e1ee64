"""Late labels from a file, such as a moderator's export or a table of appeals, or from the records of a stream."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from surtitle.errors import Fault
from surtitle.inbox import LabelInbox, LateLabel
from surtitle.prepare.compression import open_unpacked
from surtitle.prepare.findings import unreadable
from surtitle.prepare.peek import peek
from surtitle.prepare.readers import Chunk, CsvForm, read_csv, read_jsonl
from surtitle.prepare.sources import SourceFile, find_sources
from surtitle.project import Project
from surtitle.settings import DataSettings
from surtitle.times import parse_time

__all__ = ["AddedLabels", "add_labels", "add_records"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 200
_MOST_FAULTS = 20


class AddedLabels(msgspec.Struct, frozen=True):
    """What came of some labels.

    Parameters
    ----------
    stored, known : int
        Labels that were new, and labels that had been stored before.
    bad_rows : int
        Rows that are no label; they are left out.
    faults : tuple of Fault
        What is wrong with the first 20 of them, each with its row.
    """

    stored: int = 0
    known: int = 0
    bad_rows: int = 0
    faults: tuple[Fault, ...] = ()

    def __add__(self, other: "AddedLabels") -> "AddedLabels":
        return AddedLabels(
            self.stored + other.stored,
            self.known + other.known,
            self.bad_rows + other.bad_rows,
            (self.faults + other.faults)[:_MOST_FAULTS],
        )


class _Columns(msgspec.Struct, frozen=True):
    """What the columns are called in this file; an empty `time`: there is none."""

    id: str
    label: str
    time: str


def add_labels(project: Project, path: Path, *, now: datetime) -> AddedLabels:
    """Store the labels of a file beside those that came over HTTP.

    Needed are the columns ``id`` and ``label``, or what ``data.id`` and ``data.label`` call them; with ``labelled_at``,
    the time at which each was found. Other columns are read past. Adding a file again stores nothing twice.

    Parameters
    ----------
    project : Project
        Whose decisions they are about.
    path : Path
        CSV, TSV or JSON lines, plain or with .gz or .zst.
    now : datetime
        Aware; for labels without a time.

    Raises
    ------
    DataError
        If the file cannot be read, or lacks a column.
    SurroundingsError
        If the disk is full or may not be written. What was stored stays stored; add the file again.
    """
    file = find_sources(path.parent, path.name)[0]
    if file.format == "parquet":
        raise unreadable(file.name, "is a Parquet file", "write labels as CSV, TSV or JSON lines")
    columns, chunks = _open(file, project)
    added = AddedLabels()
    project.state.mkdir(parents=True, exist_ok=True)
    with closing(LabelInbox(project.state)) as inbox:
        for chunk in chunks:
            labels, wrong = _labels_of(chunk, columns, now)
            added += _store(inbox, labels, wrong, now)
    return added


def add_records(
    project: Project, inbox: LabelInbox, where: str, records: Mapping[int, bytes], *, now: datetime
) -> AddedLabels:
    """Store the labels of some records of a stream: a JSON object each, with the fields that a file has as columns.

    When this returns they are on disk. Records that are no label are left out; they stay where they came from.

    Parameters
    ----------
    project : Project
        Whose decisions they are about.
    inbox : LabelInbox
        Of the project.
    where : str
        What the records are of, for messages.
    records : mapping of int to bytes
        By their position there.
    now : datetime
        Aware; for labels without a time.

    Raises
    ------
    SurroundingsError
        If the disk is full or may not be written: then none is stored.
    """
    data, limit = project.settings.data, project.settings.data.max_row_bytes
    labels, wrong = [], []
    for position, value in records.items():
        read = _label_of(value, data, limit, now)
        if isinstance(read, LateLabel):
            labels.append(read)
        else:
            wrong.append(Fault(f"{where}, offset {position:,}", read))
    return _store(inbox, labels, wrong, now)


def _label_of(value: bytes, data: DataSettings, limit: int, now: datetime) -> LateLabel | str:
    if len(value) > limit:
        return f"is longer than {limit:,} bytes"
    try:
        fields = msgspec.json.decode(value, type=dict[str, msgspec.Raw])
        told = {name: _scalar(fields, *names) for name, names in _fields(data).items()}
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return "is empty" if not value else f"is not a JSON object of plain fields: {error}"
    return _label(told["id"], told["label"], told["labelled_at"], now)


def _fields(data: DataSettings) -> dict[str, tuple[str, ...]]:
    ids, labels = _names_of(data)
    return {"id": ids, "label": labels, "labelled_at": ("labelled_at",)}


def _scalar(fields: Mapping[str, msgspec.Raw], *names: str) -> str | float | bool | None:
    found = next((fields[name] for name in names if name in fields), None)
    return None if found is None else msgspec.json.decode(found, type=str | int | float | bool | None)


def _store(inbox: LabelInbox, labels: Sequence[LateLabel], wrong: Sequence[Fault], now: datetime) -> AddedLabels:
    added = inbox.add(labels, now=now)
    return AddedLabels(added.stored, added.known, len(wrong), tuple(wrong[:_MOST_FAULTS]))


def _open(file: SourceFile, project: Project) -> tuple[_Columns, Iterator[Chunk]]:
    seen = peek(file.path.parent, file.path.name)
    data = project.settings.data
    found = [next((name for name in (*names, "") if name in ("", *seen.names)), "") for names in _names_of(data)]
    missing = [
        Fault(file.name, f"has no column {' or '.join(dict.fromkeys(filter(None, names)))}", _there(seen.names))
        for names, name in zip(_names_of(data), found, strict=True)
        if not name
    ]
    if missing:
        raise unreadable(file.name, "; ".join(fault.what for fault in missing), missing[0].remedy)
    form = None if seen.layout is None else CsvForm(seen.layout.delimiter, seen.layout.quote)
    time = "labelled_at" if "labelled_at" in seen.names else ""
    return _Columns(found[0], found[1], time), _chunks(file, form, data.max_row_bytes)


def _names_of(data: DataSettings) -> tuple[tuple[str, str], tuple[str, str]]:
    return ("id", data.id), ("label", data.label)


def _there(names: Sequence[str]) -> str:
    return f"there are: {', '.join(names)}"


def _chunks(file: SourceFile, form: CsvForm | None, limit: int) -> Iterator[Chunk]:
    with open_unpacked(file) as (stream, _):
        if form is None:
            yield from read_jsonl(stream, file.name, max_row_bytes=limit)
        else:
            yield from read_csv(stream, file.name, msgspec.structs.replace(form, max_row_bytes=limit))


def _labels_of(chunk: Chunk, columns: _Columns, now: datetime) -> tuple[list[LateLabel], list[Fault]]:
    faults = [Fault(f"{row.source}, row {row.row:,}", row.reason) for row in chunk.bad]
    labels = []
    nothing: Sequence[Any] = [None] * len(chunk.rows)
    ids, values, times = (chunk.columns.get(name, nothing) for name in (columns.id, columns.label, columns.time))
    for row, id_, label, time in zip(chunk.rows, ids, values, times, strict=True):
        read = _label(id_, label, time, now)
        if isinstance(read, LateLabel):
            labels.append(read)
        else:
            faults.append(Fault(f"{chunk.source}, row {row:,}", read))
    return labels, faults


def _label(id_: Any, label: Any, time: Any, now: datetime) -> LateLabel | str:
    """Return the label of a row, or what is wrong with it."""
    told = {"id": _text(id_), "label": _text(label)}
    for name, value in told.items():
        if not value:
            return f"has no {name}"
        if len(value) > _LONGEST:
            return f"has {name} of {len(value):,} characters; at most {_LONGEST} are taken"
        if not value.isprintable():
            return f"has {name} {value!r:.60}, which holds characters that cannot be shown"
    if time is None or time == "":
        return LateLabel(told["id"], told["label"])
    micros = parse_time(time)
    if micros is None:
        return f"has labelled_at {time!r:.60}, which is not a time; write it as 2026-03-01T12:00:00Z"
    at = _EPOCH + timedelta(microseconds=micros)
    if at > now:
        return f"has labelled_at {at:%Y-%m-%d %H:%M}, which is still to come"
    return LateLabel(told["id"], told["label"], at)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value).strip()
