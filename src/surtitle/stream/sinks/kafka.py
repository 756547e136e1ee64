"""Outputs to Kafka topics; exactly once, by transactions, where the events are from the same cluster."""

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from surtitle.errors import StreamError, SurroundingsError, SurtitleError
from surtitle.stream.kafka.address import KafkaAddress, parse_address
from surtitle.stream.kafka.connection import Connection
from surtitle.stream.kafka.errors import is_fenced, is_passing, is_refusal
from surtitle.stream.ports import DELIVERIES, AbortedError, Channel, Delivery, Lines, Opening, Source
from surtitle.stream.sources.kafka import KafkaSource

# After our own modules, which explain how to install it.
from confluent_kafka import KafkaError, KafkaException, Message, Producer  # isort: skip

__all__ = ["KafkaSink", "open_sink"]

_QUEUE = 200_000
_FIRST_ASKED_S = 0.1
_APART_S = 0.004


def open_sink(addresses: Mapping[Channel, str], opening: Opening, source: Source) -> "KafkaSink":
    """Make a sink of topics; nothing is connected to before `recover`.

    Parameters
    ----------
    addresses : mapping of channel to str
        A topic for each channel, all on one cluster and with the same settings.
    opening : Opening
        Patience, and the environment for secrets.
    source : Source
        Where the events are from. If it is a topic of the same cluster, its offsets are committed with the outputs.

    Raises
    ------
    StreamError
        If an address cannot be read, or they name more than one cluster.
    """
    parsed = {channel: parse_address(address, opening.environ) for channel, address in addresses.items()}
    clusters = {address.servers for address in parsed.values()}
    if len(clusters) != 1:
        raise StreamError(f"outputs go to one Kafka cluster, not to {' and '.join(sorted(clusters))}")
    return KafkaSink(parsed, opening, source)


