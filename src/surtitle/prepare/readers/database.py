"""Which database `data.database` means."""

from collections.abc import Mapping
from pathlib import Path

from surtitle.prepare.readers.postgres import stage_postgres_table
from surtitle.prepare.readers.sqlite import stage_sqlite_table
from surtitle.project import expand_secrets

__all__ = ["stage_table"]


def stage_table(database: str, table: tuple[str, ...], root: Path, target: Path, environ: Mapping[str, str]) -> None:
    """Copy a table of a SQLite file or of PostgreSQL to a Parquet file, with bounded memory.

    DuckDB's own extensions for this are downloads, which the query must not cause.

    Parameters
    ----------
    database : str
        A path, relative to `root`, or an address, ``postgresql://``; secrets as ``${NAME}``.
    table : tuple of str
        The parts of the table's name.
    root : Path
        The project's folder.
    target : Path
        The Parquet file to write.
    environ : mapping of str to str
        Where the secrets are.
    """
    if database.startswith(("postgresql://", "postgres://")):
        stage_postgres_table(database, table, target, environ)
    else:
        stage_sqlite_table(root / expand_secrets(database, environ), table, target)
