import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from surtitle.errors import StreamError, SurroundingsError
from surtitle.stream.patience import Patience
from surtitle.stream.ports import Opening, Poll, Source
from surtitle.stream.sources.kafka import KafkaSource, open_source
from surtitle.stream.testing import check_source
from tests.kafka.broker import PASSWORDS, Broker
from tests.kafka.topics import create_topic, fill


@contextmanager
def source_of(broker: Broker, topic: str, query: str = "", patience_s: float = 30.0) -> Iterator[KafkaSource]:
    address = f"kafka://{broker.address}/{topic}?group=g-{topic}&{query}"
    source = open_source(address, Opening(stream="test", patience=Patience(patience_s)))
    try:
        yield source
    finally:
        source.close()


def poll_until(source: KafkaSource, enough: Callable[[list[Poll]], object], *, max_records: int = 1000) -> list[Poll]:
    """Poll until `enough(polls)`, seeking every gained partition to where a new stream begins."""
    polls: list[Poll] = []
    for _ in range(200):
        polls.append(source.poll(max_records, 0.2))
        for partition in polls[-1].gained:
            source.seek(partition, None)
        if enough(polls):
            return polls
    raise AssertionError(f"never enough: {polls[-3:]}")


def values(polls: list[Poll], partition: str | None = None) -> list[bytes]:
    batches = [batch for poll in polls for batch in poll.batches if partition in (None, batch.partition)]
    return [value for batch in batches for value in batch.values]


def test_is_a_source(kafka: Broker) -> None:
    with source_of(kafka, "any") as source:
        assert isinstance(source, Source)


def test_keeps_the_promises_of_a_source(kafka: Broker) -> None:
    topic = create_topic(kafka)
    opening = Opening(stream=topic)
    check_source(
        lambda: open_source(f"kafka://{kafka.address}/{topic}", opening), lambda values: fill(kafka, topic, values)
    )


def test_gives_no_record_before_it_is_told_where_to_begin(kafka: Broker) -> None:
    topic = create_topic(kafka)
    fill(kafka, topic, [b"a", b"b"])
    with source_of(kafka, topic) as source:
        polls = [source.poll(10, 1.0)]
        while not polls[-1].gained:
            polls.append(source.poll(10, 1.0))
        polls.append(source.poll(10, 0.3))
        assert values(polls) == []
        source.seek(f"{topic}-0", None)
        assert values(poll_until(source, values)) == [b"a", b"b"]


def test_of_two_places_told_before_a_poll_the_later_one_counts(kafka: Broker) -> None:
    topic = create_topic(kafka, partitions=2)
    fill(kafka, topic, [b"%d" % n for n in range(20)], partitions=2)
    with source_of(kafka, topic) as source:
        while not source.poll(10, 1.0).gained:
            pass
        for number in range(2):
            source.seek(f"{topic}-{number}", "2")
            source.seek(f"{topic}-{number}", "8")
        assert source.position() == {f"{topic}-0": "8", f"{topic}-1": "8"}
        found = poll_until(source, lambda polls: len(values(polls)) == 4)
        assert sorted(values(found)) == [b"16", b"17", b"18", b"19"]


def test_gives_each_partition_in_order_with_its_offsets_and_keys(kafka: Broker) -> None:
    topic = create_topic(kafka, partitions=2)
    fill(kafka, topic, [b"%d" % n for n in range(100)], partitions=2, keys=[b"k%d" % n for n in range(100)])
    with source_of(kafka, topic) as source:
        polls = poll_until(source, lambda polls: len(values(polls)) == 100, max_records=7)
        for number in range(2):
            batches = [b for p in polls for b in p.batches if b.partition == f"{topic}-{number}"]
            assert values(polls, f"{topic}-{number}") == [b"%d" % n for n in range(number, 100, 2)]
            assert [offset for batch in batches for offset in batch.positions] == list(range(50))
            assert [key for batch in batches for key in batch.keys or []] == [b"k%d" % n for n in range(number, 100, 2)]
        assert all(sum(len(b.values) for b in poll.batches) <= 7 for poll in polls)
        assert source.position() == {f"{topic}-0": "50", f"{topic}-1": "50"}
        assert source.lag() == 0


