"""Brokers as fixtures: one for all tests of a session, one that asks who you are."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kafka.broker import Broker
from tests.kafka.jars import UnavailableError

__all__ = ["kafka", "secured_kafka", "start_broker"]


def start_broker(folder: Path, *, secured: bool = False) -> Broker:
    """Start a broker, or skip the test where there can be none; under CI that is a failure."""
    try:
        return Broker(folder, secured=secured).start()
    except UnavailableError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker for every test that leaves it alive."""
    broker = start_broker(tmp_path_factory.mktemp("kafka") / "broker")
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def secured_kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    """A broker with users, passwords and permissions."""
    broker = start_broker(tmp_path_factory.mktemp("kafka") / "secured", secured=True)
    yield broker
    broker.stop()
