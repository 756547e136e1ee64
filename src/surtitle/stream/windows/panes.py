"""Tumbling and sliding windows: made of panes as long as the step, so that an event is counted once. PURE."""

import heapq
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from surtitle.stream.watermark import BEGINNING, END
from surtitle.stream.windows.cell import Cell, Member
from surtitle.stream.windows.rows import Emit, Refinements, Row
from surtitle.stream.windows.spec import AggregateSpec, WindowSpec
from surtitle.stream.windows.stored import Key, Stored, key_order, load_row, store_row

__all__ = ["PaneWindows"]


class PaneWindows:
    """All open windows of one kind, tumbling or sliding.

    A window says its row when the watermark reaches its end. With a lateness allowed, it then says a new one for each
    event that comes after all, and a last one when the lateness is over. An event is late when its last window is over.

    Parameters
    ----------
    spec : WindowSpec
        Which windows.
    aggregates : AggregateSpec
        What is told of each.
    lateness_us : int
        How long after its end, in event time, a window takes events.
    refinements : Refinements
        How rows relate.
    emit : callable
        Takes the rows.

    Examples
    --------
    >>> from surtitle.stream.windows.spec import parse_window
    >>> rows = []
    >>> spec = parse_window("tumbling 1s by client")
    >>> windows = PaneWindows(spec, AggregateSpec(("count",)), 0, "accumulate", rows.append)
    >>> windows.add(400_000, ("chess",), (0.5, "allow", ()), 0)
    True
    >>> windows.advance(1_000_000)
    >>> [(row.start_us, row.end_us, row.totals, row.final) for row in rows]
    [(0, 1000000, {'count': 1}, True)]
    >>> windows.add(999_999, ("chess",), (0.5, "allow", ()), 1_000_000)
    False
    """

    def __init__(
        self, spec: WindowSpec, aggregates: AggregateSpec, lateness_us: int, refinements: Refinements, emit: Emit
    ) -> None:
        self.spec = spec
        self.due = END
        self._aggregates = aggregates
        self._size, self._step, self._lateness = spec.size_us, spec.slide_us, lateness_us
        self._span = spec.size_us + lateness_us
        self._retracting = refinements == "retract"
        self._emit = emit
        self._cells: dict[tuple[int, Key], Cell] = {}
        self._keys: dict[int, set[Key]] = {}  # of each open window
        self._turns: list[tuple[int, int]] = []  # (when, which window), a heap
        self._said: dict[tuple[int, Key], Row] = {}
        self._touched: dict[tuple[int, Key], Cell | None] = {}
        self._touched_rows: dict[tuple[int, Key], Row | None] = {}

    def __len__(self) -> int:
        """Return how many windows are open, counting each key."""
        return sum(map(len, self._keys.values()))

    def add(self, time: int, key: Key, member: Member, watermark: int) -> bool:
        """Count an event; return False if it is late for all its windows and was not counted."""
        start = time - time % self._step
        if start + self._span <= watermark:
            return False
        place = (start, key)
        cell = self._cells.get(place)
        if cell is None:
            cell = self._cells[place] = Cell(self._aggregates)
            self._register(start, key, watermark)
        if not cell.members:
            self._touched[place] = cell
        cell.members.append(member)
        if self._lateness and start + self._step <= watermark:
            self._refine(start, key, watermark)
        return True

    def _windows_of(self, pane: int) -> range:
        return range(pane - self._size + self._step, pane + self._step, self._step)

    def _register(self, pane: int, key: Key, watermark: int) -> None:
        for window in self._windows_of(pane):
            if window + self._span <= watermark:
                continue
            keys = self._keys.get(window)
            if keys is None:
                keys = self._keys[window] = set()
                end = window + self._size
                self._plan(end if end > watermark else end + self._lateness, window)
            keys.add(key)

    def _plan(self, when: int, window: int) -> None:
        heapq.heappush(self._turns, (when, window))
        self.due = self._turns[0][0]

    def _refine(self, pane: int, key: Key, watermark: int) -> None:
        for window in self._windows_of(pane):
            if window + self._size <= watermark < window + self._span:
                self._say(window, key, final=False)

    def advance(self, watermark: int) -> None:
        """Let the watermark come to where it is, and say what is due."""
        while self._turns and self._turns[0][0] <= watermark:
            when, window = heapq.heappop(self._turns)
            final = when == window + self._span
            for key in sorted(self._keys[window], key=key_order):
                self._say(window, key, final=final)
            if final:
                self._drop(window)
            else:
                heapq.heappush(self._turns, (window + self._span, window))
        self.due = self._turns[0][0] if self._turns else END

    def _say(self, window: int, key: Key, *, final: bool) -> None:
        before = self._said.get((window, key))
        if before is not None and self._retracting:
            self._emit(msgspec.structs.replace(before, retract=True))
        revision = before.revision + 1 if before else 0
        totals = self._total(window, key).result(size_us=self._size)
        row = Row(self.spec.name, key, window, window + self._size, revision, final, False, totals)
        if self._lateness:
            self._said[window, key] = self._touched_rows[window, key] = row
        self._emit(row)

    def _total(self, window: int, key: Key) -> Cell:
        if self._step == self._size:
            return self._cells[window, key]
        total = Cell(self._aggregates)
        for pane in range(window, window + self._size, self._step):
            cell = self._cells.get((pane, key))
            if cell is not None:
                cell.fold()
                total.merge(cell)
        return total

    def _drop(self, window: int) -> None:
        """Forget a window that is over, and the pane that no later window needs: the one at its start."""
        for key in self._keys.pop(window):
            place = (window, key)
            if self._cells.pop(place, None) is not None:
                self._touched[place] = None
            if self._said.pop(place, None) is not None:
                self._touched_rows[place] = None

    def horizon(self) -> int:
        """Return the watermark at which the last open window is over."""
        return max(self._keys) + self._span if self._keys else BEGINNING

    def changes(self) -> Iterator[Stored]:
        """Return what has changed since the last call, for the state."""
        name = self.spec.name
        for (start, key), cell in self._touched.items():
            yield Stored(name, "pane", key, start, None if cell is None else cell.dump())
        for (start, key), row in self._touched_rows.items():
            yield Stored(name, "row", key, start, None if row is None else store_row(row))
        self._touched.clear()
        self._touched_rows.clear()

    def restore(self, stored: Sequence[Stored], watermark: int) -> None:
        """Go on from what was committed."""
        for each in stored:
            if each.part == "pane":
                self._cells[each.start, each.key] = Cell.load(self._aggregates, each.value)
                self._register(each.start, each.key, watermark)
            else:
                self._said[each.start, each.key] = load_row(each.value)

    def state(self) -> Mapping[str, Any]:
        """Return figures for the status: how many are open, and the oldest one's start."""
        return {"window": self.spec.name, "open": len(self), "oldest_us": min(self._keys, default=None)}
