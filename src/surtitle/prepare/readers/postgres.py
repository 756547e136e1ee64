"""A table of PostgreSQL -> Parquet, through a cursor on the server."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq

from surtitle.errors import MissingExtraError, SurroundingsError
from surtitle.prepare.findings import unreadable
from surtitle.prepare.readers.chunk import CHUNK_ROWS
from surtitle.project import expand_secrets

if TYPE_CHECKING:
    import psycopg

__all__ = ["stage_postgres_table"]

# PostgreSQL's names of types -> how a column is read and kept. Every other type is read as its text.
_TYPES: dict[str, tuple[str, pa.DataType]] = {
    "bool": ("", pa.bool_()),
    "int2": ("", pa.int64()),
    "int4": ("", pa.int64()),
    "int8": ("", pa.int64()),
    "float4": ("", pa.float64()),
    "float8": ("", pa.float64()),
    "numeric": ("::float8", pa.float64()),
    "date": ("", pa.date32()),
    "timestamp": ("", pa.timestamp("us")),
    "timestamptz": ("", pa.timestamp("us", "UTC")),
}


def stage_postgres_table(address: str, table: tuple[str, ...], target: Path, environ: Mapping[str, str]) -> None:
    """Copy a table or view to the Parquet file `target`, in one read-only transaction.

    Raises
    ------
    MissingExtraError
        If psycopg is not installed.
    SurroundingsError
        If the server cannot be reached or refuses the login; the message holds no secret.
    DataError
        If the table cannot be read.
    """
    try:
        import psycopg
    except ImportError:
        raise MissingExtraError("psycopg", "postgres") from None
    secret_address = expand_secrets(address, environ)
    try:
        connection = psycopg.connect(secret_address, connect_timeout=10, application_name="surtitle")
    except (psycopg.OperationalError, psycopg.ProgrammingError) as error:
        # The address is as the user wrote it, with ${NAME}; the driver's message may quote what it expands to.
        raise SurroundingsError(f"{address} cannot be reached: {_hide(str(error), address, environ)}") from None
    with connection:
        connection.read_only = True
        connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
        try:
            _copy(connection, table, target)
        except psycopg.OperationalError as error:
            raise SurroundingsError(f"{address} broke off: {_hide(str(error), address, environ)}") from None
        except psycopg.Error as error:
            what = _hide(str(error), address, environ)
            raise unreadable("data.sql", f"db.{'.'.join(table)}: {what}", "check the table") from None


def _copy(connection: "psycopg.Connection[tuple[Any, ...]]", table: tuple[str, ...], target: Path) -> None:
    from psycopg import sql

    name = sql.Identifier(*table)
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(name))
        columns = [(column.name, _type_name(connection, column.type_code)) for column in cursor.description or ()]
    plans = [(column, *_TYPES.get(kind, ("::text", pa.string()))) for column, kind in columns]
    fields = [sql.SQL("{}" + cast).format(sql.Identifier(column)) for column, cast, _ in plans]
    schema = pa.schema([(column, kind) for column, _, kind in plans])
    query = sql.SQL("SELECT {} FROM {}").format(sql.SQL(", ").join(fields), name)
    with connection.cursor(name="surtitle") as rows, pq.ParquetWriter(target, schema, compression="zstd") as writer:
        rows.itersize = CHUNK_ROWS
        rows.execute(query)
        while batch := rows.fetchmany(CHUNK_ROWS):
            arrays = [pa.array(v, field.type) for v, field in zip(zip(*batch, strict=True), schema, strict=True)]
            writer.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))


def _type_name(connection: "psycopg.Connection[tuple[Any, ...]]", code: int) -> str:
    known = connection.adapters.types.get(code)
    return known.name if known else ""


def _hide(message: str, address: str, environ: Mapping[str, str]) -> str:
    for name, value in environ.items():
        if value and "${" + name + "}" in address:
            message = message.replace(value, "***")
    return message.strip().replace("\n", " ")
