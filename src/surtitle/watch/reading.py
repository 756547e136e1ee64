"""Decisions and labels from where they are written: the stream's files, and the inboxes of service and labels.

Each is read on from a position; what is read comes in batches of bounded size, with the position after them.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal, NamedTuple
from urllib.parse import quote

import msgspec

from surtitle.errors import DataError, Fault, SurroundingsError
from surtitle.watch.rows import DecisionRow, LabelRow, Position, key_of, micros

__all__ = [
    "DecisionBatch",
    "LabelBatch",
    "count_labels_since",
    "read_decided",
    "read_decision_file",
    "read_labels",
    "read_shadow",
]

BATCH = 100_000
_CHUNK_BYTES = 1 << 24
_MARK_BYTES = 256
_MOST_FAULTS = 20


class DecisionBatch(NamedTuple):
    """Some decisions, where their source has been read to, and what could not be read."""

    rows: list[DecisionRow]
    position: Position
    bad_lines: int = 0
    faults: tuple[Fault, ...] = ()


class LabelBatch(NamedTuple):
    """Some labels, and where their source has been read to."""

    rows: list[LabelRow]
    position: Position


class _Line(msgspec.Struct, gc=False):
    """What is needed of a decision's line; `kind` is looked at first."""

    id: str
    score: float
    action: str
    decided_at: datetime
    kind: str = "decision"
    version: int | None = None
    client: str | None = None
    event_time: datetime | None = None


class _Kind(msgspec.Struct, gc=False):
    kind: Literal["window", "late", "dead_letter"]


_decode = msgspec.json.Decoder(_Line).decode
_decode_kind = msgspec.json.Decoder(_Kind).decode


def read_decision_file(path: Path, after: Position, *, until: int | None = None) -> Iterator[DecisionBatch]:
    """Yield the decisions of a file of JSON lines, as `surtitle stream` writes them.

    A file that is no longer what was read before (it is shorter, or something else stands where reading ended) is read
    from its beginning: that a decision comes twice does no harm. A last line without its end is left for the next time.

    Parameters
    ----------
    path : Path
        The file; lines of other kinds (windows, late events) are passed over.
    after : Position
        Where to go on.
    until : int, optional
        Bytes that are committed; what lies beyond may be taken back.

    Raises
    ------
    DataError
        If the file is not there, or none of its first lines is a decision.
    """
    try:
        with path.open("rb") as file:
            offset = after.offset if _is_same(file, after) else 0
            size = file.seek(0, 2)
            end = size if until is None else min(until, size)
            is_first = not offset
            while chunk := _whole_lines(path, file, offset, end):
                batch = _batch(path, chunk, offset)
                if is_first and batch.bad_lines and not batch.rows:
                    raise DataError(f"{path} is no file of decisions", batch.faults[:3])
                offset, is_first = batch.position.offset, False
                yield batch
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}; name the decisions that surtitle stream has written") from error


def _is_same(file: BinaryIO, after: Position) -> bool:
    file.seek(max(after.offset - len(after.mark), 0))
    return file.read(len(after.mark)) == after.mark


def _whole_lines(path: Path, file: BinaryIO, offset: int, end: int) -> bytes:
    file.seek(offset)
    chunk = file.read(min(_CHUNK_BYTES, end - offset))
    whole = chunk[: chunk.rfind(b"\n") + 1]
    if not whole and len(chunk) == _CHUNK_BYTES:
        raise DataError(f"{path}, byte {offset:,}: a line is longer than {_CHUNK_BYTES:,} bytes; it is no decision")
    return whole


