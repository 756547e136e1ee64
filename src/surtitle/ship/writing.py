"""Generated files, written so that nobody's edits are lost.

What a file was when it was written is remembered by its SHA-256 in `RECORD_NAME`, which belongs into version control
beside the files: so a fresh clone knows as well which of them somebody has edited since.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Literal

import msgspec

from surtitle.errors import Fault, SurroundingsError, UsageError
from surtitle.replacing import replacing

__all__ = ["RECORD_NAME", "Written", "place_below", "remember", "replace_file", "write_files"]

RECORD_NAME = ".surtitle-files.json"
_RECORD_LIMIT = 1_000_000


class Written(msgspec.Struct, frozen=True):
    """What became of one file.

    Parameters
    ----------
    path : str
        Below the root, with forward slashes.
    change : {"new", "updated", "unchanged", "kept"}
        What was done; kept: it was edited, and stays so.
    """

    path: str
    change: Literal["new", "updated", "unchanged", "kept"]


def write_files(
    root: Path,
    files: Mapping[str, str | bytes],
    *,
    executable: frozenset[str] = frozenset(),
    force: bool = False,
    keep: bool = False,
) -> list[Written]:
    r"""Write files below `root`, or none of them where one would overwrite an edit.

    A file that is there and is not what was last written is somebody's own, or edited: it is not overwritten.

    Parameters
    ----------
    root : Path
        An existing folder.
    files : mapping of str to str or bytes
        Content by path, relative and with forward slashes; a text is written as UTF-8.
    executable : frozenset of str
        The paths of scripts.
    force : bool
        Overwrite edited files too.
    keep : bool
        Leave edited files as they are, and write the others.

    Returns
    -------
    list of Written
        In the order of `files`.

    Raises
    ------
    UsageError
        If files were edited: all of them are named, and nothing is written. If a path leaves `root`.
    SurroundingsError
        If the disk may not be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_files(Path(folder), {"deploy/compose.yaml": "services: {}\n"})
    [Written(path='deploy/compose.yaml', change='new')]
    """
    contents = {name: text.encode() if isinstance(text, str) else text for name, text in files.items()}
    places = {name: place_below(root, name) for name in contents}
    try:
        record = _read_record(root)
        present = {name: _read(path) for name, path in places.items()}
        edited = {} if force else _edited(contents, present, record)
        if edited and not keep:
            raise UsageError(
                f"nothing was written in {root}, as it would overwrite what is there; keep your version elsewhere, "
                "or overwrite it with --force",
                list(edited.values()),
            )
        for name, content in contents.items():
            if content != present[name] and name not in edited:
                replace_file(places[name], content, executable=name in executable)
        ours = {name: _digest(content) for name, content in contents.items() if name not in edited}
        _keep_record(root, record | ours, record)
    except OSError as error:
        raise SurroundingsError(
            f"{error.filename or root} cannot be written: {error.strerror}; check the folder, and who owns it"
        ) from error
    return [
        Written(name, "kept" if name in edited else _change(content, present[name]))
        for name, content in contents.items()
    ]


def place_below(root: Path, name: str) -> Path:
    """Return where a file named with forward slashes lies.

    Raises
    ------
    UsageError
        If that is not below `root`, perhaps by a link.
    """
    parts = PurePosixPath(name)
    path = root / parts
    if parts.is_absolute() or ".." in parts.parts or not path.resolve().is_relative_to(root.resolve()):
        raise UsageError(f"{name} would be written outside of {root}; remove the link or name a path inside")
    return path


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None


def _change(content: bytes, before: bytes | None) -> Literal["new", "updated", "unchanged"]:
    if before is None:
        return "new"
    return "unchanged" if before == content else "updated"


def _edited(
    contents: Mapping[str, bytes], present: Mapping[str, bytes | None], record: Mapping[str, str]
) -> dict[str, Fault]:
    return {
        name: Fault(
            name, "has been edited since it was written" if name in record else "is there, and not written by us"
        )
        for name, content in contents.items()
        if (found := present[name]) is not None and found != content and record.get(name) != _digest(found)
    }


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read_record(root: Path) -> dict[str, str]:
    path = root / RECORD_NAME
    raw = _read(path)
    if raw is None:
        return {}
    if len(raw) > _RECORD_LIMIT:
        raise UsageError(f"{path} is longer than {_RECORD_LIMIT:,} bytes; delete it, and write again with --force")
    try:
        return msgspec.json.decode(raw, type=dict[str, str])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}; delete it, and write again with --force") from error


def _keep_record(root: Path, record: dict[str, str], before: Mapping[str, str]) -> None:
    if record != before:
        text = msgspec.json.format(msgspec.json.encode(dict(sorted(record.items()))), indent=2)
        replace_file(root / RECORD_NAME, text + b"\n")


def remember(root: Path, files: Mapping[str, str]) -> None:
    """Take texts as written here, whatever has been made of them since, such as a merge with somebody's edits."""
    before = _read_record(root)
    _keep_record(root, before | {name: _digest(text.encode()) for name, text in files.items()}, before)


def replace_file(path: Path, content: bytes, *, executable: bool = False) -> None:
    """Write a file beside its place and rename it into it; its folder is made when it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as beside:
        beside.write_bytes(content)
        beside.chmod(0o755 if executable else 0o644)
