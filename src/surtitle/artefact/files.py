"""Writing and reading an artefact's folder, with sizes and hashes checked before anything is parsed."""

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

from surtitle.artefact.manifest import FORMAT, FileFacts, Manifest
from surtitle.errors import ArtefactError, Fault

__all__ = ["MANIFEST_NAME", "file_facts", "read_manifest", "verify_files"]

MANIFEST_NAME = "manifest.json"
_MANIFEST_LIMIT = 10_000_000
_AGAIN = "train again, or restore the folder from a copy"


class _FormatOnly(msgspec.Struct):
    format: int


def file_facts(path: Path) -> FileFacts:
    """Return a file's size and SHA-256."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return FileFacts(bytes=path.stat().st_size, sha256=digest)


def read_manifest(folder: Path) -> Manifest:
    """Read `manifest.json` of an artefact's folder.

    Raises
    ------
    ArtefactError
        If it is missing, too long, not what a manifest should be, or of a newer format.
    """
    path = folder / MANIFEST_NAME
    try:
        if path.stat().st_size > _MANIFEST_LIMIT:
            raise _refusal(folder, [Fault(MANIFEST_NAME, f"is longer than {_MANIFEST_LIMIT} bytes")])
        raw = path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise _refusal(folder, [Fault(MANIFEST_NAME, "is missing", _AGAIN)]) from None
    try:
        number = msgspec.json.decode(raw, type=_FormatOnly).format
        if number > FORMAT:
            what = f"is of format {number}; this Surtitle reads up to {FORMAT}"
            raise _refusal(folder, [Fault(MANIFEST_NAME, what, "upgrade Surtitle")])
        return msgspec.json.decode(raw, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise _refusal(folder, [Fault(MANIFEST_NAME, f"cannot be read: {error}", _AGAIN)]) from error


def verify_files(folder: Path, manifest: Manifest, expected: Iterable[str]) -> None:
    """Check that exactly the expected files are listed, and that each is as it was written.

    Raises
    ------
    ArtefactError
        With every file that is missing, truncated or edited.
    """
    names = set(expected)
    if set(manifest.files) != names:
        what = f"lists {', '.join(sorted(manifest.files)) or 'nothing'}, not {', '.join(sorted(names))}"
        raise _refusal(folder, [Fault(MANIFEST_NAME, what)])
    faults = [fault for name in sorted(names) if (fault := _file_fault(folder / name, manifest.files[name]))]
    if faults:
        raise _refusal(folder, faults)


def _file_fault(path: Path, facts: FileFacts) -> Fault | None:
    try:
        size = path.stat().st_size
    except FileNotFoundError:
        return Fault(path.name, "is missing", _AGAIN)
    if size != facts.bytes:
        return Fault(path.name, f"is {size} bytes long, {facts.bytes} were written: truncated or edited", _AGAIN)
    if file_facts(path) != facts:
        return Fault(path.name, "is not what was written: its SHA-256 differs", _AGAIN)
    return None


def _refusal(folder: Path, faults: list[Fault]) -> ArtefactError:
    return ArtefactError(f"the artefact in {folder} is refused", faults)
