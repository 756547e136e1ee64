"""The estimate beside the truth, on the sample community, whose comments are judged by a known rule."""

from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
import numpy as np
import pytest

from surtitle.cycle import open_scorer, train
from surtitle.evaluate import measure
from surtitle.models import Scorer
from surtitle.project import load_project
from surtitle.records import Interval
from surtitle.simulate.community import COMMUNITIES, Community, generate
from surtitle.simulate.files import write_csv
from surtitle.watch.estimate import Trust, expected_auc, trust_of

START = datetime(2025, 1, 1, tzinfo=UTC)
DAYS = 300


@pytest.fixture(scope="module")
def scorer(tmp_path_factory: pytest.TempPathFactory) -> Scorer:
    folder = tmp_path_factory.mktemp("truth")
    write_csv(generate(12_000, seed=1, start=START, days=DAYS), folder / "comments.csv")
    columns = 'source = "comments.csv"\nlabel = "removed"\nid = "id"\nclient = "community"\n'
    (folder / "surtitle.toml").write_text(f"[data]\n{columns}[evaluate]\nresamples = 100\n")
    project = load_project(folder)
    train(project, now=datetime(2026, 6, 1, tzinfo=UTC), environ={})
    return open_scorer(project).scorer


def look(scorer: Scorer, communities: Sequence[Community]) -> tuple[Interval, Interval, Trust]:
    """Return what is expected of 8,000 comments, what their labels say, and whether these agree."""
    comments = list(generate(8000, seed=77, start=START, days=DAYS, communities=communities))
    probs = scorer.probabilities([comment.text for comment in comments])
    y = np.array([comment.label for comment in comments])
    expected = expected_auc(probs[:, 1], confidence=0.95)
    realised = measure(y, probs, y, resamples=100, confidence=0.95, seed=0, names=("auc",))["auc"]
    trust = trust_of(probs[:, 1], y, realised, confidence=0.95)
    assert expected is not None
    assert trust is not None
    return expected, realised, trust


def changed(**by_name: float) -> tuple[Community, ...]:
    """Return the communities with some of their weights replaced."""
    return tuple(msgspec.structs.replace(each, weight=by_name.get(each.name, 0.3)) for each in COMMUNITIES)


def rougher(factor: float) -> tuple[Community, ...]:
    return tuple(msgspec.structs.replace(each, roughness=each.roughness * factor) for each in COMMUNITIES)


@pytest.mark.slow
@pytest.mark.parametrize(
    "communities",
    [COMMUNITIES, changed(chess=4.0, cycling=4.0), changed(gardening=4.0, astronomy=4.0), rougher(3.0), rougher(1 / 3)],
    ids=["as in training", "rough communities", "calm communities", "rougher", "gentler"],
)
def test_under_covariate_shift_the_estimate_is_within_two_hundredths(
    scorer: Scorer, communities: tuple[Community, ...]
) -> None:
    expected, realised, _ = look(scorer, communities)
    assert expected.value == pytest.approx(realised.value, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["noise", "strictness"])
def test_under_concept_change_it_is_wrong_and_labels_say_so(scorer: Scorer, what: str) -> None:
    moved = [0.12 if what == "noise" else (2.5, -1.5)[place % 2] for place in range(len(COMMUNITIES))]
    communities = tuple(
        msgspec.structs.replace(each, **{what: value}) for each, value in zip(COMMUNITIES, moved, strict=True)
    )
    expected, realised, trust = look(scorer, communities)
    assert expected.value - realised.value > 0.05
    assert "an AUC of" in trust.reasons[0]
