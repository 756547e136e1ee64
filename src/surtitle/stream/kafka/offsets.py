"""Where partitions begin and end and how far the group has come, as the broker says."""

from surtitle.stream.kafka.address import KafkaAddress
from surtitle.stream.kafka.connection import Connection

# After our own modules, which explain how to install it.
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition  # isort: skip

__all__ = ["Offsets"]


class Offsets:
    """What a broker knows of a topic's partitions.

    Parameters
    ----------
    address : KafkaAddress
        The topic, and where a group that has never committed begins.
    connection : Connection
        Asks again while the cluster is away.
    """

    def __init__(self, address: KafkaAddress, connection: Connection) -> None:
        self._address = address
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
        found = self._connection.insist(lambda limit_s: consumer.committed([wanted], timeout=limit_s))[0]
        if found.error is not None:
            raise self._connection.error(found.error)
        return found

    def _bounds(self, consumer: Consumer, number: int, limit_s: float) -> tuple[int, int]:
        bounds = consumer.get_watermark_offsets(self.partition(number), timeout=limit_s)
        if bounds is None:
            raise KafkaException(KafkaError(KafkaError._TIMED_OUT))
        return bounds
