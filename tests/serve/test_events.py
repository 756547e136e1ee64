"""`POST /events`: what was acknowledged is decided, once, whoever is killed."""

import http.client
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from surtitle.spool import FILE_NAME
from surtitle.stream.ports import CHANNELS, Channel
from tests.serve.services import Service, rows_of, serving, wait_until
from tests.stream.torture import life, run_stream


def stored(folder: Path) -> list[dict[str, str]]:
    return [json.loads(value) for (value,) in rows_of(folder / ".surtitle" / FILE_NAME, "SELECT value FROM events")]


def test_events_are_stored_as_they_came(garden: Path) -> None:
    event = {"id": "c1", "text": "zwölf", "votes": 3}
    with serving(garden) as running:
        assert running.call("POST", "/events", event).json() == {"stored": 1}
        assert running.call("POST", "/events", [event, {}]).json() == {"stored": 2}
        assert "surtitle_events_total 3.0" in running.call("GET", "/metrics").body.decode()
    assert stored(garden) == [event, event, {}]


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        (b"", 400, "not JSON"),
        (b"[1]", 400, "wrong shape"),
        (b'"text"', 400, "wrong shape"),
        (b'{"text": "\xff"}', 400, "UTF-8"),
        (b"[" + b",".join([b"{}"] * 1001) + b"]", 413, "serve.max_texts"),
        (b"a" * 1_000_001, 413, "serve.max_body_bytes"),
    ],
)
def test_what_is_wrong_is_refused(service: Service, body: bytes, status: int, message: str) -> None:
    answer = service.call("POST", "/events", body)
    assert answer.status == status
    assert message in answer.json()["error"]


def test_more_than_may_wait_is_refused_with_when_to_try_again(garden: Path) -> None:
    with serving(garden, "serve.spool_mb=1") as running:
        answers = [running.call("POST", "/events", {"text": "x" * 100_000}) for _ in range(15)]
    assert {answer.status for answer in answers} == {200, 503}
    assert answers[-1].status == 503
    assert "wait for the stream; is it running?" in answers[-1].json()["error"]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert len(stored(garden)) == sum(answer.status == 200 for answer in answers)


def test_the_stream_decides_while_more_is_posted(garden: Path) -> None:
    out = garden / "decisions.jsonl"
    command = [sys.executable, "-m", "surtitle.cli", "stream", "--project", str(garden), "--in", "spool://"]
    command += ["--out", str(out)]  # the labelled data calls its columns something else

    def decided() -> list[str]:
        return [json.loads(line)["id"] for line in out.read_text().splitlines()] if out.exists() else []

    with serving(garden) as running:
        running.call("POST", "/events", [{"id": "a", "text": "you dummy"}, {"id": "no text"}])
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as stream:
            wait_until(lambda: decided() == ["a"], "the first decision", within_s=120)
            running.call("POST", "/events", {"id": "b", "text": "a rose"})
            wait_until(lambda: decided() == ["a", "b"], "the second decision", within_s=120)
            stream.terminate()
            _, err = stream.communicate(timeout=60)
        assert stream.returncode == 0, err
    assert "exactly-once" in err
    assert "3 records in all: 2 on time, 0 late, 1 dead letters" in err


@pytest.mark.parametrize("kills", [3, pytest.param(10, marks=pytest.mark.slow)])
def test_what_was_acknowledged_is_decided_once_whoever_is_killed(garden: Path, tmp_path: Path, kills: int) -> None:
    acknowledged = post_while_workers_are_killed(garden, kills)
    there = {event["id"] for event in stored(garden)}
    assert acknowledged <= there
    source = f"spool://{garden / '.surtitle' / FILE_NAME}"
    sinks: dict[Channel, str] = {channel: str(tmp_path / f"{channel}.jsonl") for channel in CHANNELS}
    run = partial(run_stream, tmp_path, source, sinks, "exactly-once", 10, stop_at=len(there))
    rng = random.Random(0)
    for _ in range(kills):
        life(run, lambda: time.sleep(rng.uniform(0.0, 0.1)))  # the random moment
    while not life(run, None):
        pass
    decided = [json.loads(line)["id"] for line in (tmp_path / "decisions.jsonl").read_text().splitlines()]
    assert len(decided) == len(set(decided))
    assert set(decided) == there
    assert stored(garden) == []  # what is decided no longer waits


def post_while_workers_are_killed(garden: Path, kills: int) -> set[str]:
    """Return the ids of the events that the service has said are stored."""
    acknowledged: set[str] = set()
    ended = threading.Event()

    def send(running: Service, sender: int) -> None:
        for number in itertools.count():
            if ended.is_set():
                return
            ids = [f"{sender}-{number}-{place}" for place in range(20)]
            try:
                answer = running.call("POST", "/events", [{"id": each, "text": "hello"} for each in ids])
            except (OSError, http.client.HTTPException):  # the worker was killed
                continue
            if answer.status == 200:
                acknowledged.update(ids)

    with serving(garden, "serve.workers=2", "serve.access_log=false") as running:
        senders = [threading.Thread(target=send, args=(running, sender)) for sender in range(3)]
        for each in senders:
            each.start()
        for _ in range(kills):
            want = len(acknowledged) + 60
            wait_until(lambda: len(acknowledged) >= want, "events")  # noqa: B023 used at once
            victims = running.workers()
            os.kill(victims[0], signal.SIGKILL)
            # Used at once.
            wait_until(lambda: len(set(running.workers()) - set(victims)) == 1, "another worker")  # noqa: B023
        ended.set()
        for each in senders:
            each.join()
        running.stop()
    return acknowledged
