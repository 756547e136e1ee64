import itertools
import socket
import time
from typing import Any

import pytest

from surtitle.errors import SurroundingsError, UsageError
from surtitle.serve.bench import LoadPlan, LoadReport, make_requests, parse_target, run_load
from tests.serve.bench.service import GOOD, Answer, Service, running

STALL_S = 0.5


def load(service: Service, **plan: Any) -> LoadReport:
    target = parse_target(service.url)
    return run_load(target, make_requests(target, ["so kind", "a dummy"]), LoadPlan(**{"connections": 2, **plan}))


def loaded(answer: Answer, **plan: Any) -> LoadReport:
    with running(answer) as service:
        return load(service, **plan)


def test_so_many_requests_are_sent_and_counted() -> None:
    with running() as service:
        report = load(service, requests=25)
    assert (report.answered, report.failed, report.unsent) == (25, {}, 0)
    assert len(service.requests) == 25
    assert {request.partition(b"\r\n\r\n")[2] for request in service.requests} == {
        b'{"text":"so kind"}',
        b'{"text":"a dummy"}',
    }
    assert report.p50_ms is not None
    assert report.max_ms is not None
    assert 0 < report.p50_ms <= report.max_ms
    assert sum(count for _, count in report.bars) == 25


def test_it_ends_when_the_time_is_over() -> None:
    report = loaded(lambda number, request: GOOD, seconds=0.3)
    assert 0.2 < report.seconds < 5
    assert report.answered > 0


@pytest.mark.parametrize("chunked", [False, True])
def test_an_answer_in_pieces_is_waited_for(chunked: bool) -> None:
    body = b"x" * 300_000
    plain = b"HTTP/1.1 200 OK\r\nContent-Length: 300000\r\n\r\n" + body
    pieces = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n493e0\r\n" + body + b"\r\n0\r\n\r\n"
    report = loaded(lambda number, request: pieces if chunked else plain, requests=6)
    assert (report.answered, report.failed) == (6, {})


def test_failures_are_counted_by_what_they_are() -> None:
    answers = itertools.cycle(
        [
            GOOD,
            b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 429 Slow\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            None,
            b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        ]
    )
    report = loaded(lambda number, request: next(answers), requests=20, connections=1)
    assert report.answered == 4
    assert report.failed == {"503": 4, "429": 4, "connection": 8}
    assert sum(each.failed for each in report.timeline) == 16


def test_an_answer_that_does_not_come_is_a_timeout() -> None:
    report = loaded(lambda number, request: b"HTTP/1.1 200 OK\r\nContent-Le", requests=2, timeout_s=0.05)
    assert (report.answered, report.failed) == (0, {"timeout": 2})
    assert report.p50_ms is None


def stalling() -> Answer:
    """Stall once, for half a second, as a service does that collects garbage."""

    def answer(number: int, request: bytes) -> bytes:
        if number == 20:
            time.sleep(STALL_S)
        return GOOD

    return answer


def test_a_stall_is_charged_with_all_that_had_to_wait() -> None:
    """At 100 a second, half a second keeps 50 waiting: a quarter of 200 and more than a tenth is late by over 100 ms.

    A closed loop sees one slow request for each connection, which is what coordinated omission means.
    """
    open_loop = loaded(stalling(), requests=200, per_s=100.0)
    closed_loop = loaded(stalling(), requests=200)
    assert open_loop.asked_per_s == 100.0
    late = sum(count for end_ms, count in open_loop.bars if end_ms > 100)
    assert late > 20
    assert sum(count for end_ms, count in closed_loop.bars if end_ms > 100) <= 10


def test_the_rate_is_kept() -> None:
    report = loaded(lambda number, request: GOOD, requests=60, per_s=200.0)
    assert report.seconds >= 0.29
    assert report.answered == 60


def test_what_was_due_and_not_sent_is_told() -> None:
    def slow(number: int, request: bytes) -> bytes:
        time.sleep(0.05)
        return GOOD

    report = loaded(slow, seconds=0.4, per_s=500.0, connections=1)
    assert report.unsent > 100
    assert report.answered + report.unsent == 200


def test_nobody_there_is_a_fault_of_the_surroundings() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    target = parse_target(f"http://127.0.0.1:{port}")
    with pytest.raises(SurroundingsError, match="surtitle serve"):
        run_load(target, make_requests(target, ["a"]), LoadPlan(connections=1, requests=1))


@pytest.mark.parametrize(
    ("plan", "named"),
    [
        ({}, "--seconds or --requests"),
        ({"seconds": 1.0, "requests": 1}, "--seconds or --requests"),
        ({"seconds": 0.0}, "--seconds"),
        ({"seconds": float("nan")}, "--seconds"),
        ({"seconds": float("inf")}, "--seconds"),
        ({"requests": 0}, "--requests"),
        ({"requests": 1, "per_s": -1.0}, "--rate"),
        ({"requests": 1, "timeout_s": 0.0}, "--timeout"),
        ({"requests": 1, "connections": 0}, "--connections"),
        ({"requests": 1, "connections": 5_000}, "--connections"),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(plan: dict[str, Any], named: str) -> None:
    with pytest.raises(UsageError, match=named):
        LoadPlan(**{"connections": 1, **plan}).check()
