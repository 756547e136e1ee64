"""Streams and servers are killed at random moments; what came of it must not tell."""

from pathlib import Path
from typing import Any

import pytest

from tests.stream.redis.fixtures import start_server
from tests.stream.redis.torture import End, torture


def require_exact(found: dict[str, Any]) -> None:
    exact = found["lost"] == found["twice"] == found["windows_twice"] == found["late"] == 0
    assert exact, found
    assert found["tumbling_as_pandas"], found
    assert found["sessions_as_pandas"], found


@pytest.mark.parametrize(("source", "sink"), [("redis", "redis"), ("redis", "file"), ("file", "redis")])
def test_every_event_is_decided_once(tmp_path: Path, source: End, sink: End) -> None:
    with start_server(tmp_path / "redis") as server:
        found = torture(tmp_path, server, source, sink, events=3_000, kills=6, server_kills=1)
    assert found["kills"] >= (6 if source == "redis" else 1)
    require_exact(found)


@pytest.mark.slow
@pytest.mark.parametrize(("source", "sink"), [("redis", "redis"), ("redis", "file"), ("file", "redis")])
def test_sixty_kills_over_thirty_thousand_events(tmp_path: Path, source: End, sink: End) -> None:
    with start_server(tmp_path / "redis") as server:
        found = torture(tmp_path, server, source, sink, events=30_000, kills=60, server_kills=6, seed=1)
    require_exact(found)


@pytest.mark.slow
def test_at_least_once_loses_nothing(tmp_path: Path) -> None:
    with start_server(tmp_path / "redis") as server:
        found = torture(
            tmp_path, server, "redis", "redis", events=8_000, kills=20, server_kills=2, delivery="at-least-once"
        )
    assert found["lost"] == 0, found


@pytest.mark.slow
def test_at_most_once_repeats_nothing(tmp_path: Path) -> None:
    with start_server(tmp_path / "redis") as server:
        found = torture(tmp_path, server, "redis", "redis", events=8_000, kills=20, delivery="at-most-once")
    assert found["twice"] == 0, found
