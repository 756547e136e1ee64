import json
import subprocess
import threading
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from surtitle.errors import StreamError, SurroundingsError
from surtitle.stream.patience import Patience
from surtitle.stream.ports import Opening, Poll
from surtitle.stream.sources.redis import RedisSource, open_source
from surtitle.stream.testing import check_source
from tests.stream.redis.fixtures import start_server
from tests.stream.redis.server import Server, free_port


@pytest.fixture
def key() -> str:
    return f"s-{uuid.uuid4().hex[:10]}"


@contextmanager
def source_of(server: Server, key: str, query: str = "", patience_s: float = 30.0) -> Iterator[RedisSource]:
    opening = Opening(stream="test", patience=Patience(patience_s), environ={"PW": "hunter2"})
    source = open_source(f"{server.address}/{key}?{query}", opening)
    try:
        yield source
    finally:
        source.close()


def fill(server: Server, key: str, values: list[bytes]) -> list[bytes]:
    with server.client as client:
        pipeline = client.pipeline(transaction=False)
        for value in values:
            pipeline.xadd(key, {"value": value})
        ids: list[bytes] = pipeline.execute()
        return ids


def poll_until(
    source: RedisSource, enough: Callable[[list[Poll]], object], *, position: str | None = None
) -> list[Poll]:
    polls: list[Poll] = []
    for _ in range(200):
        polls.append(source.poll(1000, 0.2))
        for partition in polls[-1].gained:
            source.seek(partition, position)
        if enough(polls):
            return polls
    raise AssertionError(f"never enough: {polls[-3:]}")


def values(polls: list[Poll]) -> list[bytes]:
    return [value for poll in polls for batch in poll.batches for value in batch.values]


def positions(polls: list[Poll]) -> list[int]:
    return [position for poll in polls for batch in poll.batches for position in batch.positions]


def test_keeps_the_promises_of_a_source(redis_server: Server, key: str) -> None:
    opening = Opening(stream=key)

    def put(records: list[bytes]) -> None:
        fill(redis_server, key, records)

    check_source(lambda: open_source(f"{redis_server.address}/{key}", opening), put)


def test_gives_entries_in_order_with_their_numbers_and_ids(redis_server: Server, key: str) -> None:
    ids = fill(redis_server, key, [b"%d" % n for n in range(1000)])
    with source_of(redis_server, key) as source:
        polls = poll_until(source, lambda polls: len(values(polls)) == 1000)
        assert values(polls) == [b"%d" % n for n in range(1000)]
        assert positions(polls) == list(range(1000))
        assert [name for poll in polls for batch in poll.batches for name in batch.keys or []] == ids
        assert source.lag() == 0


def test_max_records_is_kept_to_and_the_rest_is_the_lag(redis_server: Server, key: str) -> None:
    fill(redis_server, key, [b"%d" % n for n in range(700)])
    with source_of(redis_server, key) as source:
        poll_until(source, lambda polls: polls[-1].gained)
        assert [len(batch.values) for batch in source.poll(600, 0.1).batches] == [600]
        assert source.lag() == 100


def test_an_entry_without_a_value_is_taken_by_its_fields(redis_server: Server, key: str) -> None:
    with redis_server.client as client:
        client.xadd(key, {"id": "c1", "text": 'say "hé"', "client": "chess"})
        client.xadd(key, {"text": b"\xff\xfe"})
        client.xadd(key, {"body": b"{}"})
    with source_of(redis_server, key) as source:
        first, second, third = values(poll_until(source, lambda polls: len(values(polls)) == 3))
    assert json.loads(first) == {"id": "c1", "text": 'say "hé"', "client": "chess"}
    assert second == b'{"text": "\xff\xfe"}'  # not UTF-8, as decoding will say
    with source_of(redis_server, key, "field=body") as source:
        assert values(poll_until(source, lambda polls: len(values(polls)) == 3))[2] == b"{}"
    assert json.loads(third) == {"body": "{}"}


def test_a_stream_that_is_not_there_yet_is_waited_for(redis_server: Server, key: str) -> None:
    with source_of(redis_server, key) as source:
        assert poll_until(source, lambda polls: polls[-1].empty)[-1].empty == (key,)
        fill(redis_server, key, [b"a"])
        assert values(poll_until(source, values)) == [b"a"]


def test_may_begin_at_the_end(redis_server: Server, key: str) -> None:
    fill(redis_server, key, [b"old", b"older"])
    with source_of(redis_server, key, "start=latest") as source:
        poll_until(source, lambda polls: polls[-1].empty)
        fill(redis_server, key, [b"new"])
        polls = poll_until(source, values)
        assert (values(polls), positions(polls)) == ([b"new"], [2])


def test_numbers_go_on_where_entries_were_trimmed_before_the_stream_began(redis_server: Server, key: str) -> None:
    fill(redis_server, key, [b"%d" % n for n in range(10)])
    with redis_server.client as client:
        client.xtrim(key, maxlen=4, approximate=False)
    with source_of(redis_server, key) as source:
        assert positions(poll_until(source, values)) == [6, 7, 8, 9]


def test_a_group_is_told_how_far_we_are_and_a_new_state_begins_there(redis_server: Server, key: str) -> None:
    ids = fill(redis_server, key, [b"a", b"b", b"c"])
    with source_of(redis_server, key, "group=g") as source:
        poll_until(source, lambda polls: polls[-1].gained)
        source.poll(2, 0.1)
        source.acknowledge(source.position())
        source.acknowledge(source.position())
    with redis_server.client as client:
        (group,) = client.xinfo_groups(key)
    assert (group["last-delivered-id"], group["entries-read"], group["lag"]) == (ids[1], 2, 1)
    with source_of(redis_server, key, "group=g") as source:
        polls = poll_until(source, values)
        assert (values(polls), positions(polls)) == ([b"c"], [2])


