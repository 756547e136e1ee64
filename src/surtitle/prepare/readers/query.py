"""The user's query: what it reads, with the paths in it made absolute.

DuckDB looks for relative paths in the process's working folder first. A project means the same wherever it is called
from, so the paths are replaced where DuckDB's own parser says that they stand.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import msgspec

from surtitle.prepare.findings import unreadable

__all__ = ["Query", "parse_query"]

_FILE_SUFFIXES = (".csv", ".tsv", ".json", ".jsonl", ".ndjson", ".parquet", ".gz", ".zst")
_QUOTED = re.compile(rb'"(?P<double>(?:[^"]|"")+)"|\'(?P<single>(?:[^\']|\'\')*)\'')
_ONE_SELECT = "write one SELECT statement"


class Query(msgspec.Struct, frozen=True):
    """A query that is ready to run.

    Parameters
    ----------
    sql : str
        With absolute paths.
    tables : tuple of tuples of str
        The tables of the database that it reads, each as its parts: ``("comments",)`` or ``("public", "comments")``.
    """

    sql: str
    tables: tuple[tuple[str, ...], ...]


def parse_query(connection: duckdb.DuckDBPyConnection, sql: str, root: Path) -> Query:
    """Check that `sql` is one query, and find the files and tables that it reads.

    Parameters
    ----------
    connection : DuckDB connection
        To parse with; nothing is run.
    sql : str
        The user's query.
    root : Path
        What relative paths are relative to.

    Raises
    ------
    DataError
        If it is not exactly one SELECT.

    Examples
    --------
    >>> query = parse_query(duckdb.connect(), "select * from 'a.csv' join db.users using (id)", Path("/p"))
    >>> query.sql, query.tables
    ("select * from '/p/a.csv' join db.users using (id)", (('users',),))
    """
    tree = json.loads(connection.execute("SELECT json_serialize_sql(?)", [sql]).fetchall()[0][0])
    if tree.get("error"):
        raise unreadable("data.sql", tree.get("error_message", "cannot be parsed"), _ONE_SELECT)
    if len(tree["statements"]) != 1:
        raise unreadable("data.sql", f"holds {len(tree['statements'])} statements", _ONE_SELECT)
    raw = sql.encode()
    places: dict[int, tuple[int, str]] = {}
    tables: dict[tuple[str, ...], None] = {}
    for node in _nodes(tree):
        path = node.get("qualified_name", {}).get("path", [])
        if node.get("type") == "BASE_TABLE" and len(path) > 1 and path[0].lower() == "db":
            tables[tuple(path[1:])] = None
        for start, length, name in _file_names(node, raw):
            places[start] = (length, _absolute(name, root))
    for start in sorted(places, reverse=True):
        length, name = places[start]
        quoted = "'" + name.replace("'", "''") + "'"
        raw = raw[:start] + quoted.encode() + raw[start + length :]
    return Query(raw.decode(), tuple(tables))


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    if isinstance(tree, dict):
        yield tree
    for value in tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ():
        yield from _nodes(value)


def _file_names(node: dict[str, Any], raw: bytes) -> Iterator[tuple[int, int, str]]:
    """Yield (start, length, name) of the quoted file names that tables and table functions of the query are."""
    if node.get("type") == "BASE_TABLE":
        path = node.get("qualified_name", {}).get("path", [])
        if len(path) == 1 and path[0].lower().endswith(_FILE_SUFFIXES):
            yield from _quoted(raw, node["query_location"])
    elif node.get("type") == "TABLE_FUNCTION":
        arguments = node["function"].get("arguments") or []
        for constant in _nodes(arguments[:1]):
            if constant.get("type") == "VALUE_CONSTANT":
                yield from _quoted(raw, constant.get("query_location", 0))


def _quoted(raw: bytes, start: int) -> Iterator[tuple[int, int, str]]:
    """Yield the quoted name that begins at `start`, if one does; a doubled quote stands for itself."""
    if found := _QUOTED.match(raw, start):
        name = found["double"] or found["single"] or b""
        quote = b'"' if found["double"] else b"'"
        yield start, found.end() - start, name.replace(quote * 2, quote).decode()


def _absolute(name: str, root: Path) -> str:
    return name if "://" in name or Path(name).is_absolute() else str(root / name)