def _batch(path: Path, chunk: bytes, offset: int) -> DecisionBatch:
    rows: list[DecisionRow] = []
    faults: list[Fault] = []
    bad, start = 0, offset
    for line in chunk.splitlines(keepends=True):
        try:
            found = _decode(line)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            reason: str | None = _what_is_wrong(line, error)
        else:
            reason = None
            if found.kind == "decision":
                rows.append(_row(found))
        if reason:
            bad += 1
            faults.append(Fault(f"{path.name}, byte {start:,}", reason))
            del faults[_MOST_FAULTS:]
        start += len(line)
    position = Position(offset + len(chunk), chunk[-_MARK_BYTES:])
    return DecisionBatch(rows, position, bad, tuple(faults))


def _what_is_wrong(line: bytes, error: Exception) -> str | None:
    """Return why a line is no decision, or None if it need not be one."""
    if not line.strip():
        return None
    with suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        _decode_kind(line)
        return None
    return str(error)


def _row(line: _Line) -> DecisionRow:
    decided_at = micros(line.decided_at)
    event_time = decided_at if line.event_time is None else micros(line.event_time)
    return DecisionRow(key_of(line.id), line.version or 0, line.client, line.action, line.score, event_time, decided_at)


def read_decided(path: Path, after: Position) -> Iterator[DecisionBatch]:
    """Yield the decisions that the service has kept since; nothing if it has kept none."""
    yield from _read_table(
        path, after, "SELECT seq, id, version, client, action, score, event_time, decided_at FROM decided"
    )


def read_shadow(path: Path, after: Position) -> Iterator[DecisionBatch]:
    """Yield what the challenger would have decided, from the service's shadow; nothing if there is none."""
    yield from _read_table(
        path,
        after,
        "SELECT seq, id, challenger, client, challenger_action, challenger_score, NULL, decided_at FROM shadow",
    )


def _read_table(path: Path, after: Position, select: str) -> Iterator[DecisionBatch]:
    for found in _rows_of(path, after, select):
        rows = []
        for _, id_, version, client, action, score, event_time, decided_at in found:
            decided = micros(datetime.fromisoformat(decided_at))
            event = decided if event_time is None else micros(datetime.fromisoformat(event_time))
            rows.append(DecisionRow(key_of(id_), version or 0, client, action, score, event, decided))
        yield DecisionBatch(rows, Position(found[-1][0]))


def read_labels(path: Path, after: Position) -> Iterator[LabelBatch]:
    """Yield the labels that have come since; nothing if none ever came."""
    for found in _rows_of(path, after, "SELECT seq, id, label, labelled_at FROM labels"):
        rows = [LabelRow(key_of(id_), label, micros(datetime.fromisoformat(at))) for _, id_, label, at in found]
        yield LabelBatch(rows, Position(found[-1][0]))


def _rows_of(path: Path, after: Position, select: str) -> Iterator[list[Any]]:
    """Yield the rows of an inbox beyond a position, in batches; the inbox may grow meanwhile."""
    if not path.is_file():
        return
    number = after.offset
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=10.0)) as db:
            # A file that was moved away and begun anew counts from 1 again.
            (latest,) = db.execute(f"SELECT coalesce(max(seq), 0) FROM ({select})").fetchone()  # noqa: S608 ours
            number = number if number <= latest else 0
            ask = f"{select} WHERE seq > ? ORDER BY seq LIMIT {BATCH}"
            while found := db.execute(ask, (number,)).fetchall():
                number = found[-1][0]
                yield found
    except sqlite3.Error as error:
        raise SurroundingsError(f"{path}: {error}; may this user read there? A damaged file: move it away") from error


def count_labels_since(path: Path, time: datetime) -> int:
    """Return how many labels have come after a moment; 0 if none ever came."""
    if not path.is_file():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{quote(str(path))}?mode=ro", uri=True, timeout=10.0)) as db:
            told = time.astimezone(UTC).isoformat()
            (count,) = db.execute("SELECT count(*) FROM labels WHERE received_at > ?", (told,)).fetchone()
    except sqlite3.Error as error:
        raise SurroundingsError(f"{path}: {error}; may this user read there? A damaged file: move it away") from error
    return int(count)
