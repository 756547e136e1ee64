"""Windows as rows of the state: plain data under a key. PURE."""

from typing import Any

import msgspec

from surtitle.stream.windows.rows import Row

__all__ = ["Key", "Stored", "key_order", "load_row", "store_row"]

Key = tuple[str | None, ...]
"""The values of the key's columns of one event; None where there was no value."""


class Stored(msgspec.Struct, frozen=True):
    """One row of the state.

    Parameters
    ----------
    name : str
        The window's or rule's name.
    part : str
        What it is of that window: `pane`, `session`, `row` (said already), `rate`.
    key : Key
        Whose.
    start : int
        Where it begins, in microseconds.
    value : object or None
        Plain data; None: the row is gone.
    """

    name: str
    part: str
    key: Key
    start: int
    value: Any


def key_order(key: Key) -> tuple[tuple[bool, str], ...]:
    """Return what keys are sorted by: a missing value first.

    Examples
    --------
    >>> sorted([("b",), (None,), ("a",)], key=key_order)
    [(None,), ('a',), ('b',)]
    """
    return tuple([(value is not None, value or "") for value in key])


def store_row(row: Row) -> Any:
    """Return a row as plain data."""
    return msgspec.to_builtins(row)


def load_row(value: Any) -> Row:
    """Return the row that was stored."""
    return msgspec.convert(value, Row)
