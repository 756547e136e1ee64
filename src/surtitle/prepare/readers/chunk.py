"""The rows that readers hand on."""

from collections.abc import Sequence
from typing import Any

import msgspec

from surtitle.prepare.findings import BadRow

__all__ = ["CHUNK_BYTES", "CHUNK_ROWS", "Chunk"]

CHUNK_ROWS = 4096
CHUNK_BYTES = 4 << 20


class Chunk(msgspec.Struct, frozen=True):
    """Some consecutive rows of one source, by column.

    Parameters
    ----------
    source : str
        The source's name.
    rows : sequence of int
        The 1-based number of each row in its source.
    columns : dict of str to sequence
        Values as they came: str from text files, plain Python values from typed ones; None where there is none.
    bad : tuple of BadRow
        The rows in between that could not be read.
    fixed : bool
        Whether the source has these columns throughout; otherwise another chunk may have others.
    """

    source: str
    rows: Sequence[int]
    columns: dict[str, Sequence[Any]]
    bad: tuple[BadRow, ...] = ()
    fixed: bool = True
