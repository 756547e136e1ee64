"""`Registry`: versions, aliases and verdicts of one project."""

import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import msgspec

from surtitle.errors import RegistryError
from surtitle.registry import rows
from surtitle.registry.admission import Admission
from surtitle.registry.checks import check_facts, check_keep, check_move, check_now, check_verdict
from surtitle.registry.database import Database
from surtitle.registry.facts import AliasMove, RecordedVerdict, Version, VersionFacts
from surtitle.registry.folders import hash_tree
from surtitle.registry.gate import Verdict
from surtitle.registry.moves import before_last_move
from surtitle.registry.names import alias_of, is_client, parse_alias, parse_ref
from surtitle.registry.removal import expendable, remove_expendable

__all__ = ["Registry"]


class Registry:
    """Versions and aliases in a folder: ``registry.db`` and ``versions/N/``.

    Any number of processes and threads may use one folder at once. Readers never wait. What a method has returned
    lasts through a crash or a power cut; a call that was cut short has either done all of its work or none.

    Parameters
    ----------
    root : Path
        The folder, made when something is first registered.
    busy_timeout_s : float
        How long a writer waits for another before it gives up.

    Examples
    --------
    >>> import tempfile
    >>> from datetime import UTC, datetime
    >>> facts = VersionFacts(task="classification", model="moderation", training_key="k", data_hash="d",
    ...                      surtitle_version="0.1.0")
    >>> now = datetime(2026, 1, 1, tzinfo=UTC)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     registry = Registry(Path(folder))
    ...     version = registry.register(lambda into: (into / "weights").write_text("1") and None, facts, now=now)
    ...     _ = registry.set_alias("champion", version.number, now=now, why="the first")
    ...     registry.find("champion").number
    1
    """

    def __init__(self, root: Path, *, busy_timeout_s: float = 10.0) -> None:
        self.root = root
        self._versions = root / "versions"
        self._database = Database(root / "registry.db", busy_timeout_s=busy_timeout_s)
        self._admission = Admission(self._database, root)

    def register(self, build: Callable[[Path], None], facts: VersionFacts, *, now: datetime) -> Version:
        """Let `build` write an artefact into a new folder, and make it the next version.

        Until the version's row is committed it cannot be seen, whatever happens. What a killed process left behind is
        removed by the next call. Builds run side by side; only the numbering takes turns.

        Parameters
        ----------
        build : callable
            Given an empty folder, writes plain files into it.
        facts : VersionFacts
            Kept beside it.
        now : datetime
            Aware.

        Raises
        ------
        RegistryError
            If the facts are not fit to keep or `build` wrote no file, or a link.
        SurroundingsError
            If the disk is full or may not be written, or another process holds the registry for too long.
        """
        check_now(now)
        check_facts(facts)
        return self._admission.admit(build, facts, now=now)

    def versions(self) -> list[Version]:
        """Return every version, oldest first, also one whose files have been removed."""
        return self._database.read(lambda db: rows.versions(db, self._versions), absent=[])

    def next_number(self) -> int:
        """Return the number that the next registration gets, if nobody else registers before it."""
        return self._database.read(lambda db: rows.next_number(db, self._versions), absent=1)

    def find(self, ref: str | int) -> Version:
        """Return the version that `ref` names: ``3``, ``"3"``, ``"v3"``, ``"champion"``, ``"champion@CLIENT"``.

        A client's alias is taken at its word; `resolve` is what falls back to the general one.

        Raises
        ------
        RegistryError
            If there is none, or its folder has been deleted.
        """
        parsed = parse_ref(ref)
        found = self._database.read(lambda db: self._find(db, parsed), absent=None)
        if found is None:
            raise RegistryError(f"nothing is registered in {self.root} yet; make a version with: surtitle train")
        return found

    def resolve(self, alias: str, client: str | None = None) -> Version | None:
        """Return the version for a client: of the alias of its own if it has one, else of the general alias, else None.

        `client` may be any text, as it comes with events; one that could not have an alias has none.

        Raises
        ------
        RegistryError
            If the alias is malformed, or the version's folder has been deleted.
        """
        names = [parse_alias(alias)]
        if client is not None and is_client(client):
            names.insert(0, parse_alias(alias_of(alias, client)))

        def query(db: sqlite3.Connection) -> Version | None:
            numbers = (rows.current(db, name) for name in names)
            number = next((number for number in numbers if number is not None), None)
            return None if number is None else self._find(db, number)

        return self._database.read(query, absent=None)

    def aliases(self) -> dict[str, int]:
        """Return every alias that is set, by name, and its version."""
        return self._database.read(rows.aliases, absent={})

    def verify(self, ref: str | int) -> Version:
        """Find a version and hash its files again.

        Raises
        ------
        RegistryError
            Also if a file was changed, added or removed since it was registered.
        """
        version = self.find(ref)
        if hash_tree(version.folder) != version.artefact_sha256:
            raise RegistryError(
                f"version {version.number} has been changed since it was registered: {version.folder} does not match "
                "its hash; restore it from a backup, or train again"
            )
        return version

    def set_alias(
        self,
        alias: str,
        version: int,
        *,
        now: datetime,
        why: str,
        verdict: Verdict | None = None,
        forced: bool = False,
        expect: int | msgspec.UnsetType | None = msgspec.UNSET,
    ) -> AliasMove:
        """Point `alias` at `version`, and keep the verdict that allowed it, in one step.

        Parameters
        ----------
        alias : str
            ``champion``, ``challenger``, ``champion@CLIENT`` ...
        version : int
            To move to.
        now : datetime
            Aware.
        why : str
            The reason, for the history; needed with `forced`.
        verdict : Verdict or None
            Of the gate, about this version; recorded here, so do not record it too.
        forced : bool
            Go against a verdict that refuses, or without one.
        expect : int or None, optional
            Move only if the alias names this version (None: names none) at this moment. With it, of several processes
            that saw the same champion only one moves the alias.

        Raises
        ------
        RegistryError
            If there is no such version, the alias names it already or does not name `expect`, the verdict is about
            another version or refuses, or a forced move gives no reason.
        """
        check_now(now)
        check_move(parse_alias(alias), version, why, verdict, forced=forced)
        with self._database.write() as db:
            self._find(db, version)
            current = rows.current(db, alias)
            _refuse_unexpected(alias, version, current, expect)
            move = AliasMove(
                alias=alias,
                from_version=current,
                to_version=version,
                moved_at=now,
                kind="promote" if verdict is not None or forced else "set",
                why=why,
                forced=forced,
                verdict_id=None if verdict is None else rows.add_verdict(db, alias, verdict, now),
            )
            rows.add_move(db, move)
            return move

    def rollback(self, alias: str, *, now: datetime, why: str) -> AliasMove:
        """Take back the last move of `alias` that is still in place.

        Two rollbacks in a row go two moves back; a version that was rolled back is not returned to. A client's alias
        with no move before goes away, so that the client has the general one again.

        Raises
        ------
        RegistryError
            If there is nothing before, or the version before has lost its folder.
        """
        check_now(now)
        check_move(parse_alias(alias), None, why, None, forced=False)
        with self._database.write() as db:
            current = rows.current(db, alias)
            if current is None:
                raise RegistryError(f"{alias} names no version, so nothing can be rolled back; see: surtitle models")
            before = before_last_move(rows.moves(db, alias))
            if before is not None:
                self._find(db, before)
            elif rows.current(db, alias.partition("@")[0]) is None or "@" not in alias:
                raise RegistryError(
                    f"{alias} has named no version before {current} that was not rolled back; name another with: "
                    "surtitle promote VERSION"
                )
            move = AliasMove(
                alias=alias, from_version=current, to_version=before, moved_at=now, kind="rollback", why=why
            )
            rows.add_move(db, move)
            return move

    def history(self, alias: str | None = None) -> list[AliasMove]:
        """Return the moves of one alias, or of all, oldest first."""
        name = None if alias is None else parse_alias(alias)
        return self._database.read(lambda db: rows.moves(db, name), absent=[])

    def record_verdict(self, verdict: Verdict, *, alias: str, now: datetime) -> int:
        """Keep a verdict that moves nothing, such as a refusal, and return its id.

        Raises
        ------
        RegistryError
            If the version judged does not exist.
        """
        check_now(now)
        check_verdict(verdict)
        parse_alias(alias)
        with self._database.write() as db:
            self._find(db, verdict.challenger)
            return rows.add_verdict(db, alias, verdict, now)

    def verdicts(self, alias: str | None = None) -> list[RecordedVerdict]:
        """Return every verdict about one alias, or about all, oldest first."""
        name = None if alias is None else parse_alias(alias)
        return self._database.read(lambda db: rows.verdicts(db, name), absent=[])

    def expendable(self, *, keep: int) -> list[Version]:
        """Return the versions whose files `prune` would remove, oldest first."""
        check_keep(keep)

        def query(db: sqlite3.Connection) -> list[Version]:
            found = expendable(rows.versions(db, self._versions), rows.moves(db, None), keep=keep)
            return [version for version in found if version.folder.is_dir()]

        return self._database.read(query, absent=[])

    def prune(self, *, keep: int) -> list[Version]:
        """Remove the files of versions that never were a champion, and return those versions.

        Facts, metrics, verdicts and moves stay, and so do the files of whatever an alias names or `rollback` could
        return to.

        Parameters
        ----------
        keep : int
            Of the general versions, and of each client's own, so many of the newest stay as well; at least 1.

        Raises
        ------
        RegistryError
            If `keep` is below 1.
        SurroundingsError
            If the disk may not be written, or another process holds the registry for too long.
        """
        return remove_expendable(self._database, self.root, keep=keep) if self.expendable(keep=keep) else []

    def _find(self, db: sqlite3.Connection, ref: int | str) -> Version:
        number = rows.current(db, ref) if isinstance(ref, str) else ref
        version = None if number is None else rows.version(db, number, self._versions)
        if version is None:
            raise RegistryError(_not_there(ref, rows.last_number(db), rows.aliases(db)))
        if not version.folder.is_dir():
            raise RegistryError(
                f"version {version.number} has lost its files: {version.folder} was deleted, by surtitle prune or by "
                "hand; restore the folder from a backup, or train again and promote the new version"
            )
        return version


def _refuse_unexpected(alias: str, version: int, current: int | None, expect: int | msgspec.UnsetType | None) -> None:
    if expect is not msgspec.UNSET and current != expect:
        raise RegistryError(
            f"{alias} names {_told(current)}, not {_told(expect)} as expected: it was moved meanwhile; "
            "look at surtitle models and decide again"
        )
    if current == version:
        raise RegistryError(f"{alias} names version {version} already; there is nothing to move")


def _not_there(ref: int | str, last: int, aliases: dict[str, int]) -> str:
    if isinstance(ref, str):
        known = f"known are: {', '.join(sorted(aliases)[:20])}" if aliases else "none is set"
        return f"no version has the alias {ref}; {known}"
    known = f"the newest is version {last}" if last else "nothing is registered; make a version with: surtitle train"
    return f"there is no version {ref}; {known}"


def _told(number: int | None) -> str:
    return "no version" if number is None else f"version {number}"
