from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from surtitle.errors import StreamError, SurroundingsError
from surtitle.stream.patience import Patience
from surtitle.stream.ports import AbortedError, Channel, Delivery, Lines, Opening, Sink
from surtitle.stream.sinks.kafka import KafkaSink, open_sink
from surtitle.stream.sources.kafka import KafkaSource, open_source
from surtitle.stream.testing import check_sink
from tests.kafka.broker import PASSWORDS, Broker
from tests.kafka.topics import Record, create_topic, fill, read

LOGIN = "security.protocol=SASL_PLAINTEXT&sasl.mechanism=PLAIN&sasl.username={user}&sasl.password=${{PW}}"


@contextmanager
def pipe_of(
    broker: Broker, topic: str, out: str, delivery: Delivery = "exactly-once", query: str = "", patience_s: float = 30.0
) -> Iterator[tuple[KafkaSource, KafkaSink]]:
    opening = Opening(
        stream="test",
        delivery=delivery,
        patience=Patience(patience_s),
        environ={"PW": PASSWORDS["reader"], "ADMIN": PASSWORDS["admin"]},
    )
    source = open_source(f"kafka://{broker.address}/{topic}?group=g-{topic}&{query}", opening)
    sink = open_sink(
        {"decisions": f"kafka://{broker.address}/{out}?{query if 'sasl' in query else ''}"}, opening, source
    )
    sink.delivery = delivery
    try:
        yield source, sink
    finally:
        sink.close()
        source.close()


def take_all(source: KafkaSource, count: int) -> None:
    """Poll until as many partitions are ours, beginning each where a new stream begins."""
    for _ in range(200):
        for partition in source.poll(1000, 0.2).gained:
            source.seek(partition, None)
        if len(source.position()) == count:
            return
    raise AssertionError(f"only {source.position()}")


def decisions(*values: bytes, keys: list[bytes | None] | None = None) -> list[Lines]:
    return [Lines("decisions", list(values), [f"id-{value.decode()}" for value in values], keys or [])]


def seen(records: list[Record]) -> list[bytes]:
    return [record.value for record in records]


def test_is_a_sink(kafka: Broker) -> None:
    with pipe_of(kafka, "in", "out") as (_, sink):
        assert isinstance(sink, Sink)


def test_keeps_the_promises_of_a_sink(kafka: Broker) -> None:
    out = create_topic(kafka)
    opening = Opening(stream=out)
    source = open_source("kafka://elsewhere:9092/in", opening)
    check_sink(
        lambda: open_sink({"decisions": f"kafka://{kafka.address}/{out}"}, opening, source),
        lambda: seen(read(kafka, out)),
    )


def test_outputs_become_visible_with_the_commit_and_not_before(kafka: Broker) -> None:
    topic, out = create_topic(kafka), create_topic(kafka)
    fill(kafka, topic, [b"1", b"2"])
    with pipe_of(kafka, topic, out) as (source, sink):
        take_all(source, 1)
        scope = f"{topic}-0"
        sink.recover(scope, None)
        assert sink.committed(scope) == 0
        sink.write(decisions(b"a", b"b", keys=[b"k", None]))
        assert read(kafka, out) == []
        sink.commit({scope: 1}, {scope: "2"})
        assert [(record.value, record.key) for record in read(kafka, out)] == [(b"a", b"k"), (b"b", None)]
        assert sink.committed(scope) == 1


def test_what_a_dead_process_left_open_is_never_seen(kafka: Broker) -> None:
    topic, out = create_topic(kafka), create_topic(kafka)
    fill(kafka, topic, [b"1", b"2", b"3"])
    scope = f"{topic}-0"
    with pipe_of(kafka, topic, out) as (source, sink):
        take_all(source, 1)
        sink.recover(scope, None)
        sink.write(decisions(b"a"))
        sink.commit({scope: 1}, {scope: "1"})
        sink.write(decisions(b"lost"))
        sink._producer().flush()
        sink._open = False  # dies without a word: nobody aborts
    assert b"lost" in seen(read(kafka, out, committed=False))
    with pipe_of(kafka, topic, out) as (source, sink):
        take_all(source, 1)
        sink.recover(scope, "")
        assert sink.committed(scope) == 1
        assert source.position() == {scope: "3"} or source.poll(10, 1.0)
        sink.write(decisions(b"b"))
        sink.commit({scope: 2}, {scope: "2"})
    assert seen(read(kafka, out)) == [b"a", b"b"]


