"""A table of a SQLite file -> Parquet."""

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

from surtitle.prepare.findings import unreadable
from surtitle.prepare.readers.chunk import CHUNK_ROWS

__all__ = ["stage_sqlite_table"]


def stage_sqlite_table(path: Path, table: tuple[str, ...], target: Path) -> None:
    """Copy a table or view of the SQLite file `path` to the Parquet file `target`.

    SQLite types values, not columns. A column becomes whole numbers, numbers or text by the values that it holds;
    one that mixes text with numbers becomes text.

    Raises
    ------
    DataError
        If the file or the table is not there, or the file is not SQLite's.
    """
    if not path.is_file():
        raise unreadable("data.database", f"{path} does not exist", "name a SQLite file or postgresql://...")
    address = f"file:{quote(str(path))}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True, isolation_level=None)) as connection:
            connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            connection.execute("BEGIN")
            _copy(connection, table, target)
    except sqlite3.Error as error:
        raise unreadable(
            "data.database", f"{path.name}: {error}", "check the file, and the tables in data.sql"
        ) from error


def _copy(connection: sqlite3.Connection, table: tuple[str, ...], target: Path) -> None:
    name = table[-1]
    kinds = "type IN ('table', 'view')"
    known = [row[0] for row in connection.execute(f"SELECT name FROM sqlite_schema WHERE {kinds} ORDER BY name")]  # noqa: S608 - a constant
    if len(table) > 1 or name.lower() not in {other.lower() for other in known}:
        there = ", ".join(known[:20]) or "none"
        raise unreadable("data.sql", f"there is no table db.{'.'.join(table)}", f"there are: {there}")
    quoted = _quote(name)
    columns = [row[0] for row in connection.execute(f"SELECT * FROM {quoted} LIMIT 0").description]  # noqa: S608 - quoted
    schema = pa.schema([(column, _type_of(connection, quoted, column)) for column in columns])
    casts = [str if pa.types.is_string(field.type) else None for field in schema]
    rows = connection.execute(f"SELECT * FROM {quoted}")  # noqa: S608 - quoted
    with pq.ParquetWriter(target, schema, compression="zstd") as writer:
        while batch := rows.fetchmany(CHUNK_ROWS):
            arrays = [
                pa.array([v if v is None or cast is None else cast(v) for v in values], field.type)
                for values, field, cast in zip(zip(*batch, strict=True), schema, casts, strict=True)
            ]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _type_of(connection: sqlite3.Connection, quoted: str, column: str) -> pa.DataType:
    found = connection.execute(f"SELECT DISTINCT typeof({_quote(column)}) FROM {quoted}")  # noqa: S608 - quoted
    kinds = {row[0] for row in found} - {"null"}
    if kinds == {"integer"}:
        return pa.int64()
    if kinds and kinds <= {"integer", "real"}:
        return pa.float64()
    return pa.binary() if kinds == {"blob"} else pa.string()


def _quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
