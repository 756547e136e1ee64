"""What goes into the join, ready to be stored, and how ids and times are written there. PURE."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import NamedTuple

__all__ = ["DecisionRow", "LabelRow", "Position", "hours_of", "key_of", "micros", "moment"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class DecisionRow(NamedTuple):
    """A decision: times in microseconds since 1970, version 0 for a model that is not registered."""

    key: int
    version: int
    client: str | None
    action: str
    score: float
    event_time: int
    decided_at: int


class LabelRow(NamedTuple):
    """A late label."""

    key: int
    label: str
    labelled_at: int


class Position(NamedTuple):
    """How far a source has been read.

    Parameters
    ----------
    offset : int
        Bytes of a file, or the number of a row.
    mark : bytes
        What stands just before it, by which the same source is known again; empty where a source cannot be replaced.
    """

    offset: int = 0
    mark: bytes = b""


def key_of(id_: str) -> int:
    """Return the hash of an id, a signed number of 64 bits, the same in every process.

    Examples
    --------
    >>> key_of("c1") == key_of("c1") != key_of("c2")
    True
    """
    digest = blake2b(id_.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def micros(time: datetime) -> int:
    """Return an aware datetime as microseconds since 1970.

    Examples
    --------
    >>> micros(datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))
    1000000
    """
    return round(time.timestamp() * 1_000_000)  # a third of the time of exact arithmetic, and right until 2096


def moment(time_us: int) -> datetime:
    """Return microseconds since 1970 as an aware datetime.

    Examples
    --------
    >>> moment(1_000_000).isoformat()
    '1970-01-01T00:00:01+00:00'
    """
    return _EPOCH + timedelta(microseconds=time_us)


def hours_of(times: Sequence[int]) -> list[int]:
    """Return the hours since 1970 in which some times lie, each once."""
    return sorted({time // 3_600_000_000 for time in times})
