"""nginx and supervisord with the generated files, started for real: restarts, slow clients, limits."""

import http.client
import json
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve.services import wait_until
from tests.ship.deploy.box import RunningBox, Traffic, running_box

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def box(garden_once: Path) -> Iterator[RunningBox]:
    with running_box(garden_once) as running:
        yield running


@pytest.mark.parametrize("path", ["/decide", "/events"])
def test_no_request_fails_while_the_services_are_started_anew_one_after_the_other(box: RunningBox, path: str) -> None:
    with Traffic(box, path=path) as traffic:
        wait_until(lambda: traffic.total > 30, "traffic flows", within_s=120)
        done = subprocess.run(
            [box.folder / "rolling-restart"], capture_output=True, text=True, timeout=300, check=False
        )
        after = traffic.total
        wait_until(lambda: traffic.total > after + 30, "traffic goes on", within_s=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("started") == 2, done.stdout
    assert traffic.broken == []
    assert set(traffic.answers) == {200}


def test_no_request_fails_when_one_service_is_killed(box: RunningBox) -> None:
    with Traffic(box) as traffic:
        wait_until(lambda: traffic.total > 30, "traffic flows", within_s=120)
        box.control("signal", "KILL", f"serve:serve_{box.base_port + 1}")
        after = traffic.total
        wait_until(lambda: traffic.total > after + 30, "traffic goes on", within_s=120)
    assert traffic.broken == []
    wait_until(
        lambda: "RUNNING" in box.control("status", f"serve:serve_{box.base_port + 1}"),
        "it is started again",
        within_s=120,
    )


def test_a_client_that_sends_slowly_holds_no_worker(box: RunningBox) -> None:
    body = b'{"text": "you dummy"}'
    with box.raw() as slow:
        slow.sendall(
            b"POST /decide HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-length: %d\r\n\r\n" % len(body)
        )
        slow.sendall(body[:5])
        time.sleep(1.2)  # longer than the services take to tell their numbers
        assert [box.metric(each, "surtitle_in_flight") for each in (1, 2)] == [0.0, 0.0]
        assert box.call("POST", "/decide", {"text": "so kind"}).status == 200
        slow.sendall(body[5:])
        answer = b"".join(iter(lambda: slow.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 200 OK")


def test_a_client_that_never_ends_is_closed_in_time(box: RunningBox) -> None:
    with box.raw() as slow:
        slow.sendall(b"POST /decide HTTP/1.1\r\nhost: localhost\r\ncontent-length: 100\r\n\r\n{")
        slow.settimeout(60)
        began = time.monotonic()
        assert b" 200 " not in slow.recv(65_536)
    assert time.monotonic() - began < 50  # serve.slow_s is 20


def test_a_body_that_is_too_long_gets_the_answer_of_the_service_from_nginx(box: RunningBox) -> None:
    before = [box.metric(each, "surtitle_requests_total") for each in (1, 2)]
    answer = box.call("POST", "/decide", b'{"text": "' + b"a" * 1_000_000 + b'"}')
    assert answer.status == 413
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == {"error": "the body is longer than serve.max_body_bytes = 1,000,000; send fewer texts"}
    counted = [box.metric(each, "surtitle_requests_total") for each in (1, 2)]
    assert sum(counted) - sum(before) <= 4  # those of the metrics themselves


def test_a_body_at_the_limit_reaches_the_service(box: RunningBox) -> None:
    texts = json.dumps([{"text": "a" * 40_000} for _ in range(20)]).encode()
    answer = box.call("POST", "/decide", texts)
    assert (answer.status, len(answer.json())) == (200, 20)


def test_what_the_service_refuses_keeps_its_own_words(box: RunningBox) -> None:
    answer = box.call("POST", "/decide", {"text": "a" * 60_000})
    assert answer.status == 413
    assert "serve.max_text_chars" in answer.json()["error"]
    assert box.call("GET", "/nowhere").status == 404
    assert "x-request-id" in answer.headers


@pytest.mark.parametrize(
    ("head", "status", "words"),
    [
        (
            b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nx-a: " + b"a" * 20_000 + b"\r\n\r\n",
            431,
            "serve.max_header_bytes",
        ),
        (b"GET /" + b"a" * 20_000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n", 414, "path"),
        (b"GET /healthz HTTP/1.1\r\n\r\n", 400, "cannot be read|can be read"),
    ],
)
def test_nginx_turns_away_in_the_words_of_the_api(box: RunningBox, head: bytes, status: int, words: str) -> None:
    with box.raw() as connection:
        connection.sendall(head)
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    assert answer.startswith(b"HTTP/1.1 %d " % status)
    said = json.loads(answer.rpartition(b"\r\n\r\n")[2])["error"]
    assert any(each in said for each in words.split("|"))


def test_metrics_are_not_open_to_the_outside(box: RunningBox) -> None:
    answer = box.call("GET", "/metrics")
    assert (answer.status, list(answer.json())) == (403, ["error"])


def test_without_tls_nobody_is_answered(box: RunningBox) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", box.tls_port, timeout=30)
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    assert (answer.status, "error" in json.loads(answer.read())) == (400, True)
    connection.close()


def test_one_address_that_asks_too_much_is_slowed_down_and_told_when_to_come_back(box: RunningBox) -> None:
    answers: list[tuple[int, dict[str, str]]] = []

    def ask() -> None:
        connection = box.connect()
        for _ in range(120):
            connection.request("GET", "/healthz")
            answer = connection.getresponse()
            answer.read()
            answers.append((answer.status, {name.lower(): value for name, value in answer.getheaders()}))
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    refused = [headers for status, headers in answers if status == 429]
    assert {status for status, _ in answers} == {200, 429}
    assert refused
    assert refused[0]["retry-after"] == "1"
    time.sleep(1.1)  # as it was told
    assert box.call("GET", "/healthz").status == 200


def test_an_event_that_was_handed_over_is_decided_by_the_stream(box: RunningBox) -> None:
    assert box.call("POST", "/events", {"id": "e1", "text": "you dummy"}).status == 200
    decisions = box.folder.parents[1] / ".surtitle/decisions.jsonl"
    wait_until(
        lambda: decisions.exists() and '"id":"e1"' in decisions.read_text(), "the stream decides it", within_s=60
    )


def test_the_docs_page_of_the_service_may_ask_through_the_proxy(box: RunningBox) -> None:
    origin = f"https://localhost:{box.tls_port}"
    assert box.call("POST", "/decide", {"text": "so kind"}, {"Origin": origin}).status == 200
    assert box.call("POST", "/decide", {"text": "so kind"}, {"Origin": "https://elsewhere.example"}).status == 403
