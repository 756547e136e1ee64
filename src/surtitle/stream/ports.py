"""What a source and a sink promise: the contracts that the stream is built on.

A stream is ``source -> decode -> decide -> windows -> sink``, in micro-batches. `surtitle.stream.runner` drives it: it
polls the source, has the core decide, and makes one commit per micro-batch. Everything here is synchronous and called
from one thread.

Words
-----
partition
    A part of a source in which records have an order: a file, a Kafka partition, a Redis stream, standard input. Named
    by a text.
position of a record
    Its number in its partition, from 0 upwards; never given twice, not even after a restart or a rotation. With Kafka
    the offset, in a file the row.
resume position
    Where to go on in a partition: a text that only the source understands, such as ``{"offset": 812, "row": 7}``.
scope
    What has windows, a watermark, epochs and a state file of its own. A source whose partitions stay in this process
    has one scope, ``""``. A source whose partitions may move to another process (`Source.scoped`) has one scope per
    partition, of the same name, so that the state can move with it.
epoch
    The number of a commit in a scope, from 1 upwards, without gaps. It says which of two stores is ahead.

The order of a commit
---------------------
Let `e` be the next epoch. The runner has polled, and the core has said what to write and how the state changes.

``at-most-once``
    1. the state commits `e` (positions, windows, letters); 2. `Sink.write`, `Sink.flush`.
    A crash in between loses outputs.
``at-least-once``
    1. the state commits `e`, *with the outputs in its outbox*; 2. `Sink.write`, `Sink.flush`; 3. the next commit
    empties the outbox. A crash before 3 writes the same bytes again, under the same idempotency keys; the event is not
    decided a second time, so a new model cannot contradict what has left already.
``exactly-once``, `Sink.transactional` is False (files)
    1. `Sink.write`, `Sink.flush`; 2. the state commits `e` with `Sink.position`. This is the commit point.
    After a crash, `Sink.recover` is given the position committed last and takes back whatever lies beyond it.
``exactly-once``, `Sink.transactional` is True (Kafka, Redis)
    1. `Sink.write`; 2. the state *prepares* `e`: all that changes is on disk, but beside the state; 3. `Sink.commit`
    makes outputs, resume positions and `e` visible at once. This is the commit point. 4. The state takes over what was
    prepared; this costs no sync of its own, it is done with the next prepare, or at a graceful stop.
    After a crash the state holds epoch `s`, and perhaps a prepared `s + 1`. `Sink.committed` says which epoch `c` is in
    the sink: with ``c == s + 1`` the prepared change is taken over, with ``c == s`` it is thrown away. Anything else
    means that state and sink do not belong together, and is refused. So neither is ever ahead of the other.

When `Sink.commit` raises `AbortedError`, nothing of `e` is visible: the runner throws the prepared change away, reads
the scopes back from their state, seeks each partition to its committed position and goes on.

How one is made
---------------
A module in `sources/` has ``open_source(address, opening) -> Source``, one in `sinks/` has
``open_sink(addresses, opening, source) -> Sink``; `surtitle.stream.wiring` finds them by the address's scheme. Neither
touches the network or a file before the first `poll` or `recover`. What a broker wants to be told beyond its address
is in the address's query: ``kafka://HOST:PORT/TOPIC?group=g&security.protocol=SASL_SSL``; secrets are written
``${NAME}`` and looked up in `Opening.environ`.

After the commit point, in every mode, `Source.acknowledge` is told the resume positions that need never be read again.
"""

from collections.abc import Mapping, Sequence
from typing import Protocol, runtime_checkable

from surtitle.stream.traffic import (
    CHANNELS,
    DELIVERIES,
    AbortedError,
    Batch,
    Channel,
    Delivery,
    Format,
    Lines,
    Opening,
    Poll,
)

__all__ = [
    "CHANNELS",
    "DELIVERIES",
    "AbortedError",
    "Batch",
    "Channel",
    "Delivery",
    "Format",
    "Lines",
    "Opening",
    "Poll",
    "Sink",
    "Source",
]


