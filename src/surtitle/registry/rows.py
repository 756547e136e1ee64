"""The queries: rows of ``registry.db`` to records and back. Each takes a connection, and none commits."""

import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from surtitle.errors import RegistryError
from surtitle.registry.facts import AliasMove, RecordedVerdict, Version, VersionFacts
from surtitle.registry.gate import Verdict

__all__ = [
    "add_move",
    "add_verdict",
    "add_version",
    "aliases",
    "current",
    "has_version",
    "last_number",
    "moves",
    "next_number",
    "verdicts",
    "version",
    "versions",
]

Kept = TypeVar("Kept", VersionFacts, Verdict)

_VERSION = "SELECT number, created_at, artefact_sha256, facts FROM versions"
_FOLDER = re.compile(r"[1-9][0-9]{0,17}")
_LARGEST = 2**63 - 1


def versions(db: sqlite3.Connection, folder: Path) -> list[Version]:
    """Return every version, oldest first; their folders lie in `folder`."""
    return [_version(row, folder) for row in db.execute(f"{_VERSION} ORDER BY number")]


def version(db: sqlite3.Connection, number: int, folder: Path) -> Version | None:
    """Return one version."""
    if not 0 < number <= _LARGEST:
        return None
    row = db.execute(f"{_VERSION} WHERE number = ?", (number,)).fetchone()
    return None if row is None else _version(row, folder)


def has_version(db: sqlite3.Connection, number: int) -> bool:
    """Say whether this number was given away."""
    return db.execute("SELECT 1 FROM versions WHERE number = ?", (number,)).fetchone() is not None


def last_number(db: sqlite3.Connection) -> int:
    """Return the highest number given away, or 0."""
    return int(db.execute("SELECT coalesce(max(number), 0) FROM versions").fetchone()[0])


def next_number(db: sqlite3.Connection, folder: Path) -> int:
    """Return a number that neither a row nor a folder has.

    Folders count too: a registry.db restored from an older backup does not know the newest of them.
    """
    there = (int(path.name) for path in folder.glob("*") if _FOLDER.fullmatch(path.name))
    return 1 + max(last_number(db), max(there, default=0))


def add_version(db: sqlite3.Connection, added: Version) -> None:
    """Make a version known."""
    db.execute(
        "INSERT INTO versions (number, created_at, artefact_sha256, facts) VALUES (?, ?, ?, ?)",
        (added.number, _to_text(added.created_at), added.artefact_sha256, msgspec.json.encode(added.facts).decode()),
    )


def current(db: sqlite3.Connection, alias: str) -> int | None:
    """Return the version that an alias names: where its last move put it."""
    row = db.execute("SELECT to_version FROM moves WHERE alias = ? ORDER BY id DESC LIMIT 1", (alias,)).fetchone()
    return None if row is None else row[0]


def aliases(db: sqlite3.Connection) -> dict[str, int]:
    """Return every alias that names a version, by name."""
    rows = db.execute(
        "SELECT alias, to_version FROM moves WHERE id IN (SELECT max(id) FROM moves GROUP BY alias) "
        "AND to_version IS NOT NULL ORDER BY alias"
    )
    return dict(rows.fetchall())


def moves(db: sqlite3.Connection, alias: str | None) -> list[AliasMove]:
    """Return the moves of one alias, or of all, oldest first."""
    rows = db.execute(
        "SELECT alias, from_version, to_version, moved_at, kind, why, forced, verdict_id FROM moves "
        "WHERE ?1 IS NULL OR alias = ?1 ORDER BY id",
        (alias,),
    )
    return [
        AliasMove(
            alias=name,
            from_version=old,
            to_version=new,
            moved_at=datetime.fromisoformat(moved_at),
            kind=kind,
            why=why,
            forced=bool(forced),
            verdict_id=verdict_id,
        )
        for name, old, new, moved_at, kind, why, forced, verdict_id in rows
    ]


def add_move(db: sqlite3.Connection, move: AliasMove) -> None:
    """Move an alias."""
    db.execute(
        "INSERT INTO moves (alias, from_version, to_version, moved_at, kind, why, forced, verdict_id) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            move.alias,
            move.from_version,
            move.to_version,
            _to_text(move.moved_at),
            move.kind,
            move.why,
            int(move.forced),
            move.verdict_id,
        ),
    )


def verdicts(db: sqlite3.Connection, alias: str | None) -> list[RecordedVerdict]:
    """Return the verdicts about one alias, or about all, oldest first."""
    rows = db.execute(
        "SELECT id, alias, judged_at, verdict FROM verdicts WHERE ?1 IS NULL OR alias = ?1 ORDER BY id", (alias,)
    )
    return [
        RecordedVerdict(
            id=number,
            alias=name,
            judged_at=datetime.fromisoformat(judged_at),
            verdict=_decode(body, Verdict, f"verdict {number}"),
        )
        for number, name, judged_at, body in rows
    ]


def add_verdict(db: sqlite3.Connection, alias: str, verdict: Verdict, now: datetime) -> int:
    """Keep a verdict and return its id."""
    cursor = db.execute(
        "INSERT INTO verdicts (alias, challenger, judged_at, verdict) VALUES (?, ?, ?, ?)",
        (alias, verdict.challenger, _to_text(now), msgspec.json.encode(verdict).decode()),
    )
    if cursor.lastrowid is None:
        raise AssertionError("an INSERT has a row id")
    return cursor.lastrowid


def _version(row: tuple[Any, ...], folder: Path) -> Version:
    number, created_at, digest, body = row
    return Version(
        number=number,
        created_at=datetime.fromisoformat(created_at),
        folder=folder / str(number),
        artefact_sha256=digest,
        facts=_decode(body, VersionFacts, f"version {number}"),
    )


def _decode(body: str, kind: type[Kept], what: str) -> Kept:
    try:
        return msgspec.json.decode(body, type=kind)
    except (msgspec.DecodeError, UnicodeEncodeError) as error:
        raise RegistryError(
            f"registry.db holds something unreadable for {what} ({error}); restore it from a backup"
        ) from error


def _to_text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