class KafkaSink:
    """One topic for each channel.

    Outputs have the key of the record that was decided. Except in transactions, where nothing comes twice, the header
    ``id`` is the idempotency key.

    Parameters
    ----------
    addresses : mapping of channel to KafkaAddress
        Where outputs go.
    opening : Opening
        Patience.
    source : Source
        Where the events are from.
    """

    keyed = True

    def __init__(self, addresses: Mapping[Channel, KafkaAddress], opening: Opening, source: Source) -> None:
        self._topics = {channel: address.topic for channel, address in addresses.items()}
        servers = {address.servers for address in addresses.values()}
        self._source: KafkaSource | None = None
        if isinstance(source, KafkaSource) and servers == {source.address.servers}:
            self._source = source
        self.guarantees: frozenset[Delivery] = frozenset(DELIVERIES if self._source else DELIVERIES[:-1])
        self.why_not = "" if self._source else "a transaction takes its events and its outputs from one Kafka cluster"
        self.transactional = self._source is not None
        self.delivery: Delivery = "at-least-once"
        self._connection = Connection(next(iter(addresses.values())), opening.patience)
        self._client: Producer | None = None
        self._found: set[str] = set()  # topics that were seen to exist
        self._open = False  # whether a transaction is
        self._committed_at = 0.0
        self._failed: KafkaError | None = None

    @property
    def _transacts(self) -> bool:
        return self.transactional and self.delivery == "exactly-once"

    def recover(self, scope: str, position: str | None) -> None:  # noqa: ARG002 - the broker knows what is committed
        """Connect, and settle what a predecessor left open; see `surtitle.stream.ports.Sink.recover`."""
        self._producer()

    def write(self, lines: Sequence[Lines]) -> None:
        """Hand outputs to librdkafka; see `surtitle.stream.ports.Sink.write`."""
        producer = self._producer()
        if self._transacts and not self._open:
            # So soon after a commit the broker still writes its marks and turns the next transaction away, and
            # librdkafka tries again only after 20 ms.
            time.sleep(max(0.0, self._committed_at + _APART_S - time.monotonic()))
            self._in_transaction(lambda: producer.begin_transaction())
            self._open = True
        for each in lines:
            if each.values:
                self._send(producer, each)
        producer.poll(0)

    def flush(self) -> None:
        """Wait until the broker has everything; see `surtitle.stream.ports.Sink.flush`."""
        producer = self._producer()
        patience = self._connection.patience
        began = patience.begin()
        while producer.flush(1.0) > 0:
            self._connection.check()
            if patience.over(began):
                raise self._connection.gone()
        if self._failed is not None:
            raise self._connection.error(self._failed)
        self._connection.clear()

    def position(self) -> str:
        """Return nothing: what was not committed never becomes visible."""
        return ""

    def commit(self, epochs: Mapping[str, int], positions: Mapping[str, str]) -> None:
        """Commit outputs, offsets and epochs in one transaction; see `surtitle.stream.ports.Sink.commit`."""
        producer, source = self._producer(), self._require_source()
        self.write(())
        offsets = source.offsets(positions, epochs)
        self._in_transaction(lambda: producer.send_offsets_to_transaction(offsets, source.group_metadata(), 5.0))
        self._in_transaction(lambda: producer.commit_transaction(5.0))
        self._open, self._committed_at = False, time.monotonic()

    def committed(self, scope: str) -> int:
        """Return the epoch committed last; see `surtitle.stream.ports.Sink.committed`."""
        self._producer()
        return self._require_source().committed_epoch(scope)

    def close(self) -> None:
        """Give up what is not committed."""
        client, self._client = self._client, None
        if client is None:
            return
        if self._open:
            # Failing that, the broker does so by itself when the transaction's time is over.
            with contextlib.suppress(KafkaException):
                client.abort_transaction(1.0)
        client.purge()

    def _producer(self) -> Producer:
        if self._client is None:
            client = self._connected()
            if self._transacts:
                client = self._begin_transactions(client)
                self._require_source().transactional = True
            self._client = client
        return self._client

    def _connected(self) -> Producer:
        client = Producer(self._connection.settings(self._defaults(), self._ours()))
        self._connection.require_topics(client, [self._topics["decisions"]])
        # The first answer came from the address given, which makes way for the broker behind it; until that one is
        # connected, librdkafka finds nobody to ask for its coordinator, and waits for half a second.
        self._connection.insist(lambda limit_s: client.list_topics(self._topics["decisions"], limit_s))
        return client

    def _begin_transactions(self, client: Producer) -> Producer:
        """Settle what a predecessor left open, and return a client that transacts.

        While the broker still ends a predecessor's transaction it turns us away, and librdkafka asks again after half a
        second; it is over long before that. A client made anew asks at once.
        """
        try:
            client.init_transactions(_FIRST_ASKED_S)
        except KafkaException as exception:
            if not is_passing(exception.args[0]):
                raise self._connection.error(exception.args[0]) from exception
            client = self._connected()
            self._connection.insist(client.init_transactions)
        return client

    def _defaults(self) -> dict[str, Any]:
        shared = {"compression.type": "lz4", "partitioner": "murmur2_random"}
        if self._transacts:
            # Outputs go out while the state is prepared; a commit does not wait for the linger.
            return {**shared, "linger.ms": 1, "transaction.timeout.ms": 30_000}
        patience_ms = self._connection.patience.limit_s * 1000
        return {
            **shared,
            "linger.ms": 5,
            "message.timeout.ms": int(patience_ms) if patience_ms < 2**31 else 0,
        }  # 0: for ever

    def _ours(self) -> dict[str, Any]:
        ours = {
            "acks": "all",
            "enable.idempotence": True,
            "on_delivery": self._note_failure,
            "delivery.report.only.error": True,
            "queue.buffering.max.messages": _QUEUE,
        }
        if self._transacts:
            source = self._require_source()
            ours["transactional.id"] = f"{source.group}.{source.address.topic}.{source.instance}"
        return ours

    def _require_source(self) -> KafkaSource:
        if self._source is None:
            raise StreamError(f"{self._connection.address.name}: {self.why_not}")
        return self._source

    def _send(self, producer: Producer, lines: Lines) -> None:
        topic = self._require_topic(producer, lines.channel)
        keys = lines.keys or [None] * len(lines.values)
        names = [None] * len(lines.values) if self._transacts else lines.ids
        for value, key, name in zip(lines.values, keys, names, strict=True):
            headers: dict[str, str | bytes | None] | None = None if name is None else {"id": name}
            try:
                producer.produce(topic, value, key, headers=headers)
            except BufferError:
                self._make_room(producer)
                producer.produce(topic, value, key, headers=headers)
            except KafkaException as exception:
                raise self._refusal(exception) from exception

    def _require_topic(self, producer: Producer, channel: Channel) -> str:
        """Return a channel's topic; without windows, say, the topic for late events need not exist."""
        if channel not in self._topics:
            raise StreamError(f"no topic was given for {channel}")
        topic = self._topics[channel]
        if topic not in self._found:
            self._connection.require_topics(producer, [topic])
            self._found.add(topic)
        return topic

    def _make_room(self, producer: Producer) -> None:
        """Wait until the broker has taken half of what waits."""
        patience = self._connection.patience
        began = patience.begin()
        while len(producer) > _QUEUE // 2:
            producer.poll(0.05)
            if patience.over(began):
                raise self._connection.gone()

    def _note_failure(self, error: KafkaError, _message: Message) -> None:
        self._failed = self._failed or error

    def _in_transaction(self, call: Callable[[], object]) -> None:
        """Call again while the cluster is away; give the transaction up if it has to be."""
        patience = self._connection.patience
        began = patience.begin()
        while True:
            try:
                call()
            except KafkaException as exception:
                error = exception.args[0]
                if error.txn_requires_abort() or error.fatal() or not is_passing(error):
                    raise self._refusal(exception) from exception
                if patience.over(began):
                    raise self._unknown(error) from exception
                time.sleep(0.05)  # some answers ("coordinator is loading") come at once
            else:
                return

    def _refusal(self, exception: KafkaException) -> SurroundingsError:
        """Give the transaction up if there is one, and return what to raise."""
        error = exception.args[0]
        cause, self._failed = self._failed or error, None
        if self._open and (error.txn_requires_abort() or is_fenced(error)):
            self._give_up()
            if not is_refusal(cause):
                return AbortedError(f"{self._connection.address.name}: the transaction was given up: {cause.str()}")
        told = self._connection.error(cause)
        return told if isinstance(told, SurroundingsError) else SurroundingsError(told.message)

    def _give_up(self) -> None:
        """Abort, or begin anew under the same name, which makes the broker do it.

        The latter when a transaction took longer than it may, as after a sleep: then the broker has ended it, and takes
        us for somebody else. If somebody else of our name is there indeed, our place in the group is gone as well, and
        the next poll says so.
        """
        try:
            self._connection.insist(self._producer().abort_transaction)
        except SurtitleError:
            self._client = None
        self._open = False

    def _unknown(self, error: KafkaError) -> SurroundingsError:
        return SurroundingsError(
            f"{self._connection.address.name}: no answer to a commit within {self._connection.patience} "
            f"({error.str()}); it is unknown whether it happened. Start again: the new process asks and goes on"
        )
