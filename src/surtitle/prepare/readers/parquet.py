"""Parquet files and Arrow batches as rows."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from surtitle.prepare.findings import unreadable
from surtitle.prepare.readers.chunk import CHUNK_ROWS, Chunk

__all__ = ["batch_to_chunk", "read_parquet"]


def read_parquet(path: Path, source: str) -> Iterator[Chunk]:
    """Yield the rows of a Parquet file, without its nested and binary columns.

    Raises
    ------
    DataError
        If it is not a Parquet file, or a damaged one.
    """
    try:
        with pq.ParquetFile(path) as file:
            first = 1
            for batch in file.iter_batches(batch_size=CHUNK_ROWS):
                yield batch_to_chunk(batch, source, first)
                first += batch.num_rows
            if first == 1:
                yield batch_to_chunk(pa.RecordBatch.from_pylist([], file.schema_arrow), source, 1)
    except pa.ArrowException as error:
        raise unreadable(source, f"is not a whole Parquet file: {error}", "get the file again") from error
    except OSError as error:
        if error.errno:
            raise
        raise unreadable(source, f"is not a whole Parquet file: {error}", "get the file again") from error


def batch_to_chunk(batch: pa.RecordBatch, source: str, first: int) -> Chunk:
    """Turn an Arrow batch, whose first row has the number `first`, into a chunk."""
    columns: dict[str, Sequence[Any]] = {
        name: _to_list(column)
        for name, column in zip(batch.schema.names, batch.columns, strict=True)
        if not pa.types.is_nested(column.type) and not _is_binary(column.type)
    }
    return Chunk(source, range(first, first + batch.num_rows), columns)


def _is_binary(kind: pa.DataType) -> bool:
    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind) or pa.types.is_fixed_size_binary(kind))


def _to_list(column: pa.Array) -> list[Any]:
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        # Python's datetime has no nanoseconds; without pandas, Arrow would refuse.
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError:
        # A writer that did not check; U+FFFD then stands for each wrong byte, and the checks count it.
        raw = column.cast(pa.large_binary()).to_pylist()
        values = [None if value is None else value.decode("utf-8", "replace") for value in raw]
    return values
