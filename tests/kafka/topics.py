"""Topics to test with: made, filled and read back as a stranger would."""

import time
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from tests.kafka.broker import Broker

__all__ = ["Record", "create_topic", "fill", "read"]


@dataclass(frozen=True)
class Record:
    """What a consumer sees."""

    partition: int
    offset: int
    value: bytes
    key: bytes | None = None
    headers: tuple[tuple[str, bytes], ...] = ()


def create_topic(broker: Broker, *, partitions: int = 1, name: str = "") -> str:
    """Create a topic, with a name that no other test has unless one is given."""
    topic = name or f"t-{uuid.uuid4().hex[:10]}"
    admin = AdminClient({**broker.client_settings, "log_level": 3})
    for attempt in range(1, 101):
        try:
            admin.create_topics([NewTopic(topic, partitions, 1)])[topic].result(30)
        except KafkaException as exception:
            # A broker that was silent for a while has to report to its controller again first.
            if exception.args[0].code() != KafkaError.INVALID_REPLICATION_FACTOR or attempt == 100:
                raise
            time.sleep(0.1)
        else:
            break
    return topic


def fill(
    broker: Broker,
    topic: str,
    values: Iterable[bytes],
    *,
    partitions: int = 1,
    keys: Sequence[bytes | None] | None = None,
) -> None:
    """Write records, to the partitions in turn."""
    producer = Producer({**broker.client_settings, "linger.ms": 5, "queue.buffering.max.messages": 2_000_000})
    for index, value in enumerate(values):
        producer.produce(topic, value, None if keys is None else keys[index], partition=index % partitions)
    assert producer.flush(60) == 0


def read(broker: Broker, topic: str, *, committed: bool = True) -> list[Record]:
    """Return what is in a topic now, as a consumer sees it that reads committed records only, or all."""
    consumer = Consumer(
        {
            **broker.client_settings,
            "group.id": uuid.uuid4().hex,
            "isolation.level": "read_committed" if committed else "read_uncommitted",
            "enable.partition.eof": True,
            "enable.auto.commit": False,
        }
    )
    try:
        partitions = list(consumer.list_topics(topic, timeout=30).topics[topic].partitions)
        consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for number in partitions])
        return _drain(consumer, set(partitions))
    finally:
        consumer.close()


def _drain(consumer: Consumer, open_partitions: set[int]) -> list[Record]:
    records = []
    while open_partitions:
        for message in consumer.consume(10_000, 0.2):
            number, error = message.partition(), message.error()
            assert number is not None
            if error is not None:
                assert error.code() == KafkaError._PARTITION_EOF, error
                open_partitions.discard(number)
                continue
            headers = cast("list[tuple[str, bytes]]", message.headers() or [])
            records.append(Record(number, message.offset() or 0, message.value() or b"", message.key(), tuple(headers)))
    return sorted(records, key=lambda record: (record.partition, record.offset))
