import json
import re
from pathlib import Path
from typing import Any

import pytest

from surtitle.errors import RegistryError, SurroundingsError, UsageError
from surtitle.project import load_project
from surtitle.ship.deploy.measuring import measure_now, parse_bench, read_bench

BENCH: dict[str, Any] = {
    "answered": 1_000,
    "texts_per_request": 4,
    "failed": {},
    "service": {"workers": 2, "cpu_ms": 1.25, "worker_mb": 99.5, "model_mb": 4.0},
    "per_s": 800.0,
}


def bench(**change: Any) -> bytes:
    return json.dumps({**BENCH, **change}).encode()


def test_a_result_of_the_load_test_is_read() -> None:
    measured = parse_bench(bench(), source="bench.json")
    assert (measured.cpu_ms, measured.texts_per_request, measured.worker_mb, measured.model_mb) == (1.25, 4, 99.5, 4.0)
    assert measured.source == "measured: 1.25 ms of CPU a request of 4 texts, 100 MB a worker (bench.json)"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not a result"),
        (b"\xff\xfe", "not a result"),
        (b"[]", "not a result"),
        (b'{"answered": "many"}', "not a result"),
        (bench(answered=0), "no answer at all"),
        (bench(failed={"503": 100, "timeout": 1}), "100 x 503, 1 x timeout"),
        (bench(service=None), "does not tell what the service took"),
        (bench(service={**BENCH["service"], "cpu_ms": 0}), "does not tell what the service took"),
        (bench(service={**BENCH["service"], "worker_mb": -1}), "does not tell what the service took"),
        (bench(texts_per_request=0), "does not tell what the service took"),
    ],
)
def test_what_nothing_can_be_planned_from_is_refused(content: bytes, message: str) -> None:
    with pytest.raises(UsageError, match=re.escape(message)):
        parse_bench(content, source="bench.json")


def test_a_file_that_is_not_there_or_far_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="surtitle bench URL --json"):
        read_bench(tmp_path / "bench.json")
    (tmp_path / "bench.json").write_bytes(b"x" * 4_000_001)
    with pytest.raises(UsageError, match="longer than"):
        read_bench(tmp_path / "bench.json")


def test_without_a_champion_there_is_nothing_to_measure(tmp_path: Path) -> None:
    (tmp_path / "surtitle.toml").write_text('[data]\nsource = "x.csv"\n')
    with pytest.raises(RegistryError, match="champion"):
        measure_now(load_project(tmp_path), texts_per_request=1)


@pytest.mark.slow
def test_a_champion_is_measured_and_nothing_of_it_is_kept(garden: Path) -> None:
    (garden / "keys.txt").write_text("somebody:" + 64 * "0")
    with (garden / "surtitle.toml").open("a") as file:
        file.write('\n[serve]\nkeys_file = "keys.txt"\nrate = 1\n')
    before = sorted(path.name for path in (garden / ".surtitle").iterdir())
    measured = measure_now(load_project(garden), texts_per_request=2)
    assert 0.01 < measured.cpu_ms < 1_000
    assert 20 < measured.worker_mb < 1_000
    assert measured.texts_per_request == 2
    kept = {path.name for path in (garden / ".surtitle").iterdir()} - set(before)
    assert "decisions.db" not in kept


@pytest.mark.slow
def test_a_service_that_does_not_start_is_told_with_its_last_words(garden: Path) -> None:
    for path in (garden / ".surtitle/registry/versions").rglob("weights.safetensors"):
        path.write_bytes(b"broken")
    with pytest.raises(SurroundingsError, match="did not start"):
        measure_now(load_project(garden), texts_per_request=1)
