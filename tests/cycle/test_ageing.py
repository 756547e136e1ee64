from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from surtitle.artefact.files import read_manifest
from surtitle.cycle import train
from surtitle.cycle.ageing import age_weights
from surtitle.project import load_project

from .projects import NOW, make_project

DAY = timedelta(days=1)


@given(st.lists(st.integers(0, 3650), min_size=1, max_size=30), st.integers(1, 400))
def test_weights_halve_with_each_half_life_and_the_newest_counts_one(days: list[int], half_life: int) -> None:
    times = np.array([np.datetime64("2020-01-01") + day for day in days], "datetime64[us]")
    weights = age_weights(times, half_life * DAY)
    expected = 0.5 ** ((max(days) - np.array(days)) / half_life)
    np.testing.assert_allclose(weights, np.maximum(expected, 1e-6))


def test_moving_all_times_moves_no_weight() -> None:
    times = np.array(["2026-01-01", "2026-02-01", "NaT"], "datetime64[us]")
    later = np.array(["2028-09-27", "2028-10-28", "NaT"], "datetime64[us]")  # a thousand days
    np.testing.assert_array_equal(age_weights(times, 7 * DAY), age_weights(later, 7 * DAY))


def test_without_any_time_all_count_alike() -> None:
    assert age_weights(np.array(["NaT", "NaT"], "datetime64[us]"), DAY).tolist() == [1.0, 1.0]


def write_turning_comments(path: Path) -> None:
    """Write comments of 100 days; after 60 of them, what was a cause for removal is none, and the other way round."""
    rng = np.random.default_rng(0)
    with path.open("w", encoding="utf-8") as file:
        file.write("id,created,club,comment,removed\n")
        for index in range(1000):
            created = datetime(2026, 1, 1, tzinfo=UTC) + index * DAY / 10
            removed = rng.random() < 0.5
            word = "gibbon" if removed == (index < 600) else "marmot"
            file.write(f"{index},{created.isoformat()},rose,a {word} of number {index},{int(removed)}\n")


def test_a_short_half_life_lets_a_model_follow_what_has_turned(tmp_path: Path) -> None:
    make_project(tmp_path)
    write_turning_comments(tmp_path / "comments.csv")
    auc = {}
    for half_life in ("3650d", "5d"):
        trained = train(load_project(tmp_path, [f"train.half_life={half_life}"]), now=NOW, environ={})
        auc[half_life] = trained.metrics["auc"].value
        recipe = read_manifest(trained.artefact).facts.recipe
        assert recipe["counted half after"] == half_life
    assert auc["3650d"] < 0.2
    assert auc["5d"] > 0.8
