"""Examples on disk: written as they come, then put in order with bounded memory.

The final order is known only once all rows were read. Rows are then dealt into buckets of neighbouring places, each
small enough to be sorted in memory: an external bucket sort (Knuth, The Art of Computer Programming 3, section 5.4).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from surtitle.prepare.arrow import number_array, string_array, to_numbers
from surtitle.prepare.columns import Examples
from surtitle.prepare.numbers import NO_TIME, Int64Array
from surtitle.progress import SILENT, Reporter

__all__ = ["Stage", "schema_of", "write_in_order"]

_BUCKET_BYTES = 64 << 20
_MAX_BUCKETS = 200
_ROW_GROUP = 65_536


def schema_of(extras: Sequence[str]) -> pa.Schema:
    """Return the columns of a prepared table."""
    return pa.schema(
        [
            ("row", pa.int64()),
            ("source", pa.string()),
            ("id", pa.string()),
            ("text", pa.string()),
            ("label", pa.string()),
            ("time", pa.timestamp("us", "UTC")),
            ("client", pa.string()),
            ("key", pa.uint64()),
            *((name, pa.string()) for name in extras),
        ]
    )


class Stage:
    """Collects examples in a file, in the order in which they come.

    Parameters
    ----------
    path : Path
        The file; it is replaced.
    extras : sequence of str
        The names of the user's columns that are kept.
    prefix_ids : bool
        Whether a missing id is the file and the row rather than the row alone.
    """

    def __init__(self, path: Path, extras: Sequence[str], *, prefix_ids: bool) -> None:
        self.path = path
        self.schema = schema_of(extras)
        self.n_rows = 0
        self.n_bytes = 0
        self._extras = tuple(extras)
        self._prefix_ids = prefix_ids
        self._sink = pa.OSFile(str(path), "wb")
        self._writer = pa.ipc.new_stream(self._sink, self.schema, options=pa.ipc.IpcWriteOptions(compression="lz4"))

    def add(self, source: str, examples: Examples) -> None:
        """Append the examples of one source."""
        prefix = f"{source}:" if self._prefix_ids else ""
        ids = [f"{prefix}{row}" if i is None else i for i, row in zip(examples.id, examples.row, strict=True)]
        times = np.array([NO_TIME if time is None else time for time in examples.time], np.int64)
        arrays = [
            number_array(np.array(examples.row, np.int64), pa.int64()),
            string_array([source] * len(examples.row)),
            string_array(ids),
            string_array(examples.text),
            string_array(examples.label),
            number_array(times, pa.timestamp("us", "UTC"), times != NO_TIME),
            string_array(examples.client),
            number_array(np.array(examples.key, np.uint64), pa.uint64()),
            *(string_array(examples.extras[name]) for name in self._extras),
        ]
        batch = pa.RecordBatch.from_arrays(arrays, schema=self.schema)
        self._writer.write_batch(batch)
        self.n_rows += batch.num_rows
        self.n_bytes += batch.nbytes

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._writer.close()
        finally:
            self._sink.close()


def write_in_order(
    stage: Stage, folder: Path, place: Int64Array, ends: Sequence[tuple[str, int]], reporter: Reporter = SILENT
) -> None:
    """Write the staged rows to one Parquet file per split.

    Parameters
    ----------
    stage : Stage
        Closed.
    folder : Path
        Where the files go; buckets are put there for a while.
    place : int64, shape (n,)
        Where each staged row goes, counted from 0 through all splits; -1 for nowhere.
    ends : sequence of (str, int)
        The splits in order, each with the place after its last.
    """
    n_kept = ends[-1][1]
    n_buckets = min(_MAX_BUCKETS, 1 + stage.n_bytes // _BUCKET_BYTES)
    width = -(-max(n_kept, 1) // n_buckets)
    paths = [folder / f"bucket{number}.arrow" for number in range(n_buckets)]
    _deal(stage, paths, place, width)
    writers = {name: pq.ParquetWriter(folder / f"{name}.parquet", stage.schema, compression="zstd") for name, _ in ends}
    try:
        for number, path in enumerate(paths):
            table = _read_bucket(path)
            start = number * width
            for name, end in ends:
                n_here = max(0, min(end - start, table.num_rows))
                if n_here:
                    writers[name].write_table(table.slice(0, n_here), row_group_size=_ROW_GROUP)
                    reporter.advance(n_here)
                    table, start = table.slice(n_here), start + n_here
            path.unlink()
    finally:
        for writer in writers.values():
            writer.close()


def _deal(stage: Stage, paths: Sequence[Path], place: Int64Array, width: int) -> None:
    schema = stage.schema.append(pa.field("place", pa.int64()))
    options = pa.ipc.IpcWriteOptions(compression="lz4")
    sinks = [pa.OSFile(str(path), "wb") for path in paths]
    writers = [pa.ipc.new_stream(sink, schema, options=options) for sink in sinks]
    try:
        first = 0
        for batch in _staged_batches(stage.path):
            places = place[first : first + batch.num_rows]
            first += batch.num_rows
            bucket = np.where(places < 0, -1, places // width)
            for number in np.unique(bucket[bucket >= 0]):
                chosen = np.flatnonzero(bucket == number)
                taken = batch.take(number_array(chosen, pa.int64()))
                taken = taken.append_column("place", number_array(places[chosen], pa.int64()))
                writers[number].write_batch(taken)
    finally:
        for writer, sink in zip(writers, sinks, strict=True):
            writer.close()
            sink.close()


def _staged_batches(path: Path) -> Iterator[pa.RecordBatch]:
    with pa.OSFile(str(path), "rb") as file, pa.ipc.open_stream(file) as reader:
        yield from reader


def _read_bucket(path: Path) -> pa.Table:
    with pa.OSFile(str(path), "rb") as file, pa.ipc.open_stream(file) as reader:
        table = reader.read_all()
    order = np.argsort(to_numbers(table.column("place"), "int64"), kind="stable")
    return table.drop_columns(["place"]).take(number_array(order, pa.int64()))
