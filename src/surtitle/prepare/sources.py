"""Which files `data.source` means, and how each is written."""

import glob
import os
from pathlib import Path
from typing import Literal

import msgspec

from surtitle.errors import DataError
from surtitle.prepare.findings import unreadable

__all__ = ["Format", "SourceFile", "find_sources"]

Format = Literal["csv", "tsv", "jsonl", "parquet"]
Packing = Literal["", "gz", "zst"]
_SUFFIXES: dict[str, Format] = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".parquet": "parquet",
    ".pq": "parquet",
}
_PACKINGS: dict[str, Packing] = {".gz": "gz", ".zst": "zst"}
_KNOWN = "known: .csv, .tsv, .jsonl, .parquet, and all but the last with .gz or .zst"


class SourceFile(msgspec.Struct, frozen=True):
    """One file of labelled data.

    Parameters
    ----------
    path : Path
        Absolute.
    name : str
        How it is called in messages and in the prepared table.
    format : {"csv", "tsv", "jsonl", "parquet"}
        How its rows are written.
    packing : {"", "gz", "zst"}
        How its bytes are packed.
    """

    path: Path
    name: str
    format: Format
    packing: Packing


def find_sources(root: Path, source: str, form: Literal["auto"] | Format = "auto") -> list[SourceFile]:
    """Return the files that `source` means, in the order of their names.

    Parameters
    ----------
    root : Path
        What a relative `source` is relative to.
    source : str
        A file, a folder (its own files of a known kind) or a pattern (``**`` goes into folders).
    form : str
        How the files are written; ``auto`` goes by their names.

    Raises
    ------
    DataError
        If there is no such file, or one is of an unknown kind.
    """
    path = root / source
    if path.is_file():
        paths = [path]
    elif path.is_dir():
        paths = [p for p in sorted(path.iterdir()) if p.is_file() and _wanted(p, form)]
        if not paths:
            raise unreadable(str(path), "is a folder without a file of a known kind", _KNOWN)
    elif glob.has_magic(source):
        # Path.glob refuses absolute patterns.
        found = glob.glob(source, root_dir=root, recursive=True)  # noqa: PTH207 - takes absolute patterns
        paths = sorted(p for p in (root / match for match in found) if p.is_file())
        if not paths:
            raise unreadable(str(path), "matches no file", "check data.source")
    else:
        raise unreadable(str(path), "does not exist", f"check data.source{_neighbours(path)}")
    base = Path(os.path.commonpath([p.parent for p in paths]))
    return [_describe(p, p.relative_to(base).as_posix(), form) for p in paths]


def _wanted(path: Path, form: str) -> bool:
    if path.name.startswith((".", "_")):
        return False
    return form != "auto" or _split_name(path)[0] in _SUFFIXES


def _neighbours(path: Path) -> str:
    if not path.parent.is_dir():
        return ""
    names = [p.name for p in sorted(path.parent.iterdir()) if p.is_file() and _split_name(p)[0] in _SUFFIXES]
    return f"; in that folder: {', '.join(names[:5])}" if names else ""


def _split_name(path: Path) -> tuple[str, Packing]:
    packing = _PACKINGS.get(path.suffix.lower(), "")
    inner = path.with_suffix("") if packing else path
    return inner.suffix.lower(), packing


def _describe(path: Path, name: str, form: str) -> SourceFile:
    suffix, packing = _split_name(path)
    known = _SUFFIXES.get(suffix) if form == "auto" else form
    if known is None:
        raise _unknown(path)
    if known == "parquet" and packing:
        raise unreadable(name, f"is Parquet packed as .{packing}", "unpack it; Parquet is compressed inside")
    return SourceFile(path=path, name=name, format=known, packing=packing)  # type: ignore[arg-type]  # checked above


def _unknown(path: Path) -> DataError:
    return unreadable(path.name, "is of an unknown kind", f'set data.format, such as "csv"; {_KNOWN}')