def test_a_group_with_entries_that_nobody_has_acknowledged_is_refused(redis_server: Server, key: str) -> None:
    fill(redis_server, key, [b"a", b"b"])
    with redis_server.client as client:
        client.xgroup_create(key, "g", "0")
        client.xreadgroup("g", "dead consumer", {key: ">"}, count=1)
    with (
        source_of(redis_server, key, "group=g") as source,
        pytest.raises(StreamError, match="given 1 entries that they"),
    ):
        poll_until(source, values)


def test_entries_trimmed_unread_are_told_of_not_skipped(redis_server: Server, key: str) -> None:
    fill(redis_server, key, [b"%d" % n for n in range(10)])
    with source_of(redis_server, key) as source:
        poll_until(source, lambda polls: polls[-1].gained)
        source.poll(4, 0.1)
        with redis_server.client as client:
            client.xtrim(key, maxlen=6, approximate=False)
        assert values([source.poll(1, 0.1)]) == [b"4"]
        position = source.position()[key]
        with redis_server.client as client:
            client.xtrim(key, maxlen=3, approximate=False)
        with pytest.raises(StreamError, match="2 of the entries after"):
            source.poll(1, 0.1)
    with source_of(redis_server, key) as source, pytest.raises(StreamError, match="trimmed or deleted unread"):
        poll_until(source, values, position=position)


def test_a_stream_made_anew_is_refused(redis_server: Server, key: str) -> None:
    fill(redis_server, key, [b"a"])
    with source_of(redis_server, key) as source:
        poll_until(source, values)
        with redis_server.client as client:
            client.delete(key)
        with pytest.raises(StreamError, match="made anew"):
            poll_until(source, values)


def test_a_key_of_another_type_is_refused(redis_server: Server, key: str) -> None:
    with redis_server.client as client:
        client.set(key, "text")
    with (
        source_of(redis_server, key) as source,
        pytest.raises(StreamError, match=f"/{key}: the key holds something else"),
    ):
        poll_until(source, values)


def test_wake_ends_a_wait(redis_server: Server, key: str) -> None:
    with source_of(redis_server, key) as source:
        poll_until(source, lambda polls: polls[-1].empty)
        timer = threading.Timer(0.1, source.wake)
        timer.start()
        source.poll(10, 3600.0)
        timer.join()


def test_gives_up_when_nobody_answers(key: str) -> None:
    source = open_source(f"redis://127.0.0.1:1/{key}", Opening(stream="s", patience=Patience(0.3)))
    with pytest.raises(SurroundingsError, match=rf"127\.0\.0\.1:1/{key}: Redis has not answered .* for 0\.3 s"):
        poll_until(source, values)
    source.close()


def test_goes_on_when_the_server_comes_back(tmp_path: Path, key: str) -> None:
    server = start_server(tmp_path)
    with server, source_of(server, key) as source:
        fill(server, key, [b"a"])
        poll_until(source, values)
        server.kill()
        away = [source.poll(10, 0.2) for _ in range(3)]
        assert away[-1] == Poll()  # not known to be empty
        server.start()
        fill(server, key, [b"b"])
        assert values(poll_until(source, values)) == [b"b"]


def test_who_is_not_let_in_is_told_at_once(tmp_path: Path, key: str) -> None:
    server = start_server(tmp_path, "requirepass right", "user watcher on >hunter2 ~other* +@read", password="right")
    with server:
        with source_of(server, key) as source, pytest.raises(SurroundingsError, match="does not let us in"):
            poll_until(source, values)
        with (
            source_of(server, key, "password=${PW}") as source,
            pytest.raises(SurroundingsError, match="does not let us in") as caught,
        ):
            poll_until(source, values)
        assert "hunter2" not in str(caught.value)
        with (
            source_of(server, key, "user=watcher&password=${PW}") as source,
            pytest.raises(SurroundingsError, match="may not do that"),
        ):
            poll_until(source, values)


def test_reads_by_tls_from_whom_the_authority_vouches_for(tmp_path: Path, key: str) -> None:
    certificate, secret = tmp_path / "cert.pem", tmp_path / "key.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names]
    subprocess.run([*make, "-keyout", secret, "-out", certificate], check=True, capture_output=True)
    port = free_port()
    files = [f"tls-cert-file {certificate}", f"tls-key-file {secret}", f"tls-ca-cert-file {certificate}"]
    with start_server(tmp_path / "data", f"tls-port {port}", *files, "tls-auth-clients no") as server:
        fill(server, key, [b"a"])
        address = f"rediss://localhost:{port}/{key}"
        trusting = open_source(f"{address}?ca={certificate}", Opening(stream="s"))
        assert values(poll_until(trusting, values)) == [b"a"]
        trusting.close()
        wary = open_source(address, Opening(stream="s"))
        with pytest.raises(SurroundingsError, match=r"name the authority's certificate with ca=FILE"):
            poll_until(wary, values)
        wary.close()


def test_rows_of_csv_are_refused(key: str) -> None:
    with pytest.raises(StreamError, match="has fields of its own"):
        open_source(f"redis://h/{key}", Opening(stream="s", format="csv"))
