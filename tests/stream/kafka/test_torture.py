"""Processes and brokers are killed at random moments; what a consumer of committed records sees must not tell."""

import random
import time
from pathlib import Path

import pytest

from tests.kafka.broker import Broker
from tests.kafka.crew import Crew, closers, comments, expected_windows, seen_windows
from tests.kafka.fixtures import start_broker
from tests.kafka.topics import read
from tests.stream.kafka.verdicts import decided, require_exactly_once, written
from tests.stream.redis.fixtures import start_server


def torture(crew: Crew, *, events: int, kills: int, broker_kills: int = 0, seed: int = 0) -> None:
    """Write events bit by bit, and kill the process, and now and then the broker, after each bit."""
    rng = random.Random(seed)
    share = events // kills // crew.partitions * crew.partitions
    for number in range(kills):
        crew.write(comments(number * share, share))
        process = crew.start(wait=rng.random() < 0.8)
        time.sleep(rng.uniform(0.0, 0.4))  # a random moment is what is wanted
        if broker_kills and number % (kills // broker_kills) == 0:
            crew.broker.kill()
            time.sleep(rng.uniform(0.0, 0.2))
            if rng.random() < 0.5:
                crew.broker.start()
                time.sleep(rng.uniform(0.0, 2.0))
                crew.kill(process)
            else:
                crew.kill(process)
                crew.broker.start()
            continue
        crew.kill(process)
    crew.write(closers(crew.partitions))
    last = crew.start()
    crew.wait_until_done()
    last.terminate()
    assert last.wait(30) == 0, crew.log()


def test_killed_at_random_moments_every_event_is_decided_once(kafka: Broker, tmp_path: Path) -> None:
    with Crew(kafka, tmp_path) as crew:
        torture(crew, events=6_000, kills=6)
        require_exactly_once(crew)


@pytest.mark.slow
def test_at_least_once_loses_nothing(kafka: Broker, tmp_path: Path) -> None:
    with Crew(kafka, tmp_path, delivery="at-least-once") as crew:
        torture(crew, events=3_000, kills=3)
        assert decided(crew).keys() == written(crew)
        assert set(seen_windows(crew)) == expected_windows(read(kafka, crew.topic), crew.topic)


@pytest.mark.slow
def test_at_most_once_decides_nothing_twice(kafka: Broker, tmp_path: Path) -> None:
    with Crew(kafka, tmp_path, delivery="at-most-once") as crew:
        torture(crew, events=3_000, kills=3)
        counts = decided(crew)
        assert counts.keys() <= written(crew)
        assert max(counts.values()) == 1
        windows = seen_windows(crew)
        assert len(windows) == len(set(windows))


@pytest.mark.slow
def test_into_redis_every_event_is_decided_once_too(kafka: Broker, tmp_path: Path) -> None:
    with start_server(tmp_path / "redis") as server, Crew(kafka, tmp_path, redis=server) as crew:
        torture(crew, events=20_000, kills=20)
        require_exactly_once(crew)


@pytest.mark.slow
def test_a_broker_that_dies_in_the_middle_changes_nothing(tmp_path: Path) -> None:
    broker = start_broker(tmp_path / "broker")
    try:
        with Crew(broker, tmp_path) as crew:
            torture(crew, events=2_000, kills=2, broker_kills=2)
            require_exactly_once(crew)
    finally:
        broker.stop()


@pytest.mark.slow
def test_many_kills_of_processes_and_brokers_over_a_thousand_events_each(tmp_path: Path, deep: bool) -> None:
    kills = 200 if deep else 30
    broker = start_broker(tmp_path / "broker")
    try:
        with Crew(broker, tmp_path) as crew:
            torture(crew, events=1000 * kills, kills=kills, broker_kills=max(1, kills // 10))
            require_exactly_once(crew)
    finally:
        broker.stop()