@runtime_checkable
class Source(Protocol):
    """Where records come from.

    Between two calls of `poll` the runner commits everything that the first returned, or seeks back. So while `poll`
    runs nothing is under way, and a partition may be given up from inside it (as in a rebalance callback) at once.

    Attributes
    ----------
    name : str
        Identifies the source in idempotency keys and in the state, such as ``kafka://host:9092/comments``; no secrets.
    guarantees : frozenset of Delivery
        What it makes possible. A source that can be read again from a position allows all three; standard input, which
        cannot, only ``at-most-once``.
    why_not : str
        The reason why the others are not among them, for the error message.
    scoped : bool
        Whether partitions may move to another process; then each is a scope.
    """

    name: str
    guarantees: frozenset[Delivery]
    why_not: str
    scoped: bool

    def poll(self, max_records: int, wait_s: float) -> Poll:
        """Return what is there, at most `max_records`, waiting at most `wait_s` for the first record.

        It does not wait for more once there is something. It returns early, with what it has, after `wake`.

        Raises
        ------
        SurroundingsError
            If the source is away and patience (a setting of the source) is at an end.
        """

    def seek(self, partition: str, position: str | None) -> None:
        """Go on in `partition` at a resume position, or, with None, where a new stream is to begin.

        Called once for each partition gained, and again for all after an aborted commit.

        Raises
        ------
        StreamError
            If that position no longer exists (a file that was cut, a topic whose retention has passed it).
        """

    def position(self) -> Mapping[str, str]:
        """Return the resume position after the last record that `poll` returned, of each partition that is ours."""

    def acknowledge(self, positions: Mapping[str, str]) -> None:
        """Learn that everything before these resume positions is committed.

        May do nothing, or tell a broker for its lag figures; must not be needed for correctness.
        """

    def lag(self, scope: str = "") -> int | None:
        """Return how many records (or bytes, in files) are there but not polled yet; None where nobody knows.

        Parameters
        ----------
        scope : str
            Of a `scoped` source, the partition that is asked about; without it, all that are ours.
        """

    def wake(self) -> None:
        """Make a `poll` that waits return; called from a signal handler, so it only sets a flag or an event."""

    def close(self) -> None:
        """Let go of everything; never raises, may be called twice."""


@runtime_checkable
class Sink(Protocol):
    """Where outputs go; one sink takes all channels.

    The runner calls `recover` for each scope, at the start and again after an aborted commit; then, for each commit,
    the methods in the order given at the top of this module.

    Attributes
    ----------
    guarantees : frozenset of Delivery
        What it can give.
    why_not : str
        The reason why the others are not among them.
    transactional : bool
        Which of the two ways to exactly-once it takes. Ignored in the other modes.
    keyed : bool
        Whether `Lines.ids` and `Lines.keys` are to be filled.
    delivery : Delivery
        The guarantee that is given, which may be weaker than what the sink could. The runner sets it before anything
        else is called.
    """

    guarantees: frozenset[Delivery]
    why_not: str
    transactional: bool
    keyed: bool
    delivery: Delivery

    def recover(self, scope: str, position: str | None) -> None:
        """Make sure that nothing beyond `position` is there in exactly-once mode; called before anything else.

        Parameters
        ----------
        scope : str
            Whose state was opened.
        position : str or None
            What `position` returned at the scope's last commit; None for a new state. Sinks that are transactional
            may ignore it, and so does every sink in the other modes, for which this only opens it.

        Raises
        ------
        StreamError
            If what was committed is no longer there (a file that was cut), or if a new state meets outputs that
            another stream has written.
        """

    def write(self, lines: Sequence[Lines]) -> None:
        """Take outputs; they need not be durable or visible yet.

        Raises
        ------
        SurroundingsError
            If they cannot be written (disk full, broker away beyond patience). Nothing is committed then.
        AbortedError
            Transactional sinks only, as of `commit`.
        """

    def flush(self) -> None:
        """Make all that was written durable. Not called on transactional sinks in exactly-once mode."""

    def position(self) -> str:
        """Return the text that `recover` will need to take back what is written later; ``""`` where there is none."""

    def commit(self, epochs: Mapping[str, int], positions: Mapping[str, str]) -> None:
        """Make visible, at once: all that was written since the last commit, the positions, the epochs.

        Transactional sinks only.

        Parameters
        ----------
        epochs : mapping of scope to epoch
            Of every scope that takes part in this commit; `committed` was called for each before its first.
        positions : mapping of partition to resume position
            As of `Source.position`, of those scopes.

        Raises
        ------
        AbortedError
            If it did not happen and never will, and may be tried again.
        SurroundingsError
            If it is unknown whether it happened (the process has to start again and ask), or another process has
            taken over.
        """

    def committed(self, scope: str) -> int:
        """Return the last epoch committed for a scope, 0 if none; transactional sinks only.

        Must first settle whatever an earlier process of the same name left open (Kafka: `init_transactions`), so that
        the answer cannot change afterwards.
        """

    def close(self) -> None:
        """Let go of everything, giving up what is not committed; never raises, may be called twice."""
