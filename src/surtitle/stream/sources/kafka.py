"""Records from a Kafka topic, shared among the processes of a consumer group.

Partitions move one by one (cooperative rebalancing), and a killed process that comes back within the session's time
finds its own again (static membership). Only committed records are read. Between two polls librdkafka reads ahead up to
a few megabytes and then stops, so whoever is slow to poll slows down the reading.
"""

import time
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, cast

from surtitle.errors import SurroundingsError
from surtitle.stream.kafka.absence import Absence
from surtitle.stream.kafka.address import KafkaAddress, parse_address
from surtitle.stream.kafka.connection import Connection
from surtitle.stream.kafka.cursors import Cursors
from surtitle.stream.kafka.epochs import offset_metadata, read_epoch
from surtitle.stream.kafka.errors import ReplacedError
from surtitle.stream.kafka.instance import Instance
from surtitle.stream.kafka.membership import CONSUMER_DEFAULTS, member_settings
from surtitle.stream.kafka.offsets import Offsets
from surtitle.stream.ports import DELIVERIES, Batch, Delivery, Opening, Poll

# After our own modules, which explain how to install it.
from confluent_kafka import (  # isort: skip
    Consumer,
    KafkaError,
    Message,
    TopicPartition,
)

__all__ = ["KafkaSource", "open_source"]

_REJOIN_EVERY_S = 60.0
_SLICE_S = 0.05  # how soon a poll that waits sees `wake`
_JOINING_S = 0.005


def open_source(address: str, opening: Opening) -> "KafkaSource":
    """Make a source of a topic; nothing is connected to before the first poll.

    Parameters
    ----------
    address : str
        As `surtitle.stream.kafka.address.parse_address` reads it.
    opening : Opening
        The stream's name is the consumer group, unless the address has one.

    Raises
    ------
    StreamError
        If the address cannot be read.

    Examples
    --------
    >>> source = open_source("kafka://localhost:9092/comments", Opening(stream="moderation"))
    >>> source.name, source.scoped
    ('kafka://localhost:9092/comments', True)
    """
    return KafkaSource(parse_address(address, opening.environ), opening)


