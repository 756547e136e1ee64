"""`surtitle labels add kafka://...`, against a broker."""

import json
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from surtitle.errors import ExitCode
from tests.cli.conftest import Run
from tests.kafka.broker import Broker
from tests.kafka.topics import create_topic, fill
from tests.processes import die_with_parent


def labels(first: int, last: int) -> list[bytes]:
    return [json.dumps({"id": f"c{number}", "label": number % 2}).encode() for number in range(first, last)]


def stored(project: Path) -> list[str]:
    with closing(sqlite3.connect(project / ".surtitle" / "labels.db")) as db:
        return [row[0] for row in db.execute("SELECT id FROM labels ORDER BY id")]


def committed(broker: Broker, topic: str, partitions: int) -> int:
    """Return how many records the group is told to have read."""
    consumer = Consumer({**broker.client_settings, "group.id": f"moderation.labels.{topic}"})
    try:
        found = consumer.committed([TopicPartition(topic, number) for number in range(partitions)], timeout=30)
        return sum(max(each.offset, 0) for each in found)
    finally:
        consumer.close()


def test_a_topic_is_read_to_its_present_end_and_on_from_there(kafka: Broker, project: Path, run: Run) -> None:
    topic = create_topic(kafka, partitions=2)
    fill(kafka, topic, labels(0, 500), partitions=2)
    command = ("labels", "add", f"kafka://{kafka.address}/{topic}", "--project", project, "--json")
    assert run(*command).json() == {"stored": 500, "known": 0, "bad_rows": 0, "faults": []}
    assert committed(kafka, topic, 2) == 500
    fill(kafka, topic, [*labels(400, 600), b"not a label"], partitions=2)
    again = run(*command)
    assert again.code == ExitCode.REFUSED
    result = again.json()
    assert (result["stored"], result["known"], result["bad_rows"]) == (100, 100, 1)
    assert result["faults"][0]["where"].startswith(f"{topic}-0, offset ")
    assert len(stored(project)) == 600
    assert run(*command).json()["known"] == 0


def test_labels_read_again_after_a_crash_before_the_commit_are_stored_once(
    kafka: Broker, project: Path, run: Run
) -> None:
    """Another group reads everything anew, as one does whose offsets were not committed."""
    topic = create_topic(kafka)
    fill(kafka, topic, labels(0, 50))
    address = f"kafka://{kafka.address}/{topic}"
    assert run("labels", "add", address, "--project", project, "--json").json()["stored"] == 50
    again = run("labels", "add", f"{address}?group=another-{topic}", "--project", project, "--json").json()
    assert (again["stored"], again["known"]) == (0, 50)


@pytest.mark.slow
@pytest.mark.parametrize("blow", [signal.SIGINT, signal.SIGKILL])
def test_following_stores_what_comes_and_a_kill_loses_nothing(
    kafka: Broker, project: Path, blow: signal.Signals
) -> None:
    topic = create_topic(kafka)
    address = f"kafka://{kafka.address}/{topic}?session.timeout.ms=6000"
    command = [sys.executable, "-m", "surtitle.cli", "labels", "add", address, "--follow", "--project", str(project)]
    for first in (0, 1000, 2000):
        fill(kafka, topic, labels(first, first + 1000))
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=die_with_parent
        ) as process:
            wait_until_stored(project, first + 1, process)
            process.send_signal(blow)
            _, told = process.communicate(timeout=60)
        assert process.returncode == (-signal.SIGKILL if blow == signal.SIGKILL else ExitCode.DONE), told
    last = subprocess.run([part for part in command if part != "--follow"], capture_output=True, check=True)
    assert len(stored(project)) == 3000, last.stderr


def wait_until_stored(project: Path, count: int, process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end:
        assert process.poll() is None, process.communicate()
        # The file is there a moment before its table is.
        with suppress(sqlite3.OperationalError):
            if (project / ".surtitle" / "labels.db").exists() and len(stored(project)) >= count:
                return
        time.sleep(0.05)
    raise AssertionError("nothing was stored")


def test_a_topic_that_is_not_there_is_told(kafka: Broker, project: Path, run: Run) -> None:
    ran = run("labels", "add", f"kafka://{kafka.address}/none-such", "--project", project)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "none-such" in ran.err


def test_what_is_neither_file_nor_topic_is_refused(project: Path, run: Run) -> None:
    ran = run("labels", "add", "redis://localhost/verdicts", "--project", project)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "kafka://HOST:PORT/TOPIC" in ran.err
    ran = run("labels", "add", project / "verdicts.csv", "--follow", "--project", project)
    assert ran.code == ExitCode.WRONG_INPUT
    assert "--follow" in ran.err
