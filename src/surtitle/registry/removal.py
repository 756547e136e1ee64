"""Versions that never decided anything: which of them nobody needs, and how their files go."""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from surtitle.registry import rows
from surtitle.registry.database import Database
from surtitle.registry.facts import AliasMove, Version
from surtitle.registry.staging import Staging

__all__ = ["expendable", "remove_expendable"]


def expendable(versions: Iterable[Version], moves: Iterable[AliasMove], *, keep: int) -> list[Version]:
    """Return the versions that are no loss, oldest first. Pure.

    They never were a champion, so that no decision and no rollback needs them; no alias names them; and of the general
    versions, or of their client's, they are not among the newest `keep`.

    Parameters
    ----------
    versions : iterable of Version
        All of them, oldest first.
    moves : iterable of AliasMove
        All of them, oldest first.
    keep : int
        So many of the newest stay whatever they are.
    """
    named: dict[str, int | None] = {}
    deciding: set[int | None] = set()
    for move in moves:
        named[move.alias] = move.to_version
        if move.alias.partition("@")[0] == "champion":
            deciding.add(move.to_version)
    needed = deciding.union(named.values())
    groups: dict[str | None, list[Version]] = defaultdict(list)
    for version in versions:
        groups[version.facts.client].append(version)
    older = [version for group in groups.values() for version in group[: max(0, len(group) - keep)]]
    return sorted((each for each in older if each.number not in needed), key=lambda each: each.number)


def remove_expendable(database: Database, root: Path, *, keep: int) -> list[Version]:
    """Remove the files of expendable versions, and return those versions; what is known of them stays.

    No alias can be moved to one meanwhile. They are taken out of `versions` first, each at once: what a process that is
    killed then leaves behind, the next registration clears away, as it does for a build.
    """
    with database.in_our_words(), Staging(root / "incoming").begin() as stage:
        with database.write() as db:
            found = expendable(rows.versions(db, root / "versions"), rows.moves(db, None), keep=keep)
            gone = [version for version in found if version.folder.is_dir()]
            for version in gone:
                version.folder.rename(stage.folder / str(version.number))
        with suppress(OSError):
            stage.discard()
        return gone
