"""One scope at work: its core, its state, and how far both are."""

from collections.abc import Callable, Mapping

from surtitle.errors import StreamError
from surtitle.stream.core import Commit, Core
from surtitle.stream.ports import Sink
from surtitle.stream.state import Change, HeldLetter, State
from surtitle.stream.tally import Tally

__all__ = ["Unit"]


class Unit:
    """A scope that this process works on.

    Parameters
    ----------
    scope : str
        Its name.
    state : State
        Its state, held.
    make_core : callable
        Makes the core from nothing.
    """

    def __init__(self, scope: str, state: State, make_core: Callable[[], Core]) -> None:
        self.scope = scope
        self.state = state
        self._make_core = make_core
        self.outbox_is_written = False
        self.read()

    def read(self) -> None:
        """Go back to what the state holds."""
        recovered = self.state.recover()
        self.epoch = recovered.epoch
        self.prepared = recovered.prepared
        self.committed = recovered.change
        self.tally = Tally()
        self.tally.add(recovered.change.tally)
        self.core = self._make_core()
        if recovered.epoch:
            self.core.restore(recovered.change.watermark, recovered.change.latest, recovered.change.stored)
        self.committed.stored = []  # the core has them; they may be large

    def settle(self, sink: Sink, *, transactional: bool) -> None:
        """Bring state and sink to the same epoch after whatever happened before.

        Raises
        ------
        StreamError
            If the two do not belong together.
        """
        sink.recover(self.scope, self.committed.sink_position)
        if transactional:
            self._settle_transaction(sink.committed(self.scope))
        elif self.prepared is not None:
            raise StreamError(
                f"{self.state.path} was left in the middle of a transaction; start the stream once with delivery "
                "exactly-once and the same output, which settles it"
            )
        elif self.epoch == 0 and sink.delivery == "exactly-once":
            # Before the first output: after a crash, it is known that what is in the sink is ours.
            self.committed.sink_position = sink.position()
            self.state.commit(1, self.committed)
            self.epoch = 1
        if self.committed.outbox:
            sink.write(self.committed.outbox)
            sink.flush()
            self.state.empty_outbox()
            self.committed.outbox = []

    def _settle_transaction(self, visible: int) -> None:
        if self.prepared is not None and visible == self.prepared:
            self.state.take_over(self.prepared)
            self.read()
        elif visible == self.epoch:
            if self.prepared is not None:
                self.state.throw_away()
                self.prepared = None
        else:
            raise StreamError(
                f"{self.state.path} is at commit {self.epoch}, but the output at {visible}: they do not belong "
                "together; restore the state of the same time, or begin anew under another --name"
            )

    def change(
        self,
        commit: Commit,
        positions: Mapping[str, str],
        *,
        played: list[HeldLetter],
        figures: Mapping[str, object],
        committed_at: str,
    ) -> Change:
        """Return what a commit changes in the state."""
        self.tally.add(commit.tally)
        return Change(
            positions=positions,
            latest=commit.latest,
            watermark=commit.watermark,
            version=commit.version,
            stored=commit.stored,
            letters=commit.letters,
            played=[held.id for held in played],
            tally=self.tally,
            figures=figures,
            committed_at=committed_at,
        )
