"""A Redis server for all tests of a session."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.stream.redis.server import Server, UnavailableError

__all__ = ["redis_server", "start_server"]


def start_server(folder: Path, *options: str, password: str = "") -> Server:
    """Start a server, or skip the test where there can be none; under CI that is a failure."""
    try:
        return Server(folder, *options, password=password).start()
    except UnavailableError as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for every test that leaves it alive."""
    server = start_server(tmp_path_factory.mktemp("redis"))
    yield server
    server.kill()
