"""Records from a Redis stream, read in order by entry id.

The state says up to which entry everything is committed, so reading goes on behind it, and no consumer group has to
remember what was handed out: exactly once needs nothing of the server but that it keeps the entries. A group, if one is
named, is told how far we are, for those who watch it or trim by it.

Each look at the stream is one transaction that also asks how many entries were ever added and how many there are. So it
is known at once when entries were trimmed that had not been read.
"""

import json
import time
from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec

from surtitle.errors import StreamError
from surtitle.stream.ports import DELIVERIES, Batch, Delivery, Opening, Poll
from surtitle.stream.redis.address import RedisAddress, parse_address
from surtitle.stream.redis.connection import Connection
from surtitle.stream.redis.extent import Extent, Place
from surtitle.stream.redis.groups import find_group, tell_group

# After our own modules, which explain how to install it.
from redis.exceptions import ResponseError  # isort: skip

__all__ = ["RedisSource", "open_source"]

_LOOK = 256  # entries: how many are asked for at once
_LOOK_BYTES = 16 << 20  # of one batch, after which no more are asked for
_SLICE_S = 0.05  # how soon a poll that waits sees `wake`
_START = "0-0"
_SETTINGS = ("group", "start", "field")

Entry = tuple[bytes, dict[bytes, bytes]]


def open_source(address: str, opening: Opening) -> "RedisSource":
    """Make a source of a stream; nothing is connected to before the first poll.

    Raises
    ------
    StreamError
        If the address cannot be read, or records are to be rows of CSV.

    Examples
    --------
    >>> source = open_source("redis://localhost/comments", Opening(stream="moderation"))
    >>> source.name, source.scoped
    ('redis://localhost:6379/comments', False)
    """
    parsed = parse_address(address, opening.environ, _SETTINGS)
    if opening.format == "csv":
        raise StreamError(f"{parsed.name}: an entry has fields of its own; leave stream.format out, or set it to jsonl")
    return RedisSource(parsed, opening)


class RedisSource:
    """A stream as one partition.

    The position of a record is its number among all that were ever added, as far as the server can tell; its key is the
    entry's id.

    Parameters
    ----------
    address : RedisAddress
        Server, stream and settings.
    opening : Opening
        Patience.
    """

    guarantees: frozenset[Delivery] = frozenset(DELIVERIES)
    why_not = ""
    scoped = False

    def __init__(self, address: RedisAddress, opening: Opening) -> None:
        self.name = address.name
        self._address = address
        self._field = address.field.encode()
        self._connection = Connection(address, opening.patience)
        self._place: Place | None = None
        self._added = 0
        self._announced = False
        self._woken = False

    def poll(self, max_records: int, wait_s: float) -> Poll:
        """Return what is there; see `surtitle.stream.ports.Source.poll`."""
        if not self._announced:
            self._announced = True
            return Poll(gained=(self._address.stream,))
        until = time.monotonic() + wait_s
        while True:
            batch = self._take(max_records)
            left_s = until - time.monotonic()
            if batch is not None or self._woken or left_s <= 0:
                break
            self._wait(min(_SLICE_S, left_s))
        self._woken = False
        if batch is not None:
            return Poll(batches=(batch,))
        return Poll(empty=() if self._connection.away else (self._address.stream,))

    def _take(self, max_records: int) -> Batch | None:
        first, entries, size = self._here.row, list[Entry](), 0
        while len(entries) < max_records and size < _LOOK_BYTES:
            count = min(_LOOK, max_records - len(entries))
            found = self._connection.attempt(partial(self._look, count)) or []
            entries += found
            size += sum(len(value) for _, fields in found for value in fields.values())
            if len(found) < count:
                break
        if not entries:
            return None
        values = [self._record(fields) for _, fields in entries]
        return Batch(self._address.stream, values, range(first, first + len(entries)), [name for name, _ in entries])

    def _look(self, count: int) -> list[Entry]:
        """Return the next entries, after making sure that they are the next."""
        place = self._here
        transaction: Any = self._connection.client.pipeline(transaction=True)
        transaction.xinfo_stream(self._address.stream)
        transaction.xread({self._address.stream: place.id}, count=count)
        info, found = transaction.execute(raise_on_error=False)
        extent = Extent.read(info)
        if isinstance(found, Exception):
            raise found
        extent.refuse_gap(place, self.name)
        entries: list[Entry] = found[0][1] if found else []
        row = place.row + len(entries)
        if len(entries) < count:  # at the end, so all that were ever added have been seen or deleted
            row = max(row, extent.added)
        self._place = Place(entries[-1][0].decode() if entries else place.id, row)
        self._added = extent.added
        return entries

    def _record(self, fields: dict[bytes, bytes]) -> bytes:
        value = fields.get(self._field)
        if value is not None:
            return value
        # Bytes that are not UTF-8 stay what they are, so that decoding says so.
        texts = {name.decode(errors="replace"): text.decode(errors="surrogateescape") for name, text in fields.items()}
        return _json(texts)

    def _wait(self, wait_s: float) -> None:
        """Wait until there is an entry; it is not taken."""
        stream, wait_ms = self._address.stream, max(1, round(wait_s * 1000))
        last = self._here.id
        if not self._connection.away:
            self._connection.attempt(lambda: self._connection.client.xread({stream: last}, count=1, block=wait_ms))
        if self._connection.away:
            time.sleep(wait_s)

    @property
    def _here(self) -> Place:
        if self._place is None:
            raise StreamError(f"{self.name}: seek says first where to begin")
        return self._place

    def seek(self, partition: str, position: str | None) -> None:  # noqa: ARG002 there is one partition
        """Go on behind an entry; see `surtitle.stream.ports.Source.seek`."""
        if position is None:
            self._place = self._connection.insist(self._beginning)
        else:
            self._place = msgspec.json.decode(position, type=Place)

    def _beginning(self) -> Place:
        """Where a new state begins: behind what the group has got, else where the address says."""
        client: Any = self._connection.client
        try:
            extent = Extent.read(client.xinfo_stream(self._address.stream))
        except ResponseError as error:
            extent = Extent.read(error)
        if self._address.group:
            place = find_group(client, self._address.stream, self._address.group, added=extent.added)
            if place is not None:
                return place
        if self._address.start == "latest":
            return Place(extent.last, extent.added)
        return Place(_START, extent.added - extent.length)

    def position(self) -> Mapping[str, str]:
        """Return the last entry that was read; see `surtitle.stream.ports.Source.position`."""
        return {} if self._place is None else {self._address.stream: msgspec.json.encode(self._place).decode()}

    def acknowledge(self, positions: Mapping[str, str]) -> None:
        """Tell the group how far we are, if there is one."""
        group, stream = self._address.group, self._address.stream
        if group and stream in positions:
            place = msgspec.json.decode(positions[stream], type=Place)
            if place.id != _START:
                self._connection.attempt(lambda: tell_group(self._connection.client, stream, group, place))

    def lag(self, scope: str = "") -> int | None:  # noqa: ARG002 a port; there is one scope
        """Return how many entries were added but not polled, as of the last look."""
        return None if self._place is None else max(0, self._added - self._place.row)

    def wake(self) -> None:
        """Make a waiting poll return."""
        self._woken = True

    def close(self) -> None:
        """Let go of the server."""
        self._connection.close()


def _json(texts: Mapping[str, str]) -> bytes:
    try:
        return msgspec.json.encode(texts)
    except UnicodeEncodeError:
        return json.dumps(texts, ensure_ascii=False).encode(errors="surrogateescape")
