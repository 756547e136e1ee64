"""A stream that posts, and who it posts to, are killed at random moments; the receiver is a bad one besides."""

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from surtitle.stream.ports import CHANNELS, Delivery
from tests.processes import die_with_parent
from tests.stream.redis.server import free_port
from tests.stream.torture import compare, life, run_stream, write_events

ROOT = Path(__file__).parents[3]


class Taker:
    """A receiver in a process of its own, with a file of what it has taken."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.file = folder / "taken.jsonl"
        self._starts = 0
        self.start()

    def start(self) -> None:
        self._starts += 1
        command = [sys.executable, "-m", "tests.webhook.receiver", str(self.port), str(self.file)]
        self._process = subprocess.Popen(
            [*command, str(self._starts)], cwd=ROOT, stdout=subprocess.PIPE, preexec_fn=die_with_parent
        )
        assert self._process.stdout is not None
        with self._process.stdout as told:
            assert told.readline() == b"ready\n"

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def taken(self) -> list[dict[str, Any]]:
        """What it has taken, but for a line that was torn by its death, which it never confirmed."""
        requests = []
        for line in self.file.read_bytes().splitlines():
            try:
                requests.append(json.loads(line))
            except ValueError:
                continue
        return requests


@contextmanager
def taker(folder: Path) -> Iterator[Taker]:
    made = Taker(folder)
    try:
        yield made
    finally:
        made.kill()


def torture(folder: Path, receiver: Taker, *, events: int, kills: int, delivery: Delivery) -> list[dict[str, Any]]:
    rng = random.Random(0)
    write_events(folder / "in.jsonl", events, 0)
    url = f"http://127.0.0.1:{receiver.port}/hook#batch=20"
    run = partial(run_stream, folder, str(folder / "in.jsonl"), dict.fromkeys(CHANNELS, url), delivery)

    def meanwhile(dies: bool) -> None:
        time.sleep(rng.uniform(0.0, 0.1))  # a random moment
        if dies:
            receiver.kill()
            time.sleep(rng.uniform(0.0, 0.2))
            receiver.start()
            time.sleep(rng.uniform(0.0, 0.2))

    for number in range(kills):
        life(partial(run, max(10, events // kills // 4)), partial(meanwhile, number % 5 == 0))
    while not life(partial(run, 5000), None):
        pass
    return receiver.taken()


def sort_out(folder: Path, requests: list[dict[str, Any]]) -> None:
    """Do as a receiver should: drop what has a known name, and keep the rest by kind."""
    outputs = [
        output for request in {each["id"]: each for each in requests}.values() for output in json.loads(request["body"])
    ]
    for channel in CHANNELS:
        kept = [json.dumps(output) + "\n" for output in outputs if output["kind"] == channel.removesuffix("s")]
        (folder / f"{channel}.jsonl").write_text("".join(kept))


def require_once_for_who_drops_known_names(folder: Path, *, events: int, kills: int) -> None:
    with taker(folder) as receiver:
        requests = torture(folder, receiver, events=events, kills=kills, delivery="at-least-once")
    by_name: dict[str, set[str]] = {}
    for request in requests:
        by_name.setdefault(request["id"], set()).add(request["body"])
    assert {len(bodies) for bodies in by_name.values()} == {1}
    assert len(requests) > len(by_name), "the receiver was to be sent some requests again"
    sort_out(folder, requests)
    found = compare(folder)
    assert found["lost"] == found["twice"] == found["windows_twice"] == found["late"] == 0, found
    assert found["tumbling_as_pandas"], found
    assert found["sessions_as_pandas"], found


def test_who_drops_known_names_sees_each_output_once(tmp_path: Path) -> None:
    require_once_for_who_drops_known_names(tmp_path, events=1_500, kills=5)


@pytest.mark.slow
def test_who_drops_known_names_sees_each_output_once_over_thirty_kills(tmp_path: Path) -> None:
    require_once_for_who_drops_known_names(tmp_path, events=12_000, kills=30)