def test_offsets_and_epochs_are_committed_without_outputs(kafka: Broker) -> None:
    topic, out = create_topic(kafka, partitions=2), create_topic(kafka)
    with pipe_of(kafka, topic, out) as (source, sink):
        take_all(source, 2)
        sink.recover(f"{topic}-0", None)
        sink.commit({f"{topic}-0": 1, f"{topic}-1": 4}, {f"{topic}-0": "0", f"{topic}-1": "0"})
        assert [sink.committed(f"{topic}-{n}") for n in range(2)] == [1, 4]


def test_a_commit_for_a_partition_that_has_moved_is_given_up(kafka: Broker) -> None:
    topic, out = create_topic(kafka, partitions=1), create_topic(kafka)
    scope = f"{topic}-0"
    with pipe_of(kafka, topic, out, query="session.timeout.ms=1000&heartbeat.interval.ms=300") as (source, sink):
        take_all(source, 1)
        sink.recover(scope, None)
        sink.write(decisions(b"a"))
        with pipe_of(kafka, topic, out) as (other, other_sink):
            source._consumer().unsubscribe()  # as seen from the group, the process is gone
            take_all(other, 1)
            with pytest.raises(AbortedError):
                sink.commit({scope: 1}, {scope: "1"})
            other_sink.recover(scope, None)
            assert other_sink.committed(scope) == 0
    assert read(kafka, out) == []


def test_a_process_that_another_of_its_name_replaced_is_fenced(kafka: Broker) -> None:
    topic, out = create_topic(kafka), create_topic(kafka)
    scope = f"{topic}-0"
    with pipe_of(kafka, topic, out, query="instance=one") as (source, sink):
        take_all(source, 1)
        sink.recover(scope, None)
        sink.write(decisions(b"a"))
        sink.commit({scope: 1}, {scope: "0"})
        sink.write(decisions(b"zombie"))
        with pipe_of(kafka, topic, out, query="instance=one") as (its_source, successor):
            take_all(its_source, 1)
            successor.recover(scope, None)
            with pytest.raises(AbortedError):
                sink.commit({scope: 2}, {scope: "0"})
            with pytest.raises(SurroundingsError, match="another process has taken over"):
                take_all(source, 2)  # polls on
    assert seen(read(kafka, out)) == [b"a"]


def test_an_aborted_commit_can_be_tried_again(kafka: Broker) -> None:
    topic, out = create_topic(kafka), create_topic(kafka)
    scope = f"{topic}-0"
    with pipe_of(kafka, topic, out) as (source, sink):
        take_all(source, 1)
        sink.recover(scope, None)
        sink.write(decisions(b"a"))
        sink._require_source().group = "not-ours"
        sink._producer().abort_transaction(5)
        sink._open = False
        sink.write(decisions(b"b"))
        sink.commit({scope: 1}, {scope: "0"})
    assert seen(read(kafka, out)) == [b"b"]


@pytest.mark.parametrize("delivery", ["at-least-once", "at-most-once"])
def test_without_transactions_a_flush_makes_outputs_durable_under_their_ids(kafka: Broker, delivery: Delivery) -> None:
    topic, out = create_topic(kafka), create_topic(kafka)
    with pipe_of(kafka, topic, out, delivery) as (_, sink):
        sink.recover(f"{topic}-0", None)
        sink.write(decisions(b"a", b"b", keys=[b"k", None]))
        sink.flush()
        records = read(kafka, out)
    assert [(r.value, r.key, r.headers) for r in records] == [
        (b"a", b"k", (("id", b"id-a"),)),
        (b"b", None, (("id", b"id-b"),)),
    ]


@pytest.mark.slow
def test_more_outputs_than_the_queue_holds_are_taken(kafka: Broker) -> None:
    topic, out = create_topic(kafka), create_topic(kafka)
    with pipe_of(kafka, topic, out, "at-least-once") as (_, sink):
        sink.recover(f"{topic}-0", None)
        sink.write(decisions(*(b"%d" % n for n in range(250_000))))
        sink.flush()
    assert seen(read(kafka, out)) == [b"%d" % n for n in range(250_000)]


