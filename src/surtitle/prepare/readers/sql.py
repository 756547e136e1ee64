"""The rows of the user's query, run by DuckDB, which can reach files and the staged tables but never the network."""

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import duckdb
import msgspec
import pyarrow as pa

from surtitle.errors import SurroundingsError
from surtitle.prepare.findings import unreadable
from surtitle.prepare.readers.chunk import CHUNK_ROWS, Chunk
from surtitle.prepare.readers.database import stage_table
from surtitle.prepare.readers.parquet import batch_to_chunk
from surtitle.prepare.readers.query import parse_query
from surtitle.settings import DataSettings

__all__ = ["SQL_SOURCE", "read_staged", "run_query"]

SQL_SOURCE = "sql"
_MEMORY = "500MB"


def run_query(data: DataSettings, root: Path, folder: Path, environ: Mapping[str, str]) -> str:
    """Run `data.sql`, put its rows into ``folder/query.arrow``, and return a hash of them.

    Memory is bounded: DuckDB may use 500 MB and spills to `folder` beyond, tables of a database are staged there as
    Parquet first, and the result is written as it comes. One thread, so that the rows always come in the same order.

    Parameters
    ----------
    data : DataSettings
        With `sql` and maybe `database`.
    root : Path
        What relative paths are relative to.
    folder : Path
        For temporary files.
    environ : mapping of str to str
        Where the secrets of `database` are.

    Raises
    ------
    DataError
        If the query, a file or a table of it is wrong.
    SurroundingsError
        If the database cannot be reached.
    MissingExtraError
        If PostgreSQL is asked for without its client.
    """
    with _connect(folder) as connection:
        query = parse_query(connection, data.sql, root)
        if query.tables and not data.database:
            raise unreadable("data.sql", "reads db.TABLE, but data.database is empty", "name a SQLite file there")
        for number, table in enumerate(query.tables):
            staged = folder / f"table{number}.parquet"
            stage_table(data.database, table, root, staged, environ)
            _add_view(connection, table, staged)
        connection.execute("SET lock_configuration = true")
        return _store(connection.sql(query.sql), folder / "query.arrow")


@contextmanager
def _connect(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    config: dict[str, str | bool | int | float | list[str]] = {
        "autoinstall_known_extensions": "false",
        "autoload_known_extensions": "false",
        "allow_community_extensions": "false",
        "python_enable_replacements": "false",
        "extension_directory": str(folder / "extensions"),
        "temp_directory": str(folder / "spill"),
        "memory_limit": _MEMORY,
        "threads": "1",
    }
    connection = duckdb.connect(":memory:", config=config)
    try:
        yield connection
    except duckdb.OutOfMemoryException as error:
        raise SurroundingsError(f"data.sql needs more memory than {_MEMORY}: {_first_line(error)}") from error
    except duckdb.IOException as error:
        if "No space left" in str(error):
            raise SurroundingsError(f"data.sql: no space left in {folder}: {_first_line(error)}") from error
        raise unreadable("data.sql", _first_line(error), "check the paths in it") from error
    except duckdb.Error as error:
        raise unreadable("data.sql", _first_line(error), "try it in the duckdb shell") from error
    finally:
        connection.close()


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _add_view(connection: duckdb.DuckDBPyConnection, table: tuple[str, ...], staged: Path) -> None:
    connection.execute("ATTACH IF NOT EXISTS ':memory:' AS db")
    schema = "main" if len(table) == 1 else table[0]
    quoted = ['"' + part.replace('"', '""') + '"' for part in (schema, table[-1])]
    connection.execute(f"CREATE SCHEMA IF NOT EXISTS db.{quoted[0]}")
    path = str(staged).replace("'", "''")
    connection.execute(f"CREATE VIEW db.{quoted[0]}.{quoted[1]} AS SELECT * FROM read_parquet('{path}')")  # noqa: S608 - quoted


def _store(result: duckdb.DuckDBPyRelation, path: Path) -> str:
    """Write the rows as Arrow and hash them, whatever the batches they come in."""
    digest = hashlib.blake2b(digest_size=16)
    encoder = msgspec.msgpack.Encoder(enc_hook=str)
    reader: pa.RecordBatchReader = result.to_arrow_reader(CHUNK_ROWS)
    digest.update(str(reader.schema).encode())
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_stream(sink, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
            chunk = batch_to_chunk(batch, SQL_SOURCE, 1)
            for row in zip(*chunk.columns.values(), strict=True):
                digest.update(encoder.encode(row))
    return digest.hexdigest()


def read_staged(path: Path, source: str = SQL_SOURCE) -> Iterator[Chunk]:
    """Yield the rows of an Arrow stream on disk."""
    first = 1
    with pa.OSFile(str(path), "rb") as file, pa.ipc.open_stream(file) as reader:
        for batch in reader:
            yield batch_to_chunk(batch, source, first)
            first += batch.num_rows
        if first == 1:
            yield batch_to_chunk(pa.RecordBatch.from_pylist([], reader.schema), source, 1)
