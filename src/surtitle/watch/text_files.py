"""Recent texts from a file, in batches, to be compared with those that a model was trained on."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from surtitle.errors import UsageError
from surtitle.prepare.compression import open_unpacked
from surtitle.prepare.findings import unreadable
from surtitle.prepare.peek import peek
from surtitle.prepare.readers import CsvForm, read_csv, read_jsonl
from surtitle.prepare.sources import find_sources
from surtitle.project import Project

__all__ = ["read_texts"]


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
    file = find_sources(path.parent, path.name)[0]
    if file.format == "parquet":
        raise unreadable(file.name, "is a Parquet file", "write texts as CSV, TSV or JSON lines")
    settings = project.settings
    column = settings.stream.text or settings.data.text
    seen = peek(file.path.parent, file.path.name)
    if column not in seen.names:
        raise UsageError(f"{file.name} has no column {column!r}; there are: {', '.join(seen.names)}")
    limit = settings.data.max_row_bytes
    with open_unpacked(file) as (stream, _):
        if seen.layout is None:
            chunks = read_jsonl(stream, file.name, max_row_bytes=limit)
        else:
            chunks = read_csv(stream, file.name, CsvForm(seen.layout.delimiter, seen.layout.quote, max_row_bytes=limit))
        for chunk in chunks:
            yield [text for text in chunk.columns.get(column, ()) if isinstance(text, str)]
