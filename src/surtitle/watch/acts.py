"""What the loop decided and what came of it, whether or not anything was done: ``.surtitle/loop.db``.

An act is written down before it is carried out, and its outcome once it has been. What a crash has left as `begun` is
settled by the next pass, by what the registry holds.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from surtitle.errors import SurroundingsError
from surtitle.stores import Store, append
from surtitle.watch.contest import Contest
from surtitle.watch.guard import GuardVerdict
from surtitle.watch.policy import Verdict
from surtitle.watch.rows import micros, moment
from surtitle.watch.shadow import ShadowVerdict

__all__ = ["Act", "ActLog", "Begun", "Outcome", "read_acts"]

Outcome = Literal[
    "begun",
    "waited",
    "alerted",
    "kept",
    "promoted",
    "refused",
    "failed",
    "in_shadow",
    "rolled_back",
    "cut_off",
]

FILE_NAME = "loop.db"
_MOST_IDLE = 100_000
_SHOWN, _SHOWN_IDLE = 80, 20
_IDLE = "('waited', 'alerted', 'kept')"
_MADE = "('promoted', 'refused', 'in_shadow')"
_TRAINED = "('promoted', 'refused', 'in_shadow', 'failed')"
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS acts (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        at INTEGER NOT NULL,
        kind TEXT NOT NULL,
        client TEXT,
        outcome TEXT NOT NULL,
        value BLOB NOT NULL
    )""",
    "CREATE INDEX IF NOT EXISTS acts_outcome ON acts (outcome, kind, seq)",
)


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """One decision of the loop about one champion, and what came of it.

    Parameters
    ----------
    at : datetime
        When it was decided; aware.
    kind : {"policy", "guard", "shadow"}
        Who decided: the policy about a training, the guard about a champion on trial, or the end of a challenger's time
        in the shadow. `verdict`, `guard` or `shadow` holds the numbers.
    client : str or None
        Whose champion it was about; None: everybody's.
    champion : int
        The version that was champion then.
    outcome : str
        ``waited`` or ``alerted`` (nothing was to be done), ``kept`` (a champion stays on trial), ``promoted``,
        ``refused`` (by the gate, or before it), ``failed`` (no version came of it), ``in_shadow`` (it passed the gate
        and waits), ``rolled_back``, ``cut_off`` (stopped before a version was made; decided anew since), or ``begun``.
    reason : str
        One plain sentence.
    verdict : Verdict or None
        What the policy said.
    guard : GuardVerdict or None
        What the guard said.
    shadow : ShadowVerdict or None
        What the decisions in the shadow said.
    contest : Contest or None
        What became of the challenger: what it was trained on, and what the gate said.
    newest : int
        The newest version when it was decided: one after it, made at the same moment, is this act's.
    """

    at: datetime
    kind: Literal["policy", "guard", "shadow"]
    client: str | None
    champion: int
    outcome: Outcome
    reason: str
    verdict: Verdict | None = None
    guard: GuardVerdict | None = None
    shadow: ShadowVerdict | None = None
    contest: Contest | None = None
    newest: int = 0


class Begun(NamedTuple):
    """An act that has no outcome yet, and its number."""

    number: int
    act: Act


_decode = msgspec.json.Decoder(Act).decode


