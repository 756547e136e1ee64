"""What the template wrote into a project, word for word: the base of every later three-way merge.

It is one file, in version control beside the others, so that whoever updates has it, and so that one rename moves the
project from one template to the next. Why the texts themselves are kept: docs/explanation/decisions/0011.
"""

from pathlib import Path

import msgspec

from surtitle.errors import UsageError
from surtitle.ship.template.rendering import Forge

__all__ = ["RECORD_NAME", "Record", "encode_record", "read_record"]

RECORD_NAME = ".surtitle-template.json"
_LIMIT = 10_000_000


class Record(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What was written last.

    Parameters
    ----------
    format : int
        Of this file.
    surtitle : str
        The version whose template it was.
    forge : {"github", "gitlab", "none"}
        Whose pipeline.
    files : dict of str to (str or None)
        Text by path; None: the project had a file of its own there, which is left alone.
    """

    format: int
    surtitle: str
    forge: Forge
    files: dict[str, str | None]


def read_record(root: Path) -> Record | None:
    """Return the project's record; None where the template was never used.

    Raises
    ------
    UsageError
        If it cannot be read, or was written by a newer Surtitle.
    """
    path = root / RECORD_NAME
    try:
        with path.open("rb") as file:
            raw = file.read(_LIMIT + 1)
    except FileNotFoundError:
        return None
    if len(raw) > _LIMIT:
        raise UsageError(f"{path} is longer than {_LIMIT:,} bytes; restore it from version control")
    try:
        if msgspec.json.decode(raw, type=_Format).format != 1:
            raise UsageError(f"{path} was written by a newer Surtitle; install that one: pip install -U surtitle")
        return msgspec.json.decode(raw, type=Record)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}; restore it from version control") from error


class _Format(msgspec.Struct):
    format: int


def encode_record(record: Record) -> bytes:
    """Return the record as JSON, a line for each file, so that version control tells which have changed."""
    ordered = Record(record.format, record.surtitle, record.forge, dict(sorted(record.files.items())))
    return msgspec.json.format(msgspec.json.encode(ordered), indent=2) + b"\n"
