"""Where partitions begin and end and how far the group has come, as the broker says."""

from surtitle.errors import SurroundingsError
from surtitle.stream.kafka.address import KafkaAddress
from surtitle.stream.kafka.connection import Connection

# After our own modules, which explain how to install it.
from confluent_kafka import (  # isort: skip
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient  # isort: skip

__all__ = ["Offsets"]

_ASKED_S = 5.0


class Offsets:
    """What a broker knows of a topic's partitions.

    Parameters
    ----------
    address : KafkaAddress
        The topic, and where a group that has never committed begins.
    group : str
        The consumer group.
    connection : Connection
        Asks again while the cluster is away.
    """

    def __init__(self, address: KafkaAddress, group: str, connection: Connection) -> None:
        self._address = address
        self._group = group
        self._connection = connection

    def partition(self, number: int, offset: int = 0) -> TopicPartition:
        """Return a partition as librdkafka names it."""
        return TopicPartition(self._address.topic, number, offset)

    def high(self, consumer: Consumer, number: int) -> int | None:
        """Return where a partition ends as of the last answer, None where there was none."""
        try:
            bounds = consumer.get_watermark_offsets(self.partition(number), cached=True)
        except KafkaException:
            return None
        return bounds[1] if bounds is not None and bounds[1] >= 0 else None

    def first(self, consumer: Consumer, number: int) -> int:
        """Return where a new state begins: at what the group committed, else where the address says.

        Raises
        ------
        SurtitleError
            If the cluster stays away, or refuses.
        """
        offset: int = self.committed(consumer, number).offset
        if offset >= 0:
            return offset
        bounds = self._connection.insist(lambda limit_s: self._bounds(consumer, number, limit_s))
        return bounds[1] if self._address.start == "latest" else bounds[0]

    def committed(self, consumer: Consumer, number: int) -> TopicPartition:
        """Return what the group has committed; its offset is negative if that is nothing.

        Raises
        ------
        SurtitleError
            If the cluster stays away, or refuses.
        """
        wanted = self.partition(number)
        try:
            found = self._connection.insist(lambda limit_s: consumer.committed([wanted], timeout=limit_s))[0]
        except SurroundingsError as error:
            if self._is_held(wanted):
                raise self._held(number) from error
            raise
        if found.error is not None:
            raise self._connection.error(found.error)
        return found

    def _is_held(self, wanted: TopicPartition) -> bool:
        """Say whether a transaction holds the offset; librdkafka asks again without a word until time is over."""
        asked_for = TopicPartition(wanted.topic, wanted.partition)
        request = ConsumerGroupTopicPartitions(self._group, [asked_for])
        client = AdminClient(self._connection.settings({}, {}))
        try:
            asked = client.list_consumer_group_offsets([request], require_stable=True, request_timeout=_ASKED_S)
            (found,) = asked[self._group].result().topic_partitions
        except KafkaException:
            return False
        return found.error is not None and found.error.code() == KafkaError.UNSTABLE_OFFSET_COMMIT

    def _held(self, number: int) -> SurroundingsError:
        return SurroundingsError(
            f"{self._address.name}: the group's offset in partition {number} has been held for "
            f"{self._connection.patience} by a transaction that the broker does not end. If no other process works on "
            f"it, the broker has forgotten to (KAFKA-20734, in 4.3 and 4.4): look with kafka-transactions.sh "
            "find-hanging, and see docs/reference/kafka.md"
        )

    def _bounds(self, consumer: Consumer, number: int, limit_s: float) -> tuple[int, int]:
        bounds = consumer.get_watermark_offsets(self.partition(number), timeout=limit_s)
        if bounds is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return bounds
