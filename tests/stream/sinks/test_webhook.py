import base64
import hashlib
import hmac
import random
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.errors import StreamError, SurroundingsError
from surtitle.stream.delivery import choose_delivery
from surtitle.stream.patience import Patience
from surtitle.stream.ports import Channel, Delivery, Lines, Opening, Sink
from surtitle.stream.sinks.webhook import WebhookSink, open_sink
from surtitle.stream.testing import MemorySource, check_sink
from surtitle.webhook.address import parse_address
from tests.stream.redis.server import free_port
from tests.webhook.receiver import Receiver, Reply


class Time:
    """A clock that goes on only when someone sleeps."""

    def __init__(self) -> None:
        self.now = 0.0
        self.waits: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.now += seconds


@contextmanager
def sink_to(
    url: str, time: Time | None = None, *, delivery: Delivery = "at-least-once", patience_s: float = 60.0
) -> Iterator[WebhookSink]:
    time = time or Time()
    address = parse_address(url, {"SECRET": "hunter2", "TOKEN": "t0ken"})
    addresses: dict[Channel, str] = {"decisions": url, "windows": url}
    sink = WebhookSink(
        dict.fromkeys(addresses, address),
        Patience(patience_s, clock=lambda: time.now, sleep=time.sleep),
        rng=random.Random(0),
    )
    sink.delivery = delivery
    sink.recover("", None)
    try:
        yield sink
    finally:
        sink.close()


def lines(*numbers: int, channel: Channel = "decisions") -> list[Lines]:
    return [Lines(channel, [b'{"n":%d}' % n for n in numbers], [f"in|p|{n}|1" for n in numbers], [None] * len(numbers))]


def taken(receiver: Receiver) -> list[list[int]]:
    return [[output["n"] for output in got.outputs] for got in receiver.got]


def test_keeps_the_promises_of_a_sink() -> None:
    with Receiver() as receiver:

        def make() -> Sink:
            return open_sink({"decisions": receiver.url}, Opening(stream="s"), MemorySource())

        check_sink(make, lambda: [got.body[1:-1] for got in receiver.got])


def test_outputs_come_in_order_as_json_lists_over_one_connection() -> None:
    with Receiver() as receiver, sink_to(f"{receiver.url}?team=7#batch=3&bearer=${{TOKEN}}") as sink:
        sink.write(lines(*range(7)) + lines(8, channel="windows"))
        assert taken(receiver) == [[0, 1, 2], [3, 4, 5], [6], [8]]
        assert {got.path for got in receiver.got} == {"/hook?team=7"}
        assert {got.headers["content-type"] for got in receiver.got} == {"application/json"}
        assert {got.headers["authorization"] for got in receiver.got} == {"Bearer t0ken"}


def test_a_request_is_signed_and_named() -> None:
    with Receiver() as receiver, sink_to(f"{receiver.url}#secret=${{SECRET}}") as sink:
        sink.write(lines(1))
        (got,) = receiver.got
    name, stamp = got.headers["webhook-id"], got.headers["webhook-timestamp"]
    content = f"{name}.{stamp}.".encode() + got.body
    digest = base64.b64encode(hmac.new(b"hunter2", content, hashlib.sha256).digest()).decode()
    assert got.headers["webhook-signature"] == f"v1,{digest}"
    assert got.headers["idempotency-key"] == name


def test_no_request_is_larger_than_a_megabyte_unless_one_output_is() -> None:
    values = [b'"%s"' % (b"x" * 400_000)] * 5 + [b'"%s"' % (b"x" * 2_000_000)]
    with Receiver() as receiver, sink_to(receiver.url) as sink:
        sink.write([Lines("decisions", values, [str(n) for n in range(6)], [None] * 6)])
        assert [len(got.outputs) for got in receiver.got] == [2, 2, 1, 1]


@pytest.mark.parametrize("reply", [Reply(500), Reply(502), Reply(503), Reply(429), Reply(408), Reply(0)])
def test_a_request_is_sent_again_under_the_same_name_until_it_is_taken(reply: Reply) -> None:
    time = Time()
    with Receiver(reply, reply) as receiver, sink_to(receiver.url, time) as sink:
        sink.write(lines(1, 2))
        assert taken(receiver) == [[1, 2]] * 3
        assert len({(got.headers["webhook-id"], got.body) for got in receiver.got}) == 1
    assert len(time.waits) == 2
    assert 0.05 <= time.waits[0] <= 0.1 <= time.waits[1] <= 0.2


def test_a_receiver_that_stalls_is_not_waited_for_without_end() -> None:
    with Receiver(Reply(stalls=True)) as receiver, sink_to(f"{receiver.url}#timeout_s=1") as sink:
        sink.write(lines(1))
        assert len(receiver.got) > 1
        assert len({(got.headers["webhook-id"], got.body) for got in receiver.got}) == 1


