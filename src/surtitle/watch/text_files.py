"""Recent texts from a file, in batches, to be compared with those that a model was trained on, or to be labelled."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from surtitle.errors import UsageError
from surtitle.prepare.compression import open_unpacked
from surtitle.prepare.findings import unreadable
from surtitle.prepare.peek import peek
from surtitle.prepare.readers import Chunk, CsvForm, read_csv, read_jsonl
from surtitle.prepare.sources import find_sources
from surtitle.project import Project

__all__ = ["EventText", "read_events", "read_texts"]


class EventText(NamedTuple):
    """What is needed of an event to have it labelled."""

    id: str
    text: str
    client: str | None


def read_texts(project: Project, path: Path) -> Iterator[Sequence[str]]:
    """Yield the texts of a file in batches; rows that cannot be read are passed over.

    Parameters
    ----------
    project : Project
        Whose setting `stream.text`, else `data.text`, names the column.
    path : Path
        CSV, TSV or JSON lines, plain or with .gz or .zst.

    Raises
    ------
    DataError
        If the file cannot be read.
    UsageError
        If it lacks the column.
    """
    settings = project.settings
    column = settings.stream.text or settings.data.text
    for chunk in _chunks(project, path, (column,)):
        yield [text for text in chunk.columns.get(column, ()) if isinstance(text, str)]


def read_events(project: Project, path: Path) -> Iterator[Sequence[EventText]]:
    """Yield the events of a file in batches; rows without a text or an identifier are passed over.

    Parameters
    ----------
    project : Project
        Whose settings `stream.text`, `stream.id` and `stream.client`, else those of `data`, name the columns; an
        identifier is ``id`` where they name none.
    path : Path
        As of `read_texts`.

    Raises
    ------
    DataError
        If the file cannot be read.
    UsageError
        If it lacks the text or the identifier.
    """
    stream, data = project.settings.stream, project.settings.data
    text, id_ = stream.text or data.text, stream.id or data.id or "id"
    client = stream.client or data.client
    for chunk in _chunks(project, path, (text, id_)):
        nothing: Sequence[None] = [None] * len(chunk.rows)
        columns = (chunk.columns.get(name, nothing) for name in (id_, text, client))
        yield [
            EventText(str(own), said, None if whose in (None, "") else str(whose))
            for own, said, whose in zip(*columns, strict=True)
            if isinstance(said, str) and own not in (None, "")
        ]


def _chunks(project: Project, path: Path, needed: Sequence[str]) -> Iterator[Chunk]:
    """Yield the rows of a file that has some columns."""
    file = find_sources(path.parent, path.name)[0]
    if file.format == "parquet":
        raise unreadable(file.name, "is a Parquet file", "write texts as CSV, TSV or JSON lines")
    seen = peek(file.path.parent, file.path.name)
    missing = [name for name in needed if name not in seen.names]
    if missing:
        lacking = " and no column ".join(map(repr, missing))
        raise UsageError(f"{file.name} has no column {lacking}; there are: {', '.join(seen.names)}")
    limit = project.settings.data.max_row_bytes
    with open_unpacked(file) as (stream, _):
        if seen.layout is None:
            yield from read_jsonl(stream, file.name, max_row_bytes=limit)
        else:
            form = CsvForm(seen.layout.delimiter, seen.layout.quote, max_row_bytes=limit)
            yield from read_csv(stream, file.name, form)
