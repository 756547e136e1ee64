"""Session windows: an event belongs to the session that is less than the gap away, and may join two. PURE."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from surtitle.stream.watermark import BEGINNING, END
from surtitle.stream.windows.cell import Cell, Member
from surtitle.stream.windows.rows import Emit, Refinements, Row
from surtitle.stream.windows.spec import AggregateSpec, WindowSpec
from surtitle.stream.windows.stored import Key, Stored, key_order, load_row, store_row

__all__ = ["SessionWindows"]


class _Session:
    __slots__ = ("cell", "end", "gone", "said", "start")

    def __init__(self, start: int, end: int, cell: Cell) -> None:
        self.start = start
        self.end = end
        self.cell = cell
        self.said: list[Row] = []
        self.gone = False


class SessionWindows:
    """All open sessions.

    An event opens the window from its time to the gap after it; windows of a key that overlap are one session. So an
    event exactly the gap after the last one begins a new session. A session that is over no longer takes part in this.

    When sessions that have said their rows are joined, the joint one takes those rows back: no row is left of a session
    that is no more.

    Parameters
    ----------
    spec, aggregates, lateness_us, refinements, emit
        As of `PaneWindows`.

    Examples
    --------
    >>> from surtitle.stream.windows.spec import parse_window
    >>> rows = []
    >>> windows = SessionWindows(parse_window("session 10ms"), AggregateSpec(("count",)), 0, "accumulate", rows.append)
    >>> for time in (0, 14_000, 7_000):
    ...     _ = windows.add(time, (), (0.5, "allow", ()), -1)
    >>> windows.advance(24_000)
    >>> [(row.start_us, row.end_us, row.totals) for row in rows]
    [(0, 24000, {'count': 3})]
    """

    def __init__(
        self, spec: WindowSpec, aggregates: AggregateSpec, lateness_us: int, refinements: Refinements, emit: Emit
    ) -> None:
        self.spec = spec
        self.due = END
        self._aggregates = aggregates
        self._gap, self._lateness = spec.size_us, lateness_us
        self._retracting = refinements == "retract"
        self._emit = emit
        self._sessions: dict[Key, list[_Session]] = {}  # of each key, by start; they do not overlap
        self._turns: list[tuple[int, int, Any, int, Key, _Session]] = []  # a heap
        self._planned = 0
        self._touched: dict[tuple[Key, int], _Session | None] = {}

    def __len__(self) -> int:
        """Return how many sessions are open."""
        return sum(map(len, self._sessions.values()))

    def add(self, time: int, key: Key, member: Member, watermark: int) -> bool:
        """Count an event; return False if the session that it would be in is over, so that it is late."""
        sessions = self._sessions.get(key)
        until = time + self._gap
        if sessions and sessions[-1].start <= time < sessions[-1].end and sessions[-1].end + self._lateness > watermark:
            session = sessions[-1]
            session.end = max(session.end, until)
            if session.said and session.end > watermark:  # what was said of it no longer holds
                self._plan(session.end, key, session)
        else:
            found = self._join(key, time, until, watermark)
            if found is None:
                return False
            session = found
        session.cell.members.append(member)
        self._touched[key, session.start] = session
        if self._lateness and session.end <= watermark:
            self._say(key, session, final=False)
        return True

    def _join(self, key: Key, start: int, end: int, watermark: int) -> _Session | None:
        """Return the one session of all that overlap with a new event's window, or None if that would be over."""
        near = [
            each
            for each in self._sessions.get(key, ())
            if each.start < end and start < each.end and each.end + self._lateness > watermark
        ]
        last = max([end, *(each.end for each in near)])
        if last + self._lateness <= watermark:
            return None
        session = _Session(min([start, *(each.start for each in near)]), last, Cell(self._aggregates))
        for each in near:
            session.cell.merge(each.cell)
            session.said += each.said
            self._remove(key, each)
        self._insert(key, session, watermark)
        return session

    def _insert(self, key: Key, session: _Session, watermark: int) -> None:
        sessions = self._sessions.setdefault(key, [])
        sessions.append(session)
        sessions.sort(key=_start)
        self._touched[key, session.start] = session
        self._plan(session.end if session.end > watermark else session.end + self._lateness, key, session)

    def _remove(self, key: Key, session: _Session) -> None:
        session.gone = True
        sessions = self._sessions[key]
        sessions.remove(session)
        if not sessions:
            del self._sessions[key]
        self._touched[key, session.start] = None

    def _plan(self, when: int, key: Key, session: _Session) -> None:
        self._planned += 1  # tells two turns of one session apart
        heapq.heappush(self._turns, (when, session.start, key_order(key), self._planned, key, session))
        self.due = self._turns[0][0]

    def advance(self, watermark: int) -> None:
        """Let the watermark come to where it is, and say what is due."""
        while self._turns and self._turns[0][0] <= watermark:
            when, _, _, _, key, session = heapq.heappop(self._turns)
            if session.gone:
                continue
            over = session.end + self._lateness
            if when < session.end:  # it has grown since this turn was planned
                self._plan(session.end, key, session)
            elif when < over and not self._has_said(session):
                self._say(key, session, final=False)
                self._plan(over, key, session)
            elif when < over:
                self._plan(over, key, session)
            else:
                self._say(key, session, final=True)
                self._remove(key, session)
        self.due = self._turns[0][0] if self._turns else END

    def _has_said(self, session: _Session) -> bool:
        return any(row.start_us == session.start and row.end_us == session.end for row in session.said)

    def _say(self, key: Key, session: _Session, *, final: bool) -> None:
        for before in session.said:
            if self._retracting or before.start_us != session.start:
                self._emit(msgspec.structs.replace(before, retract=True))
        revision = max([row.revision for row in session.said], default=-1) + 1
        totals = session.cell.result(size_us=session.end - session.start)
        row = Row(self.spec.name, key, session.start, session.end, revision, final, False, totals)
        session.said = [row]
        self._touched[key, session.start] = session
        self._emit(row)

    def horizon(self) -> int:
        """Return the watermark at which the last open session is over."""
        ends = [session.end for sessions in self._sessions.values() for session in sessions]
        return max(ends) + self._lateness if ends else BEGINNING

    def changes(self) -> Iterator[Stored]:
        """Return what has changed since the last call, for the state."""
        for (key, start), session in self._touched.items():
            value = None
            if session is not None:
                value = [session.end, session.cell.dump(), [store_row(row) for row in session.said]]
            yield Stored(self.spec.name, "session", key, start, value)
        self._touched.clear()

    def restore(self, stored: Sequence[Stored], watermark: int) -> None:
        """Go on from what was committed."""
        for each in stored:
            end, cell, said = each.value
            session = _Session(each.start, end, Cell.load(self._aggregates, cell))
            session.said = [load_row(row) for row in said]
            self._insert(each.key, session, watermark)
        self._touched.clear()

    def state(self) -> Mapping[str, Any]:
        """Return figures for the status: how many are open, and the oldest one's start."""
        oldest = min((sessions[0].start for sessions in self._sessions.values()), default=None)
        return {"window": self.spec.name, "open": len(self), "oldest_us": oldest}


def _start(session: _Session) -> int:
    return session.start
