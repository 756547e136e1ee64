"""What passes between sources, runner and sinks: plain data. The contracts are in `surtitle.stream.ports`. PURE."""

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from surtitle.errors import SurroundingsError
from surtitle.stream.patience import Patience

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
]

Delivery = Literal["at-most-once", "at-least-once", "exactly-once"]
"""What becomes of an event's outputs when the process dies."""

DELIVERIES: tuple[Delivery, ...] = ("at-most-once", "at-least-once", "exactly-once")
"""From the weakest to the strongest."""

Format = Literal["auto", "jsonl", "csv", "lines"]
"""What a record is."""

Channel = Literal["decisions", "windows", "late"]
"""What an output is; each channel of a sink has a destination of its own (a file, a topic)."""

CHANNELS: tuple[Channel, ...] = ("decisions", "windows", "late")


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """What sources and sinks are told when they are made.

    Parameters
    ----------
    stream : str
        Names this stream among all that share a broker: project and stream name. Two processes of one stream have the
        same; a consumer group and a transactional id are made from it.
    delivery : Delivery or "auto"
        What was asked for; auto is the strongest that source and sink can both give.
    follow : bool
        Whether to wait for more at the end of a file.
    format : str
        What a record is: `jsonl` (a JSON object), `csv` (a row) or `lines` (the text itself); `auto` goes by the name,
        and is `jsonl` where there is none.
    patience : Patience
        How long to try again when a broker or server is away.
    max_record_bytes : int
        A longer record is not kept whole.
    environ : mapping of str to str
        The environment, for secrets.
    """

    stream: str
    delivery: Delivery | Literal["auto"] = "auto"
    follow: bool = False
    format: Format = "auto"
    patience: Patience = msgspec.field(default_factory=Patience)
    max_record_bytes: int = 1_000_000
    environ: Mapping[str, str] = {}


class AbortedError(SurroundingsError):
    """A transaction was given up, and none of its outputs is or will be visible; it may be tried again.

    A sink raises it for what passes: a rebalance in the middle, a broker that was away. What does not pass (fenced by
    another process, not authorised) is a plain `SurroundingsError`, which ends the stream.
    """


class Batch(msgspec.Struct, frozen=True, gc=False):
    """Consecutive records of one partition, by column, so that a batch costs few Python objects.

    Parameters
    ----------
    partition : str
        Where they are from.
    values : list of bytes
        The records as they are: a JSON object each, or a row of CSV. A record that is longer than
        `Opening.max_record_bytes` may be cut to one byte more than that; it becomes a dead letter.
    positions : sequence of int
        The position of each, rising; a `range` where there are no gaps.
    keys : list of bytes or None, or None
        The records' keys, where the source has such. They become the keys of the decisions.
    columns : tuple of str or None
        The columns' names, when the records are rows of CSV; None for JSON.
    broken : str
        Why the last record is not whole, where the source knows that it is not; it becomes a dead letter.

    Examples
    --------
    >>> batch = Batch("a.jsonl", [b'{"text": "hello"}'], range(7, 8))
    >>> list(batch.positions)
    [7]
    """

    partition: str
    values: list[bytes]
    positions: Sequence[int]
    keys: list[bytes | None] | None = None
    columns: tuple[str, ...] | None = None
    broken: str = ""


class Poll(msgspec.Struct, frozen=True, kw_only=True):
    """What a source has to say when it is asked.

    Parameters
    ----------
    batches : tuple of Batch
        New records; at most one batch per partition, none of them empty.
    empty : tuple of str
        Partitions that were asked, have nothing now, and are not paused. One that stays so for long enough no longer
        holds up the watermark. A partition that was not asked, or is paused, is in neither.
    gained : tuple of str
        Partitions that are ours from now on. None gives a record before `Source.seek` was called for it.
    lost : tuple of str
        Partitions that are no longer ours (a rebalance), or that have ended for good (a file that is not followed).
        They need not have been announced before; the runner gives up their scope, if they have one of their own.
    ended : bool
        No record will ever come again from anywhere: the stream may close its windows and stop.
    """

    batches: tuple[Batch, ...] = ()
    empty: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    ended: bool = False


class Lines(msgspec.Struct, frozen=True, gc=False):
    """Outputs of one channel, in order.

    Parameters
    ----------
    channel : Channel
        Where they belong.
    values : list of bytes
        JSON objects on one line each, without a line end.
    ids : list of str
        Idempotency keys, one each: ``SOURCE|PARTITION|POSITION|VERSION`` for a decision or a late event,
        ``SOURCE|SCOPE|WINDOW|REVISION`` for a window. Only for sinks that ask for them (`Sink.keyed`), else empty.
    keys : list of bytes or None
        The key of each record that was decided, where the source had one. Empty like `ids`.
    """

    channel: Channel
    values: list[bytes]
    ids: list[str] = []
    keys: list[bytes | None] = []