class ActLog(Store):
    """The record."""

    file_name = FILE_NAME
    schema = _SCHEMA

    def add(self, act: Act) -> Begun:
        """Write an act down; when this returns it is on disk.

        Raises
        ------
        SurroundingsError
            If the disk is full or may not be written: then nothing is.
        """
        self.add_all([act])
        [(number,)] = self._ask("SELECT last_insert_rowid()")
        return Begun(number, act)

    def add_all(self, acts: Sequence[Act]) -> None:
        """Write several acts down in one go, as `add` does one."""
        rows = [(micros(act.at), act.kind, act.client, act.outcome, msgspec.json.encode(act)) for act in acts]
        append(self._db, self.path, "INSERT INTO acts (at, kind, client, outcome, value) VALUES (?, ?, ?, ?, ?)", rows)

    def settle(self, number: int, act: Act) -> Act:
        """Put what came of an act in its place.

        Raises
        ------
        SurroundingsError
            As of `add`.
        """
        row = (act.outcome, msgspec.json.encode(act), number)
        append(self._db, self.path, "UPDATE acts SET outcome = ?, value = ? WHERE seq = ?", [row])
        return act

    def trim(self) -> None:
        """Forget the oldest acts that did nothing, beyond the newest 100,000."""
        trim = f"DELETE FROM acts WHERE outcome IN {_IDLE} AND seq <= (SELECT max(seq) FROM acts) - ?"  # noqa: S608 constants
        append(self._db, self.path, trim, [(_MOST_IDLE,)])

    def begun(self) -> list[Begun]:
        """Return the acts that were cut off, oldest first."""
        rows = self._ask("SELECT seq, value FROM acts WHERE outcome = 'begun' ORDER BY seq")
        return [Begun(number, self._act(value)) for number, value in rows]

    def last_trainings(self, *, failed: bool) -> Mapping[str | None, datetime]:
        """Return by client when the last training began that gave a version, or that failed, if those are to count."""
        outcomes = _TRAINED if failed else _MADE
        rows = self._ask(
            f"SELECT client, max(at) FROM acts WHERE kind = 'policy' AND outcome IN {outcomes} GROUP BY client"  # noqa: S608 constants
        )
        return {client: moment(at) for client, at in rows}

    def cut_off_in_a_row(self, client: str | None) -> int:
        """Return how many of the last trainings of a client's champion were cut off, one after the other; 9 at most."""
        rows = self._ask(
            "SELECT outcome FROM acts WHERE kind = 'policy' AND client IS ? "
            "AND outcome NOT IN ('waited', 'alerted', 'begun') ORDER BY seq DESC LIMIT 9",
            (client,),
        )
        return sum(1 for _ in takewhile(lambda row: row[0] == "cut_off", rows))

    def in_shadow(self) -> Act | None:
        """Return the act whose challenger passed the gate and is in the shadow, unless that has ended."""
        rows = self._ask(
            "SELECT value FROM acts WHERE kind = 'policy' AND outcome = 'in_shadow' AND seq > coalesce("
            "(SELECT max(seq) FROM acts WHERE kind = 'shadow' AND outcome IN ('promoted', 'refused', 'failed')), 0) "
            "ORDER BY seq DESC LIMIT 1"
        )
        return self._act(rows[0][0]) if rows else None

    def recent(self) -> tuple[Act, ...]:
        """Return the newest 80 acts that did something and the newest 20 that did not, oldest first."""
        newest = "SELECT seq, value FROM acts WHERE outcome {} {} ORDER BY seq DESC LIMIT {}"
        active = self._ask(newest.format("NOT IN", _IDLE, _SHOWN))
        idle = self._ask(newest.format("IN", _IDLE, _SHOWN_IDLE))
        return tuple(self._act(value) for _, value in sorted(active + idle))

    def _act(self, value: bytes) -> Act:
        with _in_our_words(self.path):
            return _decode(value)

    def _ask(self, query: str, values: Sequence[str | None] = ()) -> list[Any]:
        with _in_our_words(self.path):
            return self._db.execute(query, values).fetchall()


@contextmanager
def read_acts(folder: Path) -> Iterator[ActLog | None]:
    """Give the record of a project to be read; None where nothing was ever decided, and nothing is made then."""
    if not (folder / FILE_NAME).is_file():
        yield None
        return
    with ActLog(folder) as log:
        yield log


@contextmanager
def _in_our_words(path: Path) -> Iterator[None]:
    try:
        yield
    except (sqlite3.Error, msgspec.MsgspecError) as error:
        raise SurroundingsError(
            f"{path}: {error}; a damaged file: move it away, the registry stays as it is"
        ) from error
