"""Streams of events to test with."""

import itertools
import json
from collections.abc import Sequence
from typing import Any

from hypothesis import strategies as st

from surtitle.stream.core import Commit, Core, Plan
from surtitle.stream.deciding import Model
from surtitle.stream.decode import Columns
from surtitle.stream.ports import Batch
from surtitle.stream.rules import Rule, RuleBook
from surtitle.stream.testing import LengthScorer
from surtitle.stream.windows import AggregateSpec, parse_window

SECOND = 1_000_000
BASE = 1_700_000_000 * SECOND
NOW = BASE + 10**12
WINDOWS = ("tumbling 10s by client", "sliding 20s every 5s", "session 4s by client, author")
COLUMNS = Columns(id="id", time="time", client="client", others=("author",))


def plan(
    windows: Sequence[str] = WINDOWS, *, bound_s: int = 5, lateness_s: int = 0, refinements: Any = "accumulate"
) -> Plan:
    """A plan with all kinds of windows and aggregates."""
    return Plan(
        columns=COLUMNS,
        windows=tuple(map(parse_window, windows)),
        aggregates=AggregateSpec(top=("author",), distinct=("author",)),
        refinements=refinements,
        bound_us=bound_s * SECOND,
        lateness_us=lateness_s * SECOND,
        idle_after_us=30 * SECOND,
    )


def record(number: int, at_s: float, client: str = "chess", author: str = "ann", text: str | None = None) -> bytes:
    """One event as JSON."""
    text = "x" * (number * 37 % 100) if text is None else text
    time = (BASE + round(at_s * SECOND)) / SECOND
    return json.dumps({"id": f"e{number}", "text": text, "time": time, "client": client, "author": author}).encode()


events = st.lists(
    st.tuples(
        st.integers(0, 90),
        st.sampled_from(["chess", "go"]),
        st.sampled_from(["ann", "bob", "cy"]),
        st.integers(0, 30).map(lambda n: None if n else "POISON"),
    ),
    max_size=40,
)
"""Times in seconds, clients, authors; some texts that the scorer cannot take."""


def records(drawn: Sequence[tuple[int, str, str, str | None]]) -> list[bytes]:
    """Turn what `events` drew into records."""
    return [record(number, *each) for number, each in enumerate(drawn)]


class Outcome:
    """All that a core has said, step after step."""

    def __init__(self, core: Core) -> None:
        self.core = core
        self.model = Model("model", 1, LengthScorer())
        self.commits: list[Commit] = []
        self._next: dict[str, int] = {}

    def step(
        self, *parts: Sequence[bytes] | tuple[str, Sequence[bytes]], now: int = NOW, empty: Sequence[str] = ()
    ) -> None:
        """Take records of partition p, or of a named one."""
        batches = []
        for part in parts:
            name, values = part if isinstance(part, tuple) else ("p", part)
            if values:
                first = self._next.get(name, 0)
                self._next[name] = first + len(values)
                batches.append(Batch(name, list(values), range(first, first + len(values))))
        self.commits.append(self.core.step(batches, self.model, now, empty=empty))

    def finish(self) -> "Outcome":
        """Close all windows."""
        self.commits.append(self.core.finish(self.model, NOW))
        return self

    def lines(self, channel: str) -> list[dict[str, Any]]:
        """What was said in a channel."""
        return [
            json.loads(value)
            for commit in self.commits
            for lines in commit.lines
            if lines.channel == channel
            for value in lines.values
        ]

    def rows(self) -> dict[str, list[dict[str, Any]]]:
        """Rows of windows, by kind of window, in order."""
        rows: dict[str, list[dict[str, Any]]] = {}
        for line in self.lines("windows"):
            rows.setdefault(line["window"], []).append(line)
        return rows

    def letters(self) -> list[tuple[str, int, str]]:
        """Dead letters."""
        return [(each.partition, each.position, each.reason) for commit in self.commits for each in commit.letters]


def outcome(made: Plan, rules: Sequence[Rule] = ()) -> Outcome:
    """A core from nothing."""
    return Outcome(Core(made, RuleBook(rules, author="author"), source="test"))


def in_pieces(values: Sequence[bytes], cuts: Sequence[int]) -> list[Sequence[bytes]]:
    """Cut a list at some places."""
    places = sorted({min(cut, len(values)) for cut in cuts} | {0, len(values)})
    return [values[start:stop] for start, stop in itertools.pairwise(places)]
