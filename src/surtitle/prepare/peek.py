"""A look at the head of labelled data, to propose how to read it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import msgspec

from surtitle.prepare.compression import open_unpacked
from surtitle.prepare.findings import unreadable
from surtitle.prepare.layout import Layout, propose_layout
from surtitle.prepare.propose import Proposal, propose_columns
from surtitle.prepare.readers import read_jsonl, read_parquet
from surtitle.prepare.readers.chunk import Chunk
from surtitle.prepare.sources import Format, SourceFile, find_sources

__all__ = ["Peek", "peek"]

_HEAD_BYTES = 2_000_000


class Peek(msgspec.Struct, frozen=True):
    """What the first rows of a file show.

    Parameters
    ----------
    file : str
        The file that was looked into.
    names : tuple of str
        The columns.
    layout : Layout or None
        How a delimited file is laid out; None for other kinds.
    proposal : Proposal
        Which column is what.
    """

    file: str
    names: tuple[str, ...]
    layout: Layout | None
    proposal: Proposal


def peek(
    root: Path,
    source: str,
    *,
    form: Literal["auto"] | Format = "auto",
    encoding: str = "utf-8",
    delimiter: str | None = None,
    quote: str | None = None,
    header: bool | None = None,
    columns: Sequence[str] = (),
) -> Peek:
    """Look at the first rows of `source`, of its first file if there are several.

    Parameters
    ----------
    root, source, form
        As for `find_sources`.
    encoding, delimiter, quote, header, columns
        What is known already; what is None or empty is found out.

    Raises
    ------
    DataError
        If there is no such file, it is empty, or it is not of the kind that its name says.
    """
    file = find_sources(root, source, form)[0]
    if file.format in ("csv", "tsv"):
        likely = "\t" if file.format == "tsv" else ","
        layout = propose_layout(
            _head(file, encoding), delimiter=delimiter, quote=quote, header=header, columns=columns, likely=likely
        )
        if not layout.rows:
            raise unreadable(file.name, "has no rows below its header", "check data.source")
        return Peek(file.name, layout.names, layout, propose_columns(layout.names, layout.rows))
    chunk = _first_chunk(file, encoding)
    if not chunk.rows:
        raise unreadable(file.name, "has no rows that can be read", "check data.source and data.format")
    names = tuple(chunk.columns)
    rows = [["" if value is None else str(value) for value in row] for row in zip(*chunk.columns.values(), strict=True)]
    return Peek(file.name, names, None, propose_columns(names, rows))


def _head(file: SourceFile, encoding: str) -> str:
    with open_unpacked(file) as (stream, _):
        head = stream.read(_HEAD_BYTES)
    if not head.strip():
        raise unreadable(file.name, "is empty", "check data.source")
    if len(head) == _HEAD_BYTES:
        head = head[: head.rfind(b"\n") + 1] or head
    try:
        text = head.decode(encoding, "replace")
    except LookupError:
        raise unreadable("data.encoding", f"{encoding!r} is not an encoding", "such as utf-8 or latin-1") from None
    return text.removeprefix("\ufeff")


def _first_chunk(file: SourceFile, encoding: str) -> Chunk:
    if file.format == "parquet":
        return next(read_parquet(file.path, file.name))
    with open_unpacked(file) as (stream, _):
        return next(read_jsonl(stream, file.name, encoding=encoding, max_row_bytes=_HEAD_BYTES))
