"""The challenger, scored on a share of the traffic without touching the answers: ``.surtitle/shadow.db``, for the gate.

Which events are taken follows from their ids alone, so that all workers, and a repeated event, agree.
"""

import asyncio
import logging
import sqlite3
import zlib
from collections.abc import Sequence
from pathlib import Path

from surtitle.cycle.loading import Loaded
from surtitle.errors import SurroundingsError
from surtitle.records import Decision, Scored
from surtitle.serve.metrics import Metrics
from surtitle.serve.scoring import Scoring
from surtitle.stores import append, open_store

__all__ = ["FILE_NAME", "Shadow", "is_taken"]

FILE_NAME = "shadow.db"
_WAITING_LIMIT = 10_000
_PER_JOB = 64
_log = logging.getLogger("surtitle.serve")
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS shadow (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL,
        client TEXT,
        decided_at TEXT NOT NULL,
        champion INTEGER NOT NULL,
        champion_score REAL NOT NULL,
        champion_action TEXT NOT NULL,
        challenger INTEGER NOT NULL,
        challenger_score REAL NOT NULL,
        challenger_action TEXT NOT NULL
    )""",
)
_INSERT = (
    "INSERT INTO shadow (id, client, decided_at, champion, champion_score, champion_action, challenger, "
    "challenger_score, challenger_action) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def is_taken(event_id: str, share: float) -> bool:
    """Say whether an event belongs to the share that the challenger sees.

    Examples
    --------
    >>> [is_taken("c1", share) for share in (0.0, 1.0)]
    [False, True]
    """
    return zlib.crc32(event_id.encode("utf-8", "replace")) < share * 4_294_967_296


class Shadow:
    """Takes decisions after they were sent, and has the challenger score the same texts in the scoring thread.

    Parameters
    ----------
    folder : Path
        The project's state folder.
    share : float
        Of the events.
    metrics : Metrics
        Told of what is kept, and of what had to be dropped because it came faster than it could be scored.
    """

    def __init__(self, folder: Path, share: float, metrics: Metrics) -> None:
        self._path = folder / FILE_NAME
        self._share = share
        self._metrics = metrics
        self._waiting: list[tuple[str, Decision]] = []
        self._db: sqlite3.Connection | None = None

    def offer(self, texts: Sequence[str], decisions: Sequence[Decision]) -> None:
        """Note the events that belong to the share; costs next to nothing."""
        for text, decision in zip(texts, decisions, strict=True):
            if is_taken(decision.id, self._share):
                if len(self._waiting) < _WAITING_LIMIT:
                    self._waiting.append((text, decision))
                else:
                    self._metrics.shadowed("dropped", 1)

    async def work_off(self, challenger: Loaded | None, scoring: Scoring) -> None:
        """Score what is waiting and keep it; without a challenger, forget it."""
        waiting, self._waiting = self._waiting, []
        if challenger is None:
            return
        for start in range(0, len(waiting), _PER_JOB):
            part = waiting[start : start + _PER_JOB]
            scored = await scoring.in_thread(challenger, [text for text, _ in part])
            try:
                await asyncio.to_thread(self._keep, challenger.number, [was for _, was in part], scored)
            except SurroundingsError as error:
                self._metrics.shadowed("dropped", len(part))
                _log.error("the shadow's decisions are not kept: %s", error)
            else:
                self._metrics.shadowed("kept", len(part))

    def _keep(self, challenger: int, decisions: Sequence[Decision], scored: Sequence[Scored]) -> None:
        rows = [(*_told(was), challenger, each.score, each.action) for was, each in zip(decisions, scored, strict=True)]
        self._db = self._db or open_store(self._path, _SCHEMA)
        append(self._db, self._path, _INSERT, rows)

    def close(self) -> None:
        """Let go of the file."""
        if self._db is not None:
            self._db.close()
            self._db = None


def _told(was: Decision) -> tuple[object, ...]:
    return was.id, was.client, was.decided_at.isoformat(), was.version, was.score, was.action
