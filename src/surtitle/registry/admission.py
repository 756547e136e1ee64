"""How a build becomes a version, all or nothing, and what happens to one that did not.

Written in ``incoming/TOKEN`` and synced; then, holding the write lock: numbered, the number noted, renamed to
``versions/N``, the row committed. Only the commit makes it visible. A process killed before it leaves a note that
nobody holds any more, from which the next registration removes the rest.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from surtitle.errors import SurtitleError
from surtitle.registry import rows
from surtitle.registry.database import Database
from surtitle.registry.facts import Version, VersionFacts
from surtitle.registry.folders import fsync_folder, fsync_tree, hash_tree
from surtitle.registry.staging import Stage, Staging

__all__ = ["Admission"]


class Admission:
    """The way in.

    Parameters
    ----------
    database : Database
        Where rows go.
    root : Path
        Folder of ``incoming`` and ``versions``.
    """

    def __init__(self, database: Database, root: Path) -> None:
        self._database = database
        self._staging = Staging(root / "incoming")
        self._versions = root / "versions"

    def admit(self, build: Callable[[Path], None], facts: VersionFacts, *, now: datetime) -> Version:
        """Let `build` write, and make the result a version; on any exception leave nothing."""
        with self._database.in_our_words(), self._staging.begin() as stage:
            try:
                build(stage.folder)
                digest = hash_tree(stage.folder)
                fsync_tree(stage.folder)
                version = self._number(stage, digest, facts, now)
            except BaseException:
                self._withdraw(stage)
                raise
            # The version stands, so a note that cannot be removed now is the next sweep's business.
            with suppress(OSError):
                stage.discard()
            return version

    def _number(self, stage: Stage, digest: str, facts: VersionFacts, now: datetime) -> Version:
        with self._database.write() as db:
            # Numbered before the sweep: next_number has promised a number that does not count on it.
            number = rows.next_number(db, self._versions)
            for abandoned in self._staging.abandoned():
                with suppress(OSError):
                    self._settle(db, abandoned)
            folder = self._versions / str(number)
            version = Version(number=number, created_at=now, folder=folder, artefact_sha256=digest, facts=facts)
            stage.claim(number)
            self._versions.mkdir(exist_ok=True)
            stage.folder.rename(folder)
            fsync_folder(self._versions)
            rows.add_version(db, version)
        return version

    def _settle(self, db: sqlite3.Connection, stage: Stage) -> None:
        """Remove what a build left, but for a version that was committed. Needs the write lock."""
        claimed = stage.claimed
        if claimed is not None and not rows.has_version(db, claimed):
            with suppress(FileNotFoundError):
                shutil.rmtree(self._versions / str(claimed))
        stage.discard()

    def _withdraw(self, stage: Stage) -> None:
        """Remove what this build wrote; should even that fail, the next sweep will."""
        with suppress(OSError, SurtitleError):
            if stage.claimed is None:
                stage.discard()
                return
            # Whether a failed commit is committed is for the database to say.
            with self._database.write() as db:
                self._settle(db, stage)
