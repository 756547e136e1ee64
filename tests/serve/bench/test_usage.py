import msgspec
import pytest

from surtitle.serve.bench import LoadPlan, LoadReport, make_requests, parse_target, run_measured_load
from surtitle.serve.bench.usage import Gauges, parse_gauges, read_gauges, use_between
from tests.serve.bench.service import running
from tests.serve.services import Service

BEFORE = Gauges(cpu_s=1.0, resident_bytes=200e6, models_bytes=20e6, workers=2)
REPORT = LoadReport(
    url="",
    connections=1,
    texts_per_request=1,
    asked_per_s=None,
    seconds=1.0,
    answered=90,
    per_s=90.0,
    texts_per_s=90.0,
    failed={"503": 10},
    unsent=0,
    p50_ms=1.0,
    p95_ms=1.0,
    p99_ms=1.0,
    max_ms=1.0,
    mean_ms=1.0,
    bars=[],
    timeline=[],
)


def test_processor_time_is_shared_among_all_requests_and_memory_among_the_workers() -> None:
    after = Gauges(cpu_s=1.5, resident_bytes=240e6, models_bytes=30e6, workers=2)
    used = use_between(BEFORE, after, REPORT)
    assert used is not None
    assert (used.workers, used.cpu_ms, used.worker_mb, used.model_mb) == (2, 5.0, 120.0, 15.0)


@pytest.mark.parametrize("change", [{"workers": 3}, {"cpu_s": 1.0}, {"cpu_s": 0.5}])
def test_nothing_is_told_where_workers_changed_or_no_time_went_by(change: dict[str, float]) -> None:
    after = msgspec.structs.replace(BEFORE, **{"cpu_s": 2.0, **change})
    assert use_between(BEFORE, after, REPORT) is None


@pytest.mark.parametrize("text", ["", "<html>", "surtitle_workers 1.0\nsurtitle_cpu_seconds_total 2.0\n"])
def test_what_are_not_our_metrics_are_none(text: str) -> None:
    assert parse_gauges(text) is None


def test_another_service_than_ours_is_loaded_without_its_use() -> None:
    with running() as service:
        target = parse_target(service.url)
        report = run_measured_load(target, make_requests(target, ["so kind"]), LoadPlan(connections=1, requests=3))
    assert (report.answered, report.service) == (3, None)


def test_nobody_there_is_none() -> None:
    assert read_gauges(parse_target("http://127.0.0.1:9")) is None


def test_a_real_service_tells_what_it_took(service: Service) -> None:
    target = parse_target(service.url)
    plan = LoadPlan(connections=2, requests=2_000)
    report = run_measured_load(target, make_requests(target, ["so kind", "you dummy"]), plan)
    assert report.service is not None
    # A worker is busy on one core at most, and does not answer for nothing.
    assert 0.01 < report.service.cpu_ms < 1000 * report.seconds * report.service.workers / report.answered * 1.5 + 1
    assert 30 < report.service.worker_mb < 1_000
    assert 0 < report.service.model_mb < report.service.worker_mb