def test_events_from_elsewhere_cannot_be_exactly_once() -> None:
    opening = Opening(stream="s")
    source = open_source("kafka://a:9092/in", opening)
    sink = open_sink({"decisions": "kafka://b:9092/out"}, opening, source)
    assert sink.guarantees == {"at-most-once", "at-least-once"}
    assert "from one Kafka cluster" in sink.why_not
    assert not sink.transactional


def test_channels_on_two_clusters_are_refused() -> None:
    opening = Opening(stream="s")
    source = open_source("kafka://a:9092/in", opening)
    addresses: dict[Channel, str] = {"decisions": "kafka://a:9092/out", "windows": "kafka://b:9092/out"}
    with pytest.raises(StreamError, match="one Kafka cluster, not to a:9092 and b:9092"):
        open_sink(addresses, opening, source)


def test_a_missing_topic_is_refused_before_anything_is_decided(kafka: Broker) -> None:
    topic = create_topic(kafka)
    with (
        pipe_of(kafka, topic, "absent") as (_, sink),
        pytest.raises(StreamError, match="/absent: there is no such topic"),
    ):
        sink.recover(f"{topic}-0", None)


def test_gives_up_when_no_broker_answers() -> None:
    opening = Opening(stream="s", patience=Patience(0.3))
    source = open_source("kafka://127.0.0.1:1/in", opening)
    sink = open_sink({"decisions": "kafka://127.0.0.1:1/out"}, opening, source)
    with pytest.raises(SurroundingsError, match=r"no Kafka broker has answered for 0\.3 s"):
        sink.recover("in-0", None)
    sink.close()
    source.close()


def test_an_output_too_large_for_the_broker_ends_the_stream_with_the_reason(kafka: Broker) -> None:
    topic, out = create_topic(kafka), create_topic(kafka)
    with pipe_of(kafka, topic, out) as (source, sink):
        take_all(source, 1)
        sink.recover(f"{topic}-0", None)
        with pytest.raises(SurroundingsError, match="too large"):
            sink.write(decisions(b"x" * 2_000_000))


def test_a_topic_that_the_user_may_not_write_to_is_refused(secured_kafka: Broker) -> None:
    topic = create_topic(secured_kafka)
    out = create_topic(secured_kafka)
    login = LOGIN.format(user="reader")
    with (
        pipe_of(secured_kafka, topic, out, "at-least-once", login) as (_, sink),
        pytest.raises(SurroundingsError, match="may not use the topic"),
    ):
        sink.recover(f"{topic}-0", None)


def test_transactions_that_the_user_may_not_make_are_refused(secured_kafka: Broker) -> None:
    topic, out = create_topic(secured_kafka), create_topic(secured_kafka)
    allow(secured_kafka, topic, "READ")
    allow(secured_kafka, out, "WRITE")
    with (
        pipe_of(secured_kafka, topic, out, "exactly-once", LOGIN.format(user="reader")) as (_, sink),
        pytest.raises(SurroundingsError, match="may not use transactions"),
    ):
        sink.recover(f"{topic}-0", None)


def test_events_are_decided_as_a_user_who_logs_in(secured_kafka: Broker) -> None:
    topic, out = create_topic(secured_kafka), create_topic(secured_kafka)
    fill(secured_kafka, topic, [b"1"])
    login = LOGIN.format(user="admin").replace("{PW}", "{ADMIN}")
    with pipe_of(secured_kafka, topic, out, "exactly-once", login) as (source, sink):
        take_all(source, 1)
        sink.recover(f"{topic}-0", None)
        sink.write(decisions(b"a"))
        sink.commit({f"{topic}-0": 1}, {f"{topic}-0": "1"})
    assert seen(read(secured_kafka, out)) == [b"a"]


def allow(broker: Broker, topic: str, operation: str) -> None:
    """Let `reader` do one thing with a topic."""
    from confluent_kafka.admin import (
        AclBinding,
        AclOperation,
        AclPermissionType,
        AdminClient,
        ResourcePatternType,
        ResourceType,
    )

    admin = AdminClient(dict(broker.client_settings))
    binding = AclBinding(
        ResourceType.TOPIC,
        topic,
        ResourcePatternType.LITERAL,
        "User:reader",
        "*",
        AclOperation[operation],
        AclPermissionType.ALLOW,
    )
    admin.create_acls([binding])[binding].result(30)
