"""Batches of texts: sequences of strings, or Arrow string columns, which the native engine reads where they lie."""

from collections.abc import Sequence
from typing import Any, Protocol

__all__ = ["StringColumn", "Texts", "buffers_of", "strings_of"]


class StringColumn(Protocol):
    """A `pyarrow.Array` or `ChunkedArray` of strings."""

    @property
    def null_count(self) -> int:
        """How many texts are missing."""

    @property
    def type(self) -> Any:
        """What it holds."""

    def to_pylist(self) -> list[Any]:
        """Return the texts as Python strings."""

    def __len__(self) -> int: ...

    def __getitem__(self, part: slice, /) -> Any: ...


Texts = Sequence[str] | StringColumn

_OFFSET_BYTES = {"string": 4, "large_string": 8}


def strings_of(texts: Texts) -> Sequence[str]:
    """Return a batch as Python strings.

    Raises
    ------
    TypeError
        If a column holds something else than strings.
    ValueError
        If texts of a column are missing.
    """
    if isinstance(texts, Sequence):
        return texts
    _check(texts)
    return texts.to_pylist()


def buffers_of(texts: Texts) -> list[str] | list[tuple[memoryview, memoryview, int]]:
    """Return a batch as the native engine takes it: strings, or for each part of a column offsets, data, offset bytes.

    Raises
    ------
    TypeError
        If a column holds something else than strings.
    ValueError
        If texts of a column are missing.
    """
    if isinstance(texts, Sequence):
        return texts if isinstance(texts, list) else list(texts)
    _check(texts)
    parts: Any = getattr(texts, "chunks", [texts])
    return [_buffers(part) for part in parts if len(part)]


def _check(column: StringColumn) -> None:
    if str(column.type) not in _OFFSET_BYTES:
        raise TypeError(f"the column holds {column.type}, not strings; cast it to string")
    if column.null_count:
        raise ValueError(f"{column.null_count:,} texts of the column are missing (null); drop or fill them first")


def _buffers(part: Any) -> tuple[memoryview, memoryview, int]:
    width = _OFFSET_BYTES[str(part.type)]
    _, offsets, data = part.buffers()
    first, last = part.offset * width, (part.offset + len(part) + 1) * width
    return memoryview(offsets).cast("B")[first:last], memoryview(data or b"").cast("B"), width