def test_the_lag_is_told_for_each_partition(kafka: Broker) -> None:
    topic = create_topic(kafka, partitions=2)
    fill(kafka, topic, [b"%d" % n for n in range(100)], partitions=2)
    with source_of(kafka, topic) as source:
        poll_until(source, lambda polls: len(values(polls)) == 100)
        source.seek(f"{topic}-1", "20")
        assert (source.lag(f"{topic}-0"), source.lag(f"{topic}-1"), source.lag()) == (0, 30, 30)


def test_says_which_partitions_are_at_their_end(kafka: Broker) -> None:
    topic = create_topic(kafka, partitions=2)
    fill(kafka, topic, [b"a"])
    with source_of(kafka, topic) as source:
        poll_until(source, lambda polls: set(polls[-1].empty) == {f"{topic}-0", f"{topic}-1"})
        fill(kafka, topic, [b"b"])
        polls = poll_until(source, values)
        assert f"{topic}-0" not in polls[-1].empty
        poll_until(source, lambda polls: set(polls[-1].empty) == {f"{topic}-0", f"{topic}-1"})


def test_goes_back_to_a_position(kafka: Broker) -> None:
    topic = create_topic(kafka)
    fill(kafka, topic, [b"%d" % n for n in range(1000)])
    with source_of(kafka, topic) as source:
        poll_until(source, lambda polls: len(values(polls)) >= 500, max_records=100)
        source.seek(f"{topic}-0", "17")
        assert source.position() == {f"{topic}-0": "17"}
        assert values(poll_until(source, lambda polls: len(values(polls)) == 983)) == [
            b"%d" % n for n in range(17, 1000)
        ]


def test_reads_committed_records_only(kafka: Broker) -> None:
    topic = create_topic(kafka)
    producer = Producer({**kafka.client_settings, "transactional.id": topic})
    producer.init_transactions(30)
    for value, commit in ((b"yes", True), (b"no", False), (b"also", True)):
        producer.begin_transaction()
        producer.produce(topic, value)
        producer.flush()
        (producer.commit_transaction if commit else producer.abort_transaction)(30)
    with source_of(kafka, topic) as source:
        polls = poll_until(source, lambda polls: polls[-1].empty)
        assert values(polls) == [b"yes", b"also"]
        assert source.lag() == 0


def test_a_new_state_begins_where_the_group_has_got_to(kafka: Broker) -> None:
    topic = create_topic(kafka)
    fill(kafka, topic, [b"a", b"b", b"c"])
    with source_of(kafka, topic) as source:
        poll_until(source, lambda polls: len(values(polls)) == 3)
        source.acknowledge({f"{topic}-0": "2"})
    with source_of(kafka, topic) as source:
        assert values(poll_until(source, values)) == [b"c"]


def test_a_new_group_may_begin_at_the_end(kafka: Broker) -> None:
    topic = create_topic(kafka)
    fill(kafka, topic, [b"old"])
    with source_of(kafka, topic, "start=latest") as source:
        poll_until(source, lambda polls: polls[-1].empty)
        fill(kafka, topic, [b"new"])
        assert values(poll_until(source, values)) == [b"new"]


def test_partitions_move_one_by_one_to_a_process_that_joins(kafka: Broker) -> None:
    topic = create_topic(kafka, partitions=4)
    with source_of(kafka, topic) as first, source_of(kafka, topic) as second:
        poll_until(first, lambda polls: len(first.position()) == 4)
        kept, lost, gained = set(first.position()), set(), set()
        for _ in range(100):
            a, b = first.poll(10, 0.1), second.poll(10, 0.1)
            lost |= set(a.lost)
            gained |= set(b.gained)
            if len(gained) == 2:
                break
        assert lost == gained
        assert set(first.position()) == kept - lost


def test_a_process_that_died_and_comes_back_has_its_partitions_at_once(kafka: Broker) -> None:
    topic = create_topic(kafka, partitions=2)
    with source_of(kafka, topic, "session.timeout.ms=60000") as source:
        poll_until(source, lambda polls: len(source.position()) == 2)
        name = source.instance
    with source_of(kafka, topic, "session.timeout.ms=60000") as source:
        assert source.instance == name
        poll_until(source, lambda polls: len(source.position()) == 2)


