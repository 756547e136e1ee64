"""A thousand clients, each with a trained model of its own, in one process with little memory."""

import os
import random
import re
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from surtitle.cycle import open_scorer, registry_of, train
from surtitle.cycle.footprint import memo_share, reckon
from surtitle.models import LinearScorer
from surtitle.project import load_project
from tests.cycle.projects import NOW
from tests.serve.services import resident_bytes, serving

CLIENTS, LIMIT_MB = 1_000, 100


@pytest.mark.slow
def test_a_thousand_clients_are_answered_by_their_own_models_within_the_memory_given(garden: Path) -> None:
    for c in ("0.02", "5.0"):
        train(load_project(garden, [f"train.c={c}"]), now=NOW, environ=os.environ)
    project = load_project(garden)
    registry, scorers = registry_of(project), [open_scorer(project, str(number)).scorer for number in range(1, 5)]
    for client in range(CLIENTS):
        first = registry.find(client % 4 + 1)
        copy = registry.register(copy_from(first.folder), first.facts, now=NOW)
        registry.set_alias(f"champion@club-{client}", copy.number, now=NOW, why="test")
    rng = random.Random(0)
    with serving(garden, f"serve.models_mb={LIMIT_MB}", "serve.access_log=false") as running:
        (worker,) = running.workers()
        resident = [resident_bytes(worker)]

        def ask(client: int) -> None:
            # Mostly words that no model has met, which each remembers.
            text = f"you dummy, what a {rng.choice(['fool', 'day', 'garden'])} " + " ".join(
                f"rose{rng.randrange(10**6)}" for _ in range(200)
            )
            (expected,) = scorers[client % 4].score([text])
            answer = running.decide({"text": text, "client": f"club-{client}"}).json()
            assert (answer["alias"], answer["action"]) == (f"champion@club-{client}", expected.action)
            assert answer["score"] == pytest.approx(expected.score, abs=1e-12)
            resident.append(resident_bytes(worker))

        with ThreadPoolExecutor(4) as pool:
            for _ in range(2):
                list(pool.map(ask, rng.sample(range(CLIENTS), CLIENTS)))
        # Many clients in one request are no way around the limit either.
        asked = [{"text": "you dummy", "client": f"club-{client}"} for client in range(200)]
        together = running.decide(asked).json()
        resident.append(resident_bytes(worker))
        stranger = running.decide({"text": "you dummy", "client": "nobody"}).json()
        metrics = running.call("GET", "/metrics").body.decode()
    assert (stranger["version"], stranger["alias"]) == (1, "champion")
    assert [each["alias"] for each in together] == [f"champion@{event['client']}" for event in asked]
    alone = [scorer.score(["you dummy"])[0].score for scorer in scorers]
    assert [each["score"] for each in together] == pytest.approx(alone * 50, abs=1e-12)
    loads, n_models, size = (
        float(re.search(rf"^{re.escape(name)} (.+)$", metrics, re.MULTILINE)[1])  # type: ignore[index]  # else it fails
        for name in ('surtitle_model_loads_total{result="ok"}', "surtitle_models_loaded", "surtitle_models_bytes")
    )
    assert size <= LIMIT_MB * 1_000_000
    assert 5 < n_models < CLIENTS / 5
    assert loads > CLIENTS
    # All thousand would take twenty times as much.
    assert max(resident) - resident[0] < 1.3 * LIMIT_MB * 1_000_000


def copy_from(folder: Path) -> Callable[[Path], None]:
    def build(into: Path) -> None:
        shutil.copytree(folder, into, dirs_exist_ok=True)

    return build


def test_what_is_remembered_counts_and_one_model_may_have_a_sixteenth(garden: Path) -> None:
    from surtitle.cycle.loading import load_version

    loaded = load_version(load_project(garden), 1, limit=2_000_000)
    assert isinstance(loaded.scorer, LinearScorer)
    fixed = reckon(loaded.scorer, registry_of(load_project(garden)).find(1).folder)
    before = loaded.size
    loaded.scorer.score([f"rose{number} in the garden{number}" for number in range(5_000)])
    assert fixed < before < loaded.size <= fixed + memo_share(2_000_000)
