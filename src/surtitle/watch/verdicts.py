"""Late labels from a file: a moderator's export, a table of appeals."""

from collections.abc import Iterator, Sequence
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
from surtitle.times import parse_time

__all__ = ["AddedLabels", "add_labels"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST = 200
_MOST_FAULTS = 20


class AddedLabels(msgspec.Struct, frozen=True):
    """What came of a file of labels.

    Parameters
    ----------
    stored, known : int
        Labels that were new, and labels that had been stored before.
    bad_rows : int
        Rows that are no label; they are left out.
    faults : tuple of Fault
        What is wrong with the first 20 of them, each with its row.
    """

    stored: int
    known: int
    bad_rows: int
    faults: tuple[Fault, ...]


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
    stored = known = bad = 0
    faults: list[Fault] = []
    inbox = LabelInbox(project.state)
    project.state.mkdir(parents=True, exist_ok=True)
    try:
        for chunk in chunks:
            labels, wrong = _labels_of(chunk, columns, now)
            added = inbox.add(labels, now=now)
            stored, known, bad = stored + added.stored, known + added.known, bad + len(wrong)
            faults += wrong[: _MOST_FAULTS - len(faults)]
    finally:
        inbox.close()
    return AddedLabels(stored, known, bad, tuple(faults))


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


def _names_of(data: Any) -> tuple[tuple[str, str], tuple[str, str]]:
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
