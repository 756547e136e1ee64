"""Workers that die, labels in the middle of it, and the end in good order."""

import json
import os
import secrets
import signal
import socket
import threading
from pathlib import Path

import pytest

from tests.serve.load import under_load
from tests.serve.services import HalfSent, Service, rows_of, serving, wait_until


def test_a_worker_killed_under_load_is_replaced_and_the_service_goes_on(garden: Path) -> None:
    with serving(garden, "serve.workers=2", "serve.access_log=false") as running:
        before = running.workers()
        assert len(before) == 2
        with under_load(running.port) as load:
            wait_until(lambda: len(load.told) > 50, "answers")
            os.kill(before[0], signal.SIGKILL)
            wait_until(lambda: len(set(running.workers()) - set(before)) == 1, "another worker")
            want = len(load.told) + 100
            wait_until(lambda: len(load.told) > want, "answers after it")
        broken = [each for each in load.told if each.status != 200]
        # The connections of the dead worker break; nothing else does, and no answer is wrong.
        assert len(broken) <= 8
        assert all(each.status == 0 for each in broken)
        wait_until(lambda: "surtitle_workers 2.0" in running.call("GET", "/metrics").body.decode(), "two workers")
        _, _, err = running.stop()
    assert f"worker {before[0]} ended by signal 9" in err


