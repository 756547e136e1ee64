import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError

from surtitle.errors import StreamError, SurroundingsError
from surtitle.stream.delivery import choose_delivery
from surtitle.stream.patience import Patience
from surtitle.stream.ports import Channel, Delivery, Lines, Opening
from surtitle.stream.sinks.redis import RedisSink, open_sink
from surtitle.stream.testing import MemorySource, check_sink
from tests.stream.redis.fixtures import start_server
from tests.stream.redis.server import Server


@pytest.fixture
def key() -> str:
    return f"s-{uuid.uuid4().hex[:10]}"


@contextmanager
def sink_of(
    server: Server, key: str, delivery: Delivery = "exactly-once", query: str = "", patience_s: float = 30.0
) -> Iterator[RedisSink]:
    opening = Opening(stream=f"test.{key}", patience=Patience(patience_s), environ={"PW": "hunter2"})
    base = f"{server.address}/{key}"
    addresses: dict[Channel, str] = {"decisions": f"{base}?{query}", "late": f"{base}.late?{query}"}
    sink = open_sink(addresses, opening, MemorySource())
    sink.delivery = delivery
    try:
        yield sink
    finally:
        sink.close()


def entries(server: Server, key: str) -> list[dict[bytes, bytes]]:
    with server.client as client:
        return [fields for _, fields in client.xrange(key)]


def lines(*values: bytes, channel: Channel = "decisions") -> list[Lines]:
    return [Lines(channel, list(values), [f"id-{value.decode()}" for value in values], [b"k"] * len(values))]


def begin(sink: RedisSink, scope: str = "") -> int:
    sink.recover(scope, None)
    return sink.committed(scope)


def test_keeps_the_promises_of_a_sink(redis_server: Server, key: str) -> None:
    opening = Opening(stream=key)
    check_sink(
        lambda: open_sink({"decisions": f"{redis_server.address}/{key}"}, opening, MemorySource()),
        lambda: [fields[b"value"] for fields in entries(redis_server, key)],
    )


def test_outputs_of_all_channels_become_visible_with_the_commit_and_not_before(redis_server: Server, key: str) -> None:
    with sink_of(redis_server, key) as sink:
        assert begin(sink) == 0
        sink.write(lines(b"a", b"b") + lines(b"l", channel="late"))
        assert entries(redis_server, key) == []
        sink.commit({"": 1}, {})
        assert entries(redis_server, key) == [{b"value": b"a", b"key": b"k"}, {b"value": b"b", b"key": b"k"}]
        assert entries(redis_server, f"{key}.late") == [{b"value": b"l", b"key": b"k"}]
        sink.commit({"": 2}, {})
        assert sink.committed("") == 2