@given(st.integers(1, 40))
def test_waits_grow_but_never_beyond_half_a_minute(failures: int) -> None:
    time = Time()
    patience = Patience(float("inf"), clock=lambda: time.now, sleep=time.sleep)
    sink = WebhookSink({}, patience, rng=random.Random(failures))
    left = iter([("away", 0.0)] * failures + [("", 0.0)])
    sink._try = lambda *_: next(left)  # type: ignore[method-assign]  # the receiver is not the point here
    sink._deliver("decisions", "name", b"[]")
    assert len(time.waits) == failures
    for number, wait in enumerate(time.waits):
        assert 0.5 * min(30.0, 0.1 * 2**number) <= wait <= min(30.0, 0.1 * 2**number)


def test_waits_as_long_as_the_receiver_asks_for() -> None:
    time = Time()
    with Receiver(Reply(429, headers={"Retry-After": "17"})) as receiver, sink_to(receiver.url, time) as sink:
        sink.write(lines(1))
    assert time.waits == [17.0]


def test_does_not_wait_longer_than_it_may() -> None:
    time = Time()
    busy = Reply(503, b"come\nback later", {"Retry-After": "3600"})
    with (
        Receiver(busy) as receiver,
        sink_to(receiver.url, time) as sink,
        pytest.raises(
            SurroundingsError, match=r"has not taken outputs for 60 s \(503 come back later\).* kept in the state"
        ),
    ):
        sink.write(lines(1))
    assert time.waits == []


def test_gives_up_when_nobody_answers() -> None:
    time = Time()
    with (
        sink_to(f"http://127.0.0.1:{free_port()}/hook", time, patience_s=5.0) as sink,
        pytest.raises(SurroundingsError, match=r"has not taken outputs for 5 s \(.*refused"),
    ):
        sink.write(lines(1))
    assert 2.0 < time.now <= 5.0


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        (Reply(400, b"n is no string"), "400 n is no string; mend the receiver"),
        (Reply(401), "check #bearer"),
        (Reply(410), "410 ok; mend the receiver or the address"),
        (Reply(413), "send fewer at once with #batch, which is 100"),
        (Reply(302, b"", {"Location": "https://elsewhere/hook"}), "it points to https://elsewhere/hook"),
    ],
)
def test_a_refusal_ends_the_stream_and_says_why(reply: Reply, told: str) -> None:
    with Receiver(reply) as receiver, sink_to(f"{receiver.url}?token=${{TOKEN}}") as sink:
        with pytest.raises(SurroundingsError, match=f"{told}.*kept in the state") as caught:
            sink.write(lines(1))
        assert len(receiver.got) == 1
        assert "t0ken" not in str(caught.value)


def test_of_an_endless_answer_only_the_beginning_is_read() -> None:
    endless = Reply(200, b"x" * 300_000, {"Content-Length": "1000000000000"})
    with Receiver(endless) as receiver, sink_to(f"{receiver.url}#timeout_s=5") as sink:
        sink.write(lines(1))
        sink.write(lines(2))
        assert taken(receiver) == [[1], [2]]


@pytest.mark.parametrize("reply", [Reply(500), Reply(0), Reply(stalls=True)])
def test_at_most_once_does_not_send_again_what_may_have_been_taken(reply: Reply) -> None:
    with (
        Receiver(reply) as receiver,
        sink_to(f"{receiver.url}#timeout_s=1", delivery="at-most-once") as sink,
        pytest.raises(SurroundingsError, match="not known whether it has taken a request"),
    ):
        sink.write(lines(1))
    assert len(receiver.got) <= 1


def test_at_most_once_sends_again_what_was_not_taken() -> None:
    with Receiver(Reply(503), Reply(429)) as receiver, sink_to(receiver.url, delivery="at-most-once") as sink:
        sink.write(lines(1))
        assert taken(receiver) == [[1]] * 3


def test_exactly_once_is_refused_with_the_reason() -> None:
    sink = open_sink({"decisions": "https://h/hook"}, Opening(stream="s"), MemorySource())
    with pytest.raises(StreamError, match="a receiver cannot be asked after a crash"):
        choose_delivery("exactly-once", MemorySource(), sink)
    assert choose_delivery("auto", MemorySource(), sink) == "at-least-once"


def test_posts_by_tls_to_whom_the_authority_vouches_for(tmp_path: Path) -> None:
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"]
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *names]
    subprocess.run([*make, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    trust = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trust.load_cert_chain(certificate, key)
    with Receiver(trust=trust) as receiver:
        with sink_to(f"{receiver.url}#ca={certificate}") as sink:
            sink.write(lines(1))
        assert taken(receiver) == [[1]]
        with sink_to(receiver.url) as sink, pytest.raises(SurroundingsError, match="its certificate is not trusted"):
            sink.write(lines(2))
    with (
        pytest.raises(StreamError, match=r"ca=.*absent\.pem cannot be used"),
        sink_to(f"https://h/#ca={tmp_path}/absent.pem"),
    ):
        pass
