"""Folders of files: hashed, and made to last through a power cut."""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from surtitle.errors import RegistryError

__all__ = ["fsync_folder", "fsync_tree", "hash_tree"]


def hash_tree(folder: Path) -> str:
    """Return the sha256 of the listing of `folder`: for each file, by path, its own sha256 and its path.

    The listing is what ``sha256sum`` prints for the sorted relative paths, so that it can be checked by hand.

    Raises
    ------
    RegistryError
        If the folder holds no file, or something that is neither a file nor a folder, such as a link.
    """
    listing = hashlib.sha256()
    paths = sorted((path.relative_to(folder).as_posix(), path) for path in _walk(folder) if not path.is_dir())
    if not paths:
        raise RegistryError(f"{folder} holds no files; a version needs at least one")
    for name, path in paths:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        listing.update(f"{digest}  {name}\n".encode("utf-8", "surrogateescape"))
    return listing.hexdigest()


def fsync_tree(folder: Path) -> None:
    """Make every file and folder under `folder`, and `folder` itself, last through a power cut."""
    for path in _walk(folder):
        fsync_folder(path)
    fsync_folder(folder)


def fsync_folder(path: Path) -> None:
    """Make the entries of a folder, or the bytes of a file, last."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _walk(folder: Path) -> Iterator[Path]:
    with os.scandir(folder) as scan:
        entries = list(scan)
    for entry in entries:
        path = Path(entry.path)
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(path)
        elif not entry.is_file(follow_symlinks=False):
            raise RegistryError(f"{path} is neither a file nor a folder; a version holds plain files only")
        yield path