def test_a_commit_whose_answer_was_lost_is_not_done_twice(
    redis_server: Server, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sink_of(redis_server, key) as sink:
        begin(sink)
        commit, calls = sink._epochs.commit, []

        def lose_the_first_answer(*arguments: Any) -> bool:
            calls.append(commit(*arguments))
            if len(calls) == 1:
                raise RedisConnectionError("the answer is lost")
            return calls[-1]

        monkeypatch.setattr(sink._epochs, "commit", lose_the_first_answer)
        sink.write(lines(b"a"))
        sink.commit({"": 1}, {})
    assert calls == [True, True]
    assert len(entries(redis_server, key)) == 1


def test_who_was_replaced_cannot_commit_any_more(redis_server: Server, key: str) -> None:
    with sink_of(redis_server, key) as zombie, sink_of(redis_server, key) as successor:
        begin(zombie)
        zombie.write(lines(b"a"))
        zombie.commit({"": 1}, {})
        zombie.write(lines(b"zombie"))
        assert begin(successor) == 1
        with pytest.raises(SurroundingsError, match="another process of this stream has taken over"):
            zombie.commit({"": 2}, {})
        successor.write(lines(b"b"))
        successor.commit({"": 2}, {})
    assert [fields[b"value"] for fields in entries(redis_server, key)] == [b"a", b"b"]


def test_scopes_are_counted_apart_and_committed_together(redis_server: Server, key: str) -> None:
    with sink_of(redis_server, key) as sink:
        begin(sink, "t-0")
        begin(sink, "t-1")
        sink.commit({"t-1": 1}, {})
        sink.write(lines(b"a"))
        sink.commit({"t-0": 1, "t-1": 2}, {})
        assert [sink.committed(scope) for scope in ("t-0", "t-1", "t-2")] == [1, 2, 0]


def test_a_commit_that_cannot_be_whole_leaves_nothing(redis_server: Server, key: str) -> None:
    with sink_of(redis_server, key) as sink:
        begin(sink)
        with redis_server.client as client:
            client.set(f"{key}.late", "text")
        sink.write(lines(b"a") + lines(b"l", channel="late"))
        with pytest.raises(StreamError, match="something else than a stream"):
            sink.commit({"": 1}, {})
        assert entries(redis_server, key) == []
        assert sink.committed("") == 0


@pytest.mark.parametrize("delivery", ["at-least-once", "at-most-once"])
def test_in_the_other_modes_a_flush_adds_outputs_under_their_ids(
    redis_server: Server, key: str, delivery: Delivery
) -> None:
    with sink_of(redis_server, key, delivery) as sink:
        sink.recover("", None)
        sink.write(lines(b"a", b"b"))
        sink.flush()
    assert entries(redis_server, key) == [
        {b"value": b"a", b"key": b"k", b"id": b"id-a"},
        {b"value": b"b", b"key": b"k", b"id": b"id-b"},
    ]


def test_at_most_once_does_not_write_again_what_may_have_been_written(
    redis_server: Server, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sink_of(redis_server, key, "at-most-once") as sink:
        sink.recover("", None)
        add = sink._add

        def lose_the_answer(outputs: Any) -> None:
            add(outputs)
            raise RedisConnectionError("the answer is lost")

        monkeypatch.setattr(sink, "_add", lose_the_answer)
        sink.write(lines(b"a"))
        with pytest.raises(SurroundingsError, match="some may be missing, as at-most-once allows"):
            sink.flush()
    assert len(entries(redis_server, key)) == 1


@pytest.mark.parametrize("delivery", ["exactly-once", "at-least-once"])
def test_keeps_about_as_many_outputs_as_told(redis_server: Server, key: str, delivery: Delivery) -> None:
    with sink_of(redis_server, key, delivery, "maxlen=500") as sink:
        begin(sink)
        sink.write(lines(*(b"%d" % n for n in range(3000))))
        if delivery == "exactly-once":
            sink.commit({"": 1}, {})
        else:
            sink.flush()
    kept = [fields[b"value"] for fields in entries(redis_server, key)]
    assert kept == [b"%d" % n for n in range(3000 - len(kept), 3000)]
    assert 500 <= len(kept) < 700


@pytest.mark.parametrize("delivery", ["exactly-once", "at-least-once"])
def test_a_server_without_memory_is_waited_for_and_loses_nothing(tmp_path: Path, key: str, delivery: Delivery) -> None:
    with start_server(tmp_path) as server, sink_of(server, key, delivery, patience_s=0.5) as sink:
        begin(sink)
        with server.client as client:
            client.config_set("maxmemory", "1")
            sink.write(lines(b"a"))
            with pytest.raises(SurroundingsError, match=r"not answered as it should for .*maxmemory"):
                sink.commit({"": 1}, {}) if delivery == "exactly-once" else sink.flush()
            client.config_set("maxmemory", "0")
        assert entries(server, key) == []


def test_every_source_may_be_exactly_once() -> None:
    sink = open_sink({"decisions": "redis://h/out"}, Opening(stream="s"), MemorySource())
    assert choose_delivery("auto", MemorySource(), sink) == "exactly-once"
    assert choose_delivery("auto", MemorySource(scoped=True), sink) == "exactly-once"


def test_outputs_on_two_servers_are_refused() -> None:
    addresses: dict[Channel, str] = {"decisions": "redis://a/out", "windows": "redis://a/1/out"}
    with pytest.raises(StreamError, match=r"one Redis server and database, not to redis://a:6379 and redis://a:6379/1"):
        open_sink(addresses, Opening(stream="s"), MemorySource())


def test_a_key_that_is_no_stream_is_refused_before_anything_is_decided(redis_server: Server, key: str) -> None:
    with redis_server.client as client:
        client.rpush(key, "x")
    with sink_of(redis_server, key) as sink, pytest.raises(StreamError, match=f"{key}: the key holds a list"):
        sink.recover("", None)


def test_gives_up_when_nobody_answers() -> None:
    sink = open_sink(
        {"decisions": "redis://127.0.0.1:1/out"}, Opening(stream="s", patience=Patience(0.3)), MemorySource()
    )
    with pytest.raises(SurroundingsError, match=r"Redis has not answered as it should for 0\.3 s"):
        sink.recover("", None)
    sink.close()


def test_what_the_user_may_not_do_is_told_before_anything_is_decided(tmp_path: Path, key: str) -> None:
    with (
        start_server(tmp_path, "user reader on >hunter2 ~* +@read +@connection +@scripting") as server,
        sink_of(server, key, query="user=reader&password=${PW}") as sink,
    ):
        sink.recover("", None)
        with pytest.raises(SurroundingsError, match="may not do that"):
            sink.committed("")