def test_joins_anew_when_the_group_took_it_for_replaced_though_its_place_is_its_own(kafka: Broker) -> None:
    topic = create_topic(kafka)
    fill(kafka, topic, [b"a"])
    with source_of(kafka, topic) as source:
        poll_until(source, values)
        member = {
            "group.id": source.group,
            "group.instance.id": source.instance,
            "partition.assignment.strategy": "cooperative-sticky",
        }
        other = Consumer({**kafka.client_settings, **member})
        other.subscribe([topic])
        while not other.assignment():
            other.poll(0.2)
        polls = poll_until(source, lambda polls: polls[-1].lost)
        assert polls[-1].lost == (f"{topic}-0",)
        other.close()
        poll_until(source, lambda polls: polls[-1].empty)


def test_wake_ends_a_wait(kafka: Broker) -> None:
    topic = create_topic(kafka)
    with source_of(kafka, topic) as source:
        poll_until(source, lambda polls: polls[-1].empty)
        timer = threading.Timer(0.1, source.wake)
        timer.start()
        source.poll(10, 3600.0)
        timer.join()


def test_a_missing_topic_is_named_beside_those_that_are_there(kafka: Broker) -> None:
    topic = create_topic(kafka)
    with (
        source_of(kafka, "absent") as source,
        pytest.raises(StreamError, match=f"/absent: there is no such topic.*{topic}"),
    ):
        source.poll(1, 0.1)


def test_an_offset_that_a_transaction_holds_is_told_of(kafka: Broker) -> None:
    topic = create_topic(kafka)
    fill(kafka, topic, [b"a"])
    with source_of(kafka, topic, patience_s=3.0) as source:
        poll_until(source, lambda polls: polls[-1].batches)
        holder = Producer({**kafka.client_settings, "transactional.id": f"holder-{topic}"})
        holder.init_transactions(10)
        holder.begin_transaction()
        holder.send_offsets_to_transaction([TopicPartition(topic, 0, 1)], source.group_metadata(), 10)
        with pytest.raises(SurroundingsError, match=r"offset in partition 0 has been held for 3 s by a transaction"):
            source.committed_epoch(f"{topic}-0")
        holder.abort_transaction(10)
        assert source.committed_epoch(f"{topic}-0") == 0


def test_gives_up_when_no_broker_answers() -> None:
    source = open_source("kafka://127.0.0.1:1/t", Opening(stream="s", patience=Patience(0.3)))
    with pytest.raises(SurroundingsError, match=r"127\.0\.0\.1:1/t: no Kafka broker has answered for 0\.3 s"):
        source.poll(1, 0.1)
    source.close()


def test_a_position_that_retention_has_passed_is_refused(kafka: Broker) -> None:
    topic = create_topic(kafka)
    fill(kafka, topic, [b"%d" % n for n in range(10)])
    admin = AdminClient(dict(kafka.client_settings))
    admin.delete_records([TopicPartition(topic, 0, 5)])[TopicPartition(topic, 0, 5)].result(30)
    with source_of(kafka, topic) as source:
        poll_until(source, lambda polls: source.position())
        source.seek(f"{topic}-0", "2")
        with pytest.raises(StreamError, match="no longer there"):
            poll_until(source, values)


def test_a_wrong_password_is_refused(secured_kafka: Broker) -> None:
    query = "security.protocol=SASL_PLAINTEXT&sasl.mechanism=PLAIN&sasl.username=reader&sasl.password=${PW}"
    opening = Opening(stream="s", patience=Patience(30.0), environ={"PW": "wrong"})
    source = open_source(f"kafka://{secured_kafka.address}/t?{query}", opening)
    with pytest.raises(SurroundingsError, match="does not let us in"):
        source.poll(1, 0.1)
    source.close()


def test_a_topic_that_the_user_may_not_read_is_refused(secured_kafka: Broker) -> None:
    topic = create_topic(secured_kafka)
    query = "security.protocol=SASL_PLAINTEXT&sasl.mechanism=PLAIN&sasl.username=reader&sasl.password=${PW}"
    opening = Opening(stream="s", patience=Patience(30.0), environ={"PW": PASSWORDS["reader"]})
    source = open_source(f"kafka://{secured_kafka.address}/{topic}?{query}", opening)
    with pytest.raises(SurroundingsError, match="may not use the topic"):
        source.poll(1, 0.1)
    source.close()
