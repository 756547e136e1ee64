"""Requests that are broken, hostile or endless: a clear 4xx or a closed connection, and memory stays flat."""

import socket
from collections.abc import Iterator

import pytest

from tests.serve.services import Service, resident_bytes, wait_until

MB = 1_000_000
POST = b"POST /decide HTTP/1.1\r\nhost: x\r\n"
# What a request may leave behind: buffers, a thread's stack, metrics.
SLACK = 25 * MB


def talk(service: Service, sent: bytes) -> bytes:
    """Send bytes as they are and return all that comes back until the connection closes."""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as line:
        line.sendall(sent)
        line.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: line.recv(65_536), b""))


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"GARBAGE\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\n\r\n", 400),
        (b"GET /docs\x00 HTTP/1.1\r\nhost: x\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nhost x\r\n\r\n", 400),
        (POST + b"content-length: -1\r\n\r\n", 400),
        (POST + b"content-length: 99999999999999999999999\r\n\r\n", 400),
        (POST + b"content-length: 2\r\ncontent-length: 3\r\n\r\nab", 400),
        (POST + b"content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (POST + b"transfer-encoding: chunked\r\n\r\nZZ\r\n", 400),
        (POST + b"content-length: 9000000000\r\n\r\n", 413),
        (POST + b'connection: close\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"a":\r\n0\r\n\r\n', 400),
        (b"GET /healthz HTTP/1.1\r\n" + b"".join(b"x-%d: y\r\n" % i for i in range(65)) + b"\r\n", 431),
        (b"GET /healthz HTTP/1.1\r\nx: " + b"y" * 20_000 + b"\r\n\r\n", 431),
        (b"GET /" + b"a" * 20_000, 431),
    ],
)
def test_what_is_not_http_or_too_large_a_head_is_refused(service: Service, sent: bytes, status: int) -> None:
    answer = talk(service, sent)
    assert answer.startswith(b"HTTP/1.1 %d " % status), answer[:200]
    assert b'{"error":"' in answer
    assert service.call("GET", "/healthz").status == 200


def test_a_client_that_sends_its_head_byte_by_byte_is_cut_off(service: Service) -> None:
    got = b""
    with socket.create_connection(("127.0.0.1", service.port), timeout=0.1) as line:

        def is_cut_off() -> bool:
            nonlocal got
            try:
                line.sendall(b"x")
                piece = line.recv(4096)
            except TimeoutError:
                return False
            except OSError:
                return True
            got += piece
            return not piece

        wait_until(is_cut_off, "the connection to be cut")
    assert got == b"" or got.startswith(b"HTTP/1.1 4")


@pytest.mark.parametrize("start", [b"", b"GET /heal", POST + b"content-length: 100\r\n\r\n{"])
def test_a_client_that_stops_half_way_is_told_and_cut_off(service: Service, start: bytes) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as line:
        line.sendall(start)
        answer = b"".join(iter(lambda: line.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b"serve.slow_s" in answer


def test_many_half_sent_requests_do_not_keep_others_out(service: Service) -> None:
    lines = [socket.create_connection(("127.0.0.1", service.port), timeout=20) for _ in range(300)]
    try:
        for line in lines:
            line.sendall(b"POST /decide HTTP/1.1\r\n")
        assert service.decide({"text": "a"}).status == 200
    finally:
        for line in lines:
            line.close()


def _endless(total: int) -> Iterator[bytes]:
    piece = b'{"text":"' + b"a" * (1 << 16)
    for _ in range(total // len(piece)):
        yield piece


@pytest.mark.parametrize("chunked", [True, False])
def test_a_body_of_a_gigabyte_is_cut_off_at_the_limit(service: Service, chunked: bool) -> None:
    (worker,) = service.workers()
    before = resident_bytes(worker)
    head = b"transfer-encoding: chunked" if chunked else b"content-length: 1000000000"
    sent = 0
    answer = b""
    with socket.create_connection(("127.0.0.1", service.port), timeout=20) as line:
        try:
            line.sendall(POST + head + b"\r\n\r\n")
            for piece in _endless(1000 * MB):
                line.sendall(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
                sent += len(piece)
            answer = line.recv(65_536)
        except OSError:
            pass
    assert sent < 100 * MB
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413 ")
    assert resident_bytes(worker) - before < SLACK


def test_a_body_a_little_over_the_limit_gets_its_413(service: Service) -> None:
    for size in (MB + 1, 4 * MB):
        answer = service.decide(b"a" * size)
        assert answer.status == 413
        assert answer.headers["connection"] == "close"


def test_a_client_that_does_not_read_is_cut_off(service: Service) -> None:
    (worker,) = service.workers()
    before = resident_bytes(worker)
    request = b"GET /openapi.json HTTP/1.1\r\nhost: x\r\n\r\n" * 50
    with socket.create_connection(("127.0.0.1", service.port), timeout=0.2) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)

        def is_cut_off() -> bool:
            try:
                line.sendall(request)
            except TimeoutError:
                return False
            except OSError:
                return True
            return False

        wait_until(is_cut_off, "the connection to be cut")
    assert resident_bytes(worker) - before < SLACK
    assert service.call("GET", "/healthz").status == 200


def test_memory_stays_flat_over_a_thousand_broken_requests(service: Service) -> None:
    (worker,) = service.workers()
    bodies = [
        b'{"text":"' + b"a" * 900_000,
        b"[" * 900_000,
        b'{"text":' + b"9" * 900_000 + b"}",
        b'{"text":"\xff' + b"\xfe" * 900_000 + b'"}',
        b'[{"text":1},' * 70_000,
    ]
    for body in bodies * 4:
        service.decide(body)
    before = resident_bytes(worker)
    for body in bodies * 40:
        assert service.decide(body).status in (400, 413)
    assert resident_bytes(worker) - before < SLACK
