import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.errors import UsageError
from surtitle.ship.deploy.sizing import USE, Load, Measurement, find_size

MEASURED = Measurement(cpu_ms=1.2, texts_per_request=1, worker_mb=120.0, model_mb=10.0, source="measured")
loads = st.floats(0.01, 20_000).map(lambda per_s: Load(requests_per_s=per_s))
measurements = st.builds(
    Measurement,
    cpu_ms=st.floats(0.01, 2.0),
    texts_per_request=st.integers(1, 64),
    worker_mb=st.floats(20, 2_000),
    model_mb=st.floats(1, 500),
    source=st.just("measured"),
)


def test_the_sum_is_shown_in_words() -> None:
    size = find_size(Load(requests_per_s=300), MEASURED)
    assert size.words == (
        "measured",
        "300 requests/s x 1.2 ms = 0.36 cores",
        "at 60% use: 0.36 / 0.6 -> 1 worker",
        "2 instances of 1: with one away the rest is busy to 36%",
        "memory of an instance = (64 MB parent + 1 x (120 MB worker + 10 MB for the next champion)) x 1.25 -> 256 MB",
        "one machine for all of it: 2 cores, 1.0 GB",
    )


def test_a_thousand_times_the_load_takes_a_larger_machine() -> None:
    size = find_size(Load(requests_per_s=30_000), MEASURED)
    assert (size.cores, size.instances, size.workers, size.machine_cores) == (36.0, 2, 40, 61)


def test_more_texts_than_were_measured_cost_more_and_fewer_cost_no_less() -> None:
    measured = msgspec.structs.replace(MEASURED, texts_per_request=8)
    more = find_size(Load(requests_per_s=100, texts_per_request=16), measured)
    fewer = find_size(Load(requests_per_s=100, texts_per_request=2), measured)
    assert (more.cores, fewer.cores) == (0.24, 0.12)
    assert "at most" in more.words[1]


@given(loads, measurements)
def test_one_instance_may_be_away_and_the_rest_still_carries_the_load(load: Load, measured: Measurement) -> None:
    for workers in (None, 1):
        try:
            size = find_size(load, measured, workers=workers)
        except UsageError:
            assert load.requests_per_s * measured.cpu_ms / 1000 > 50
            continue
        assert size.instances >= 2
        assert (size.instances - 1) * size.workers * 0.9 >= size.cores - 1e-6
        assert size.instances * size.workers * USE >= size.cores - 1e-6
        assert size.instances * size.cpu_m >= 1000 * size.cores


@given(loads, measurements, st.floats(1, 10))
def test_more_load_never_takes_less(load: Load, measured: Measurement, factor: float) -> None:
    heavier = Load(requests_per_s=min(load.requests_per_s * factor, 20_000))
    small, large = (find_size(each, measured, workers=1) for each in (load, heavier))
    assert large.instances >= small.instances or factor == 1
    assert large.cores >= small.cores - 1e-6


@given(loads, measurements)
def test_the_memory_holds_all_workers_with_a_second_model_each(load: Load, measured: Measurement) -> None:
    size = find_size(load, measured, workers=2)
    assert size.memory_mb >= 2 * (measured.worker_mb + measured.model_mb)
    assert size.memory_mb % 32 == 0
    assert size.machine_mb >= size.instances * size.memory_mb


@pytest.mark.parametrize(
    ("load", "named"),
    [
        (Load(requests_per_s=0), ["--load"]),
        (Load(requests_per_s=-1), ["--load"]),
        (Load(requests_per_s=math.nan), ["--load"]),
        (Load(requests_per_s=math.inf), ["--load"]),
        (Load(requests_per_s=1e9), ["--load"]),
        (Load(requests_per_s=1, texts_per_request=0), ["--texts"]),
        (Load(requests_per_s=0, texts_per_request=10_000), ["--load", "--texts"]),
    ],
)
def test_an_absurd_load_is_refused_with_all_that_is_wrong(load: Load, named: list[str]) -> None:
    with pytest.raises(UsageError) as refused:
        find_size(load, MEASURED)
    assert [fault.where for fault in refused.value.faults] == named


def test_more_than_a_machine_carries_is_refused_with_the_way_out() -> None:
    with pytest.raises(UsageError, match="surtitle ship kubernetes"):
        find_size(Load(requests_per_s=500_000), MEASURED)
