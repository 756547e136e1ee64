"""A whole stream in virtual time: push, advance_time, crash, outputs."""

from collections.abc import Callable, Generator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from surtitle.stream.core import Core, Plan
from surtitle.stream.deciding import Deciders, Model
from surtitle.stream.ports import Channel, Delivery
from surtitle.stream.progress import Progress
from surtitle.stream.rules import Rule, RuleBook
from surtitle.stream.runner import Pace, Runner
from surtitle.stream.state import Identity, State
from surtitle.stream.testing.doubles import LengthScorer, MemorySink, MemorySource

__all__ = ["Crash", "Rig"]


class Crash(BaseException):
    """The process has died; not an `Exception`, so that nothing handles it."""


class _MortalState(State):
    """A state that writes nothing any more once its process is dead, whatever the runner does on its way out."""

    dead = False

    def take_over(self, epoch: int) -> None:
        if not self.dead:
            super().take_over(epoch)

    def empty_outbox(self) -> None:
        if not self.dead:
            super().empty_outbox()


class Rig:
    """A stream in virtual time, on real state files.

    Parameters
    ----------
    folder : Path
        For the state.
    plan : Plan
        What the stream does.
    source, sink
        The doubles; made anew when not given.
    delivery : Delivery
        The guarantee.
    rules : sequence of Rule
        What decides before the model.
    max_records : int
        The most in a batch.

    Examples
    --------
    >>> import tempfile
    >>> from surtitle.stream.decode import Columns
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     rig = Rig(Path(folder), Plan(columns=Columns(id="id")))
    ...     rig.push({"id": "a", "text": "hello"})
    ...     rig.crash()
    ...     rig.push({"id": "b", "text": "there"})
    ...     [decision["id"] for decision in rig.outputs("decisions")]
    ['a', 'b']
    """

    def __init__(
        self,
        folder: Path,
        plan: Plan,
        *,
        source: MemorySource | None = None,
        sink: MemorySink | None = None,
        delivery: Delivery = "exactly-once",
        rules: Sequence[Rule] = (),
        max_records: int = 1000,
    ) -> None:
        self.folder = folder
        self.plan = plan
        self.source = source or MemorySource()
        self.sink = sink or MemorySink()
        self.delivery = delivery
        self.rules = tuple(rules)
        self.max_records = max_records
        self.model: Deciders = Model("model", 1, LengthScorer())
        self.now = 1_800_000_000_000_000
        self._states: list[_MortalState] = []
        self._start()

    def _start(self) -> None:
        self.runner = Runner(
            self.source,
            self.sink,
            make_core=lambda scope: Core(
                self.plan, RuleBook(self.rules, author="author"), source="memory", scope=scope, keyed=True
            ),
            open_state=self._open_state,
            current_model=lambda: self.model,
            delivery=self.delivery,
            clock=lambda: self.now,
            pace=Pace(max_records=self.max_records, wait_s=0),
        )
        self._run: Generator[Progress] = self.runner.run()

    def _open_state(self, scope: str) -> State:
        identity = Identity("project", "stream", scope, "memory", "memory")
        state = _MortalState(self.folder / f"state-{scope}.db", identity)
        self._states.append(state)
        return state

    def push(self, *records: Mapping[str, Any] | bytes, partition: str = "p") -> None:
        """Append records to a partition."""
        self.source.records[partition] += [
            record if isinstance(record, bytes) else msgspec.json.encode(record) for record in records
        ]

    def advance_time(self, microseconds: int) -> None:
        """Let the clock go on, and the stream see it."""
        self.now += microseconds
        self.turn()

    def turn(self) -> None:
        """Poll once, and commit what came of it."""
        next(self._run, None)

    def settle(self) -> None:
        """Poll until everything pushed has been polled."""
        self.turn()  # partitions are gained
        while self.source.lag():
            self.turn()

    def crash(self) -> None:
        """Let everything be decided, kill the process, and start another on what is on disk."""
        self.settle()
        self.kill()

    def kill(self) -> None:
        """Kill the process as it is, and start another on what is on disk."""
        for state in self._states:
            state.dead = True
        self._run.close()
        self._states.clear()
        self.source = self.source.reopened()
        self._start()

    def run_with(self, fail_at: Callable[[str], None]) -> None:
        """Work to the end of the source, starting again after each `Crash` that `fail_at` raises."""

        def dying(step: str) -> None:
            try:
                fail_at(step)
            except Crash:
                for state in self._states:
                    state.dead = True
                raise

        self.sink.fail_at = dying
        while True:
            self.source.ended = False
            try:
                self.settle()
                self.finish()
            except Crash:
                self.kill()
            else:
                return

    def finish(self) -> None:
        """End the source, and let the stream come to its end."""
        self.source.ended = True
        for _ in self._run:
            pass

    def outputs(self, channel: Channel) -> list[dict[str, Any]]:
        """Return what is visible in a channel, once all that was pushed is decided."""
        self.settle()
        return self.sink.values(channel)
