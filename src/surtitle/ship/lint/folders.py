"""Dockerfiles on disk: found, read with what stands beside them, written."""

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from surtitle.errors import UsageError
from surtitle.ship.lint.dockerignore import Dockerignore
from surtitle.ship.lint.linter import Beside
from surtitle.ship.lint.source import MAX_BYTES

__all__ = ["beside", "find", "read", "write"]

_NAMES = ("Dockerfile", "Containerfile")
_PASSED_OVER = frozenset({"node_modules", "__pycache__", "site-packages", "vendor"})
_MAX_IGNORE_BYTES = 100_000


def find(path: Path) -> list[Path]:
    """Return the Dockerfiles that a path names: itself, or those in the folder, in order.

    In a folder these are Dockerfile, Containerfile, *.Dockerfile, Dockerfile.* and the same of Containerfile. Hidden
    folders and installed packages are passed over, and links to folders are not followed.

    Raises
    ------
    UsageError
        If there is no such file or folder, or no Dockerfile in it.
    """
    if not path.is_dir():
        if not path.exists():
            raise UsageError(f"{path}: there is no such file; name a Dockerfile, a folder, or - for standard input")
        return [path]
    found = sorted(_walk(path))
    if not found:
        raise UsageError(f"{path}: there is no Dockerfile in this folder; name one")
    return found


def _walk(folder: Path) -> Iterator[Path]:
    for where, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _PASSED_OVER)
        yield from (Path(where, name) for name in files if _is_dockerfile(name))


def _is_dockerfile(name: str) -> bool:
    if name.endswith((".dockerignore", ".containerignore")):
        return False
    return any(name == known or name.endswith(f".{known}") or name.startswith(f"{known}.") for known in _NAMES)


def read(path: Path) -> bytes:
    """Return a file's bytes, at most one more than the linter takes.

    Raises
    ------
    UsageError
        If it is no regular file; reading a pipe or a device might never end.
    """
    with path.open("rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise UsageError(f"{path}: is no regular file; pass its text to standard input, and name -")
        return file.read(MAX_BYTES + 1)


def beside(path: Path) -> Beside:
    """Return what stands beside a Dockerfile.

    That is the ignore file of its own, `NAME.dockerignore`, else the `.dockerignore` of its folder, or of the nearest
    one above, up to the repository's root: a Dockerfile in `docker/` is mostly built with the root as its context.
    """
    own = path.absolute()
    candidates = [own.with_name(f"{path.name}.dockerignore"), own.with_name(".dockerignore")]
    if not any(candidate.is_file() for candidate in candidates):
        candidates = list(_above(own.parent))
    for candidate in candidates:
        if candidate.is_file():
            with candidate.open("rb") as file:
                return Beside(True, Dockerignore(file.read(_MAX_IGNORE_BYTES).decode("utf-8", "replace")))
    return Beside(True, None)


def _above(folder: Path) -> Iterator[Path]:
    """Yield the ignore files of the folders above; none where no repository holds the folder."""
    above = []
    for place in (folder, *folder.parents):
        above.append(place / ".dockerignore")
        if (place / ".git").exists():
            yield from above
            return


def write(path: Path, data: bytes) -> None:
    """Put a file's new bytes in place, beside and then renamed, with the rights that it had."""
    target = path.resolve()
    mode = stat.S_IMODE(target.stat().st_mode)
    number, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(mode)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
