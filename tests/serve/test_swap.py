"""A champion is changed while requests are in flight: none fails, and each is answered by a champion of its moment."""

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from surtitle.cycle import registry_of
from surtitle.project import load_project
from tests.serve.load import Told, under_load
from tests.serve.services import Service, serving, wait_until


def served(running: Service) -> int:
    return int(running.call("GET", "/readyz").json()["champion"])


def check(told: list[Told], reigns: list[tuple[float, int]]) -> None:
    """Hold every answer to the champion that its worker was known to have taken up, or to one made since."""
    failed = [each for each in told if each.status != 200]
    assert failed == []
    for worker in {each.worker for each in told}:
        reign, known_since = 0, 0.0
        for each in sorted((each for each in told if each.worker == worker), key=lambda each: each.came):
            if each.version == reigns[reign][1] or each.asked <= known_since:
                continue
            later = range(reign + 1, len(reigns))
            begun = [place for place in later if reigns[place][0] <= each.came and reigns[place][1] == each.version]
            assert begun, (each, reigns[reign:])
            reign, known_since = begun[0], each.came


def last_versions(told: list[Told]) -> set[int]:
    return set({each.worker: each.version for each in told}.values())


@pytest.mark.parametrize(
    ("moves", "least"), [(4, 200), pytest.param(20, 10_000, marks=pytest.mark.slow)], ids=["short", "full"]
)
@pytest.mark.parametrize("workers", [1, 2])
def test_no_request_fails_over_promotions_and_rollbacks(garden: Path, moves: int, least: int, workers: int) -> None:
    registry = registry_of(load_project(garden))
    with serving(garden, f"serve.workers={workers}", "serve.access_log=false") as running:
        reigns = [(0.0, 1)]
        with under_load(running.port) as load:
            for move in range(moves):
                reigns.append((time.time(), 2 - move % 2))
                if move % 2:
                    registry.rollback("champion", now=datetime.now(UTC), why="test")
                else:
                    registry.set_alias("champion", 2, now=datetime.now(UTC), why="test")
                want = len(load.told) + least // moves
                wait_until(lambda: served(running) == reigns[-1][1], "the new champion")
                wait_until(lambda: len(load.told) >= want, "more answers", within_s=120)  # noqa: B023 used at once
            wait_until(lambda: last_versions(load.told) == {reigns[-1][1]}, "the last champion in every worker")
        assert len(load.told) >= least
        check(load.told, reigns)
        assert {each.version for each in load.told} == {1, 2}
        code, _, err = running.stop()
    assert code == 0, err
    assert "Traceback" not in err


def test_a_damaged_champion_is_refused_loudly_and_the_old_one_goes_on(garden: Path) -> None:
    registry = registry_of(load_project(garden))
    weights = registry.find(2).folder / "weights.safetensors"
    whole = weights.read_bytes()
    weights.write_bytes(whole[:-20])
    with serving(garden) as running, under_load(running.port, clients=2) as load:
        registry.set_alias("champion", 2, now=datetime.now(UTC), why="test")
        refused = 'surtitle_model_loads_total{result="refused"} 1.0'
        wait_until(lambda: refused in running.call("GET", "/metrics").body.decode(), "the refusal")
        want = len(load.told) + 20
        wait_until(lambda: len(load.told) >= want, "more answers")
        assert {(each.status, each.version) for each in load.told} == {(200, 1)}
        load.ended.set()
        code, _, err = running.stop()
    assert code == 0
    assert "version 2 is refused" in err
    assert "weights.safetensors" in err


def test_a_worker_that_starts_with_a_damaged_champion_takes_the_version_that_worked(garden: Path) -> None:
    import os
    import signal

    registry = registry_of(load_project(garden))
    weights = registry.find(2).folder / "weights.safetensors"
    with serving(garden) as running:
        weights.write_bytes(weights.read_bytes()[:-20])
        registry.set_alias("champion", 2, now=datetime.now(UTC), why="test")
        (worker,) = running.workers()
        os.kill(worker, signal.SIGKILL)
        wait_until(lambda: running.workers() not in ([], [worker]), "another worker")
        assert running.decide({"text": "a"}).json()["version"] == 1


def test_a_damaged_champion_at_the_start_ends_it_with_the_words_and_code_of_the_fault(garden: Path) -> None:
    import subprocess
    import sys

    folder = registry_of(load_project(garden)).find(1).folder
    (folder / "weights.safetensors").write_bytes(b"")
    command = [sys.executable, "-m", "surtitle.cli", "serve", "--project", str(garden), "--port", "0"]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert ran.returncode == 2
    assert "weights.safetensors" in ran.stderr
    assert "Traceback" not in ran.stderr