class KafkaSource:
    """A topic's partitions, as many as the group gives us; each is a scope.

    Parameters
    ----------
    address : KafkaAddress
        Cluster, topic and settings.
    opening : Opening
        The stream's name and patience.
    """

    guarantees: frozenset[Delivery] = frozenset(DELIVERIES)
    why_not = ""
    scoped = True

    def __init__(self, address: KafkaAddress, opening: Opening) -> None:
        self.address = address
        self.name = address.name
        self.group = address.group or opening.stream
        self.transactional = False  # set by a sink that commits our offsets with its outputs
        self._connection = Connection(address, opening.patience)
        self._instance: Instance | None = None
        self._client: Consumer | None = None
        self._cursors = Cursors()
        self._gained: dict[int, None] = {}
        self._lost: dict[int, None] = {}
        self._sought: dict[int, None] = {}  # to be read from the next poll on
        self._woken = False
        self._absence = Absence(self._connection)
        self._offsets = Offsets(address, self.group, self._connection)
        self._rejoined = -_REJOIN_EVERY_S

    @property
    def instance(self) -> str:
        """Name of the process in its group, kept over a crash."""
        if self._instance is None:
            self._instance = Instance(f"{self.address.servers}/{self.group}", self.address.instance)
        return self._instance.name

    def poll(self, max_records: int, wait_s: float) -> Poll:
        """Return what is there; see `surtitle.stream.ports.Source.poll`."""
        consumer = self._consumer()
        self._assign(consumer)
        try:
            messages = self._messages(consumer, max_records, time.monotonic() + wait_s)
        except ReplacedError:
            return Poll(lost=self._rejoin())
        lost, self._lost, self._woken = list(self._lost), {}, False
        # One thing at a time: whoever waits for what we lost is not kept waiting by our waiting for what we gained.
        gained = [] if lost else list(self._gained)
        self._gained = self._gained if lost else {}
        return Poll(
            batches=tuple(self._batches(messages)),
            empty=tuple(self._partition(number) for number in self._empty(consumer)),
            gained=tuple(map(self._partition, gained)),
            lost=tuple(map(self._partition, lost)),
        )

    def seek(self, partition: str, position: str | None) -> None:
        """Go on in a partition; see `surtitle.stream.ports.Source.seek`."""
        consumer, number = self._consumer(), self._number(partition)
        offset = self._offsets.first(consumer, number) if position is None else int(position)
        # A partition is assigned anew rather than sought in: that throws away all that was read ahead, in any state.
        if number in self._cursors.next and number not in self._sought:
            consumer.incremental_unassign([self._offsets.partition(number)])
        self._sought[number] = None
        self._cursors.begin(number, offset)

    def position(self) -> Mapping[str, str]:
        """Return the offsets to come; see `surtitle.stream.ports.Source.position`."""
        return {self._partition(number): str(offset) for number, offset in self._cursors.next.items()}

    def acknowledge(self, positions: Mapping[str, str]) -> None:
        """Tell the group's offsets to the broker, for those who watch the lag, unless a transaction has done so."""
        if self.transactional or not positions:
            return
        offsets = [self._offsets.partition(self._number(name), int(position)) for name, position in positions.items()]
        self._consumer().commit(offsets=offsets, asynchronous=True)

    def lag(self, scope: str = "") -> int | None:
        """Return how many records are there but not polled; see `surtitle.stream.ports.Source.lag`."""
        if self._client is None:
            return None
        client = self._client
        asked = [self._number(scope)] if scope else self._cursors.next
        highs = {number: self._offsets.high(client, number) for number in asked if number in self._cursors.next}
        behind = [high - self._cursors.next[number] for number, high in highs.items() if high is not None]
        return sum(behind) if len(behind) == len(highs) else None

    def wake(self) -> None:
        """Make a waiting poll return."""
        self._woken = True

    def close(self) -> None:
        """Leave the broker; the group keeps our place for the session's time."""
        self._close_client()
        if self._instance is not None:
            self._instance.close()
            self._instance = None

    def _close_client(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            client.close()

    def group_metadata(self) -> Any:
        """Return the proof of membership that goes into a transaction."""
        return self._consumer().consumer_group_metadata()

    def offsets(self, positions: Mapping[str, str], epochs: Mapping[str, int]) -> list[TopicPartition]:
        """Return positions and epochs as what a transaction commits for the group."""
        return [
            TopicPartition(self.address.topic, self._number(name), int(position), offset_metadata(epochs[name]))
            for name, position in positions.items()
            if name in epochs
        ]

    def committed_epoch(self, partition: str) -> int:
        """Return the epoch of the last transaction that holds this partition, 0 if there is none."""
        return read_epoch(self._offsets.committed(self._consumer(), self._number(partition)).metadata)

    def _consumer(self) -> Consumer:
        if self._client is None:
            ours = member_settings(self.group, self.instance, self._connection.patience.limit_s)
            client = Consumer(self._connection.settings(CONSUMER_DEFAULTS, ours))
            try:
                self._connection.require_topics(client, [self.address.topic])
            except BaseException:
                client.close()
                raise
            client.subscribe(
                [self.address.topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_revoke
            )
            self._client = client
        return self._client

    def _assign(self, consumer: Consumer) -> None:
        """Begin to read what was sought, all at once.

        One by one, a question about the next partition's offsets would wait in the broker behind the first one's
        fetch, which waits for records that may not come.
        """
        if self._sought:
            consumer.incremental_assign(
                [self._offsets.partition(number, self._cursors.next[number]) for number in self._sought]
            )
            self._sought = {}

    def _rejoin(self) -> tuple[str, ...]:
        """Join anew after the group took us for replaced, and return what was ours.

        Under a place that only we hold on this machine, whoever replaced us was ourselves: a busy broker answered so
        late that we asked again. If it happens again within a minute, it is somebody else.
        """
        now = time.monotonic()
        if self.address.instance or now - self._rejoined < _REJOIN_EVERY_S:
            raise
        self._rejoined = now
        lost = tuple(map(self._partition, {**self._cursors.next, **self._lost}))
        self._close_client()
        self._cursors, self._gained, self._lost, self._sought = Cursors(), {}, {}, {}
        self._connection.begin_anew()
        return lost

    def _on_assign(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        # Nothing is read before `seek` says from where; with no call at all, the client would begin at once.
        consumer.incremental_assign([])
        for each in partitions:
            self._gained[each.partition] = None

    def _on_revoke(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        numbers = [each.partition for each in partitions]
        read = [number for number in numbers if number in self._cursors.next and number not in self._sought]
        consumer.incremental_unassign([self._offsets.partition(number) for number in read])
        for number in numbers:
            self._sought.pop(number, None)
            if self._cursors.drop(number) or number not in self._gained:
                self._lost[number] = None
            self._gained.pop(number, None)

    def _messages(self, consumer: Consumer, max_records: int, deadline: float) -> list[Message]:
        """Wait for records, an assignment, a wake or the deadline, whatever is first."""
        probe = partial(consumer.list_topics, self.address.topic, timeout=_SLICE_S)
        while True:
            messages = self._records(consumer.consume(max_records, 0))
            # An assignment does not end a poll, so until there is one it is looked for more often.
            wait_s = min(_SLICE_S if self._cursors.next else _JOINING_S, deadline - time.monotonic())
            if messages or self._gained or self._lost or self._woken or wait_s <= 0:
                self._absence.watch(probe, heard=bool(messages))
                return messages
            first = consumer.poll(wait_s)
            if first is not None:
                messages = self._records([first])
                if messages:
                    more = self._records(consumer.consume(max_records - 1, 0)) if max_records > 1 else []
                    self._absence.watch(probe, heard=True)
                    return messages + more

    def _records(self, messages: Sequence[Message]) -> list[Message]:
        """Sort out what is not a record but news: the end of a partition, an error."""
        records = []
        for message in messages:
            error = message.error()
            if error is None:
                records.append(message)
            elif error.code() == KafkaError._PARTITION_EOF:
                self._cursors.see_end(cast("int", message.partition()), cast("int", message.offset()))
            else:
                self._connection.note(error)
        return records

    def _batches(self, messages: Sequence[Message]) -> list[Batch]:
        batches = []
        for number, records, offsets in self._cursors.take(messages):
            keys = [record.key() for record in records]
            values = [record.value() or b"" for record in records]
            any_key = any(key is not None for key in keys)
            batches.append(Batch(self._partition(number), values, offsets, keys if any_key else None))
        return batches

    def _empty(self, consumer: Consumer) -> list[int]:
        """Partitions at whose end we are, as far as the broker's last answer says."""
        return [number for number, end in self._cursors.ends.items() if self._offsets.high(consumer, number) == end]

    def _partition(self, number: int) -> str:
        return f"{self.address.topic}-{number}"

    def _number(self, partition: str) -> int:
        topic, _, number = partition.rpartition("-")
        if topic != self.address.topic:
            raise SurroundingsError(f"{partition} is not a partition of {self.name}")
        return int(number)