@pytest.mark.parametrize("kills", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_labels_that_were_acknowledged_survive_kill_9(garden: Path, kills: int) -> None:
    acknowledged: set[str] = set()
    ended = threading.Event()
    with serving(garden, "serve.workers=2", "serve.access_log=false") as running:

        def send(sender: int) -> None:
            number = 0
            while not ended.is_set():
                ids = [f"{sender}-{number}-{place}" for place in range(20)]
                number += 1
                try:
                    answer = running.call("POST", "/labels", [{"id": each, "label": "1"} for each in ids])
                except (OSError, ConnectionError, json.JSONDecodeError, ValueError, EOFError):
                    continue
                except Exception as error:  # http.client's own, of a connection cut off
                    assert type(error).__module__ == "http.client"  # noqa: PT017 in a thread
                    continue
                if answer.status == 200:
                    acknowledged.update(ids)

        senders = [threading.Thread(target=send, args=(sender,)) for sender in range(3)]
        for sender in senders:
            sender.start()
        for _ in range(kills):
            want = len(acknowledged) + 60
            wait_until(lambda: len(acknowledged) >= want, "labels")  # noqa: B023 used at once
            victims = running.workers()
            os.kill(victims[0], signal.SIGKILL)
            # Used at once.
            wait_until(lambda: len(set(running.workers()) - set(victims)) == 1, "another worker")  # noqa: B023
        ended.set()
        for sender in senders:
            sender.join()
        running.stop()
    store = garden / ".surtitle" / "labels.db"
    assert rows_of(store, "PRAGMA integrity_check") == [("ok",)]
    stored = {row[0] for row in rows_of(store, "SELECT id FROM labels")}
    assert len(acknowledged) >= 60 * kills
    assert acknowledged <= stored
    # A batch is stored as a whole or not at all.
    batches = {each.rpartition("-")[0] for each in stored}
    assert stored == {f"{batch}-{place}" for batch in batches for place in range(20)}


def test_sigterm_fails_readiness_first_and_ends_what_is_in_flight(garden: Path) -> None:
    with serving(garden, "serve.drain_s=1.5") as running, under_load(running.port, clients=4, pause_s=0.005) as load:
        wait_until(lambda: len(load.told) > 20, "answers")
        running.process.send_signal(signal.SIGTERM)
        wait_until(lambda: running.call("GET", "/readyz").status == 503, "readiness to fail")
        assert running.decide({"text": "a"}).status == 200
        load.ended.set()
        wait_until(lambda: running.process.poll() is not None, "the end")
        assert running.process.returncode == 0
    assert [each for each in load.told if each.status != 200] == []


def test_a_request_in_flight_is_answered_after_sigterm(garden: Path) -> None:
    with serving(garden, "serve.workers=2") as running:
        half = HalfSent(running)
        wait_until(lambda: "surtitle_in_flight 1.0" in metrics_of(running), "the request in flight")
        running.process.send_signal(signal.SIGTERM)
        wait_until(lambda: len(running.workers()) == 1, "the worker with nothing to do to end")
        assert b" 200 OK" in half.finish()
        code, _, err = running.stop()
    assert code == 0, err


def test_who_comes_while_the_last_requests_end_is_refused_at_once_and_does_not_wait_in_vain(garden: Path) -> None:
    with serving(garden) as running:
        half = HalfSent(running)
        wait_until(lambda: "surtitle_in_flight 1.0" in metrics_of(running), "the request is there")
        running.process.send_signal(signal.SIGTERM)
        wait_until(lambda: _is_refused(running.port), "a connection is refused", within_s=5)
        assert running.process.poll() is None
        assert b" 200 " in half.finish()
        assert running.process.wait(timeout=30) == 0


@pytest.mark.parametrize("sent", [0, 30])
def test_a_request_that_arrives_just_after_the_end_was_told_is_answered(garden: Path, sent: int) -> None:
    body = b'{"text": "a"}'
    head = b"POST /decide HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(
        body
    )
    with serving(garden) as running, socket.create_connection(("127.0.0.1", running.port), timeout=30) as late:
        late.sendall(head[:sent])
        assert running.call("GET", "/healthz").status == 200  # the connection before it has been taken
        running.process.send_signal(signal.SIGTERM)
        wait_until(lambda: _is_refused(running.port), "a connection is refused", within_s=5)
        late.sendall(head[sent:] + body)
        answer = b"".join(iter(lambda: late.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 200 OK\r\n")
        assert b"\r\nconnection: close\r\n" in answer
        assert running.process.wait(timeout=30) == 0


def test_a_connection_on_which_nothing_comes_does_not_hold_up_the_end(garden: Path) -> None:
    with serving(garden, "serve.slow_s=60") as running, socket.create_connection(("127.0.0.1", running.port)) as silent:
        assert running.call("GET", "/healthz").status == 200
        running.process.send_signal(signal.SIGTERM)
        assert silent.recv(1) == b""
        assert running.process.wait(timeout=30) == 0


def _is_refused(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


def test_what_does_not_end_within_the_grace_is_cut_off_and_the_code_says_so(garden: Path) -> None:
    with serving(garden, "serve.grace_s=1", "serve.slow_s=60") as running:
        half = HalfSent(running)
        wait_until(lambda: "surtitle_in_flight 1.0" in metrics_of(running), "the request in flight")
        code, _, err = running.stop()
        half.close()
    assert code == 1
    assert "Traceback" not in err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_worker_that_is_still_starting_does_not_spoil_the_end(garden: Path, number: signal.Signals) -> None:
    with serving(garden, "serve.workers=2") as running:
        before = running.workers()
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: set(running.workers()) - set(before), "another worker")
        running.process.send_signal(number)
        _, err = running.process.communicate(timeout=60)
    assert running.process.returncode == 0, err


def test_a_worker_that_is_still_starting_may_be_told_to_look_at_the_registry(garden: Path) -> None:
    with serving(garden) as running:
        before = running.workers()
        os.kill(before[0], signal.SIGKILL)
        wait_until(lambda: set(running.workers()) - set(before), "another worker")
        running.process.send_signal(signal.SIGHUP)
        assert running.decide({"text": "a"}).status == 200
        _, _, err = running.stop()
    assert err.count("ended by signal") == 1


def metrics_of(running: Service) -> str:
    return running.call("GET", "/metrics").body.decode()


def test_while_a_long_request_runs_others_are_answered(garden: Path) -> None:
    with serving(garden, "serve.access_log=false") as running:

        def answered_meanwhile() -> int:
            # Words that are not remembered yet: reading them takes the longest.
            texts = [{"text": " ".join(secrets.token_hex(3) for _ in range(120))} for _ in range(1000)]
            long, found = HalfSent(running, json.dumps(texts).encode()), 0
            long.send_rest()
            while not long.is_answered():
                assert running.call("GET", "/healthz").status == 200
                found += not long.is_answered()
            assert b" 200 OK" in long.answer()
            return found

        wait_until(lambda: answered_meanwhile() >= 5, "answers while the long request runs")


def test_workers_end_when_the_supervisor_is_killed(garden: Path) -> None:
    with serving(garden, "serve.workers=2") as running:
        workers = running.workers()
        os.kill(running.pid, signal.SIGKILL)
        wait_until(lambda: not any(map(is_alive, workers)), "the end")


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_sighup_makes_it_look_at_once(garden: Path) -> None:
    from datetime import UTC, datetime

    from surtitle.cycle import registry_of
    from surtitle.project import load_project

    with serving(garden, "serve.poll_s=3600") as running:
        registry_of(load_project(garden)).set_alias("champion", 2, now=datetime.now(UTC), why="test")
        assert running.decide({"text": "a"}).json()["version"] == 1
        running.process.send_signal(signal.SIGHUP)
        wait_until(lambda: running.decide({"text": "a"}).json()["version"] == 2, "the new champion")


def test_too_many_at_once_are_told_to_come_again_and_health_is_not_among_them(garden: Path) -> None:
    with serving(garden, "serve.concurrency=2") as running:
        half = [HalfSent(running) for _ in range(2)]
        wait_until(lambda: running.call("GET", "/models").status == 503, "the limit")
        refused = running.decide({"text": "a"})
        assert refused.status == 503
        assert refused.headers["retry-after"] == "1"
        assert "serve.concurrency" in refused.json()["error"]
        assert running.call("GET", "/healthz").status == 200
        assert all(b" 200 OK" in each.finish() for each in half)
        assert running.decide({"text": "a"}).status == 200
