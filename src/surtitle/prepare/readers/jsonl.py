"""JSON lines: one object per line; a row's number is its line's."""

import json
from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from surtitle.prepare.findings import BadRow, Kind
from surtitle.prepare.readers.chunk import CHUNK_BYTES, CHUNK_ROWS, Chunk
from surtitle.prepare.readers.lines import line_reader

__all__ = ["read_jsonl"]

_EXCERPT = 200


def read_jsonl(stream: BinaryIO, source: str, *, encoding: str = "utf-8", max_row_bytes: int) -> Iterator[Chunk]:
    r"""Yield the rows of a file with one JSON object per line; a field that a line lacks is None there.

    Parameters
    ----------
    stream : binary file
        Unpacked bytes.
    source : str
        The file's name, for row numbers and messages.
    encoding : str
        Of the text.
    max_row_bytes : int
        A longer line is a bad row.

    Examples
    --------
    >>> import io
    >>> chunk, = read_jsonl(io.BytesIO(b'{"text": "a", "label": 1}\n7\n'), "a.jsonl", max_row_bytes=99)
    >>> chunk.rows, chunk.columns["label"], chunk.bad[0].reason
    ([1], [1], 'is not a JSON object')
    """
    read, encoding = line_reader(stream, source, encoding, max_row_bytes)
    numbers: list[int] = []
    objects: list[dict[str, Any]] = []
    bad: list[BadRow] = []
    size = number = 0
    while line := read():
        number += 1
        if isinstance(line, bytes) and not line.strip():
            continue
        found = _parse(line, encoding, max_row_bytes)
        if isinstance(found, dict):
            numbers.append(number)
            objects.append(found)
        else:
            kind, reason = found
            excerpt = "" if isinstance(line, int) else line[:_EXCERPT].decode(encoding, "replace").rstrip("\r\n")
            bad.append(BadRow(source, number, kind, reason, line=number, excerpt=excerpt))
        size += len(line) if isinstance(line, bytes) else 0
        if size >= CHUNK_BYTES or len(objects) + len(bad) >= CHUNK_ROWS:
            yield Chunk(source, numbers, _by_column(objects), tuple(bad), fixed=False)
            numbers, objects, bad, size = [], [], [], 0
    yield Chunk(source, numbers, _by_column(objects), tuple(bad), fixed=False)


def _by_column(objects: list[dict[str, Any]]) -> dict[str, Any]:
    names: dict[str, None] = {}
    for found in objects:
        names.update(dict.fromkeys(found))
    return {name: [found.get(name) for found in objects] for name in names}


def _parse(line: bytes | int, encoding: str, limit: int) -> dict[str, Any] | tuple[Kind, str]:
    if isinstance(line, int):
        return "long", f"is {line:,} bytes long, more than data.max_row_bytes = {limit:,}"
    try:
        text = line.decode(encoding)
    except UnicodeDecodeError:
        return "undecodable", f"holds bytes that are not {encoding}"
    try:
        found = msgspec.json.decode(text)
    except msgspec.DecodeError as error:
        found = _parse_leniently(text)
        if found is None:
            return "broken", f"is not JSON: {error}"
    except RecursionError:
        return "broken", "is nested too deeply"
    if isinstance(found, list):
        return "broken", "is a JSON array; write one object per line"
    return found if isinstance(found, dict) else ("broken", "is not a JSON object")


def _parse_leniently(text: str) -> Any:
    """Accept lone surrogates written as escapes, which cut-off comments hold and msgspec refuses."""
    if "\\u" not in text.lower():
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
