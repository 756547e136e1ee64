"""A registry cut down to what a service needs: the champions, and nothing of their history."""

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from surtitle.errors import SurroundingsError
from surtitle.registry.folders import hash_tree
from surtitle.registry.registry import Registry

__all__ = ["extract"]

_CUT = (
    "UPDATE moves SET verdict_id = NULL, from_version = NULL, why = ''",
    "DELETE FROM verdicts",
    "DELETE FROM moves WHERE id NOT IN (SELECT max(id) FROM moves GROUP BY alias)",
    "DELETE FROM moves WHERE to_version IS NULL OR (alias != 'champion' AND alias NOT LIKE 'champion@%')",
    "DELETE FROM versions WHERE number NOT IN (SELECT to_version FROM moves)",
    "DELETE FROM sqlite_sequence",
)


def extract(registry: Registry, into: Path, *, keep: Callable[[Path], Iterable[str]]) -> list[int]:
    """Copy the champion and the clients' champions, each checked against its hash, into a registry of their own.

    The copy depends on nothing else that is registered: the same champions give the same bytes.

    Parameters
    ----------
    registry : Registry
        To copy from.
    into : Path
        An empty folder.
    keep : callable
        Given a version's folder, the names of the files in it that are wanted.

    Returns
    -------
    list of int
        The versions in it; the champion comes first.

    Raises
    ------
    RegistryError
        If there is no champion, or a version has been changed since it was registered.
    SurroundingsError
        If the disk may not be written.
    """
    registry.find("champion")
    try:
        _cut_rows(registry.root / "registry.db", into / "registry.db")
        # Read from the copy: an alias may move meanwhile, and rows and files have to agree.
        aliases = Registry(into).aliases()
        numbers = list(dict.fromkeys([aliases["champion"], *(number for _, number in sorted(aliases.items()))]))
        for number in numbers:
            source, target = registry.verify(number).folder, into / "versions" / str(number)
            target.mkdir(parents=True)
            for name in keep(source):
                shutil.copyfile(source / name, target / name)
        _rehash(into / "registry.db", {number: hash_tree(into / "versions" / str(number)) for number in numbers})
    except (OSError, sqlite3.Error) as error:
        raise SurroundingsError(f"the champion cannot be copied into {into}: {error}") from error
    return numbers


def _cut_rows(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(f"file:{quote(str(source.absolute()))}?mode=ro", uri=True)) as db:
        db.execute("VACUUM INTO ?", (str(target),))
    with closing(sqlite3.connect(target, isolation_level=None)) as db:
        # A log beside the file could not be made where the image is read only.
        db.execute("PRAGMA journal_mode=DELETE")
        for statement in _CUT:
            db.execute(statement)


def _rehash(path: Path, hashes: Mapping[int, str]) -> None:
    """Write down the hashes of what is left of each version, and drop from the file what was cut."""
    whole = path.with_name("whole.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        for number, digest in hashes.items():
            db.execute("UPDATE versions SET artefact_sha256 = ? WHERE number = ?", (digest, number))
        db.execute("VACUUM INTO ?", (str(whole),))
    whole.replace(path)
