"""What an image has to hold: little for our own model with the native scorer, more for others."""

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from surtitle.artefact.manifest import FileFacts, Manifest, ModelFacts
from surtitle.models import DecisionRule
from surtitle.settings import DataSettings, FeatureSettings, Settings, ShipSettings, StreamSettings, TextSettings
from surtitle.ship.image.needs import find_needs

REQUIREMENTS = [
    "numpy>=2.0",
    'uvicorn>=0.38; extra == "serve"',
    "skops>=0.13; extra == 'estimator'",
    'confluent-kafka>=2.13; extra == "kafka"',
    'redis[hiredis]>=6; extra == "redis"',
    'regex>=2025.7; extra == "rules"',
]
DATA = DataSettings(source="comments.csv")


def _manifest(**changes: Any) -> Manifest:
    facts = ModelFacts(
        name="garden", created_at=datetime(2026, 1, 1, tzinfo=UTC), data_hash="", data_from=None, data_to=None,
        examples={}, metrics={}, packages={}, recipe={},
    )  # fmt: skip
    whole = Manifest(
        format=2, kind="linear", task="classification", facts=facts, rule=DecisionRule(("0", "1"), (0.5, 0.5)),
        text=TextSettings(), features=FeatureSettings(), files={"tokenizer.json": FileFacts(1, "0" * 64)},
    )  # fmt: skip
    return msgspec.structs.replace(whole, **changes)


def _needs(settings: Settings, *manifests: Manifest, why_not_native: str = "") -> tuple[set[str], str]:
    found = find_needs(settings, manifests or (_manifest(),), REQUIREMENTS, why_not_native=why_not_native)
    return set(found.packages), found.why_spacy


def test_our_model_with_the_native_scorer_needs_neither_spacy_nor_what_reads_data() -> None:
    packages, why = _needs(Settings(data=DATA))
    assert packages == {"msgspec", "numpy", "safetensors", "scipy", "typer", "uvicorn>=0.38"}
    assert why == ""


def test_without_the_native_scorer_spacy_is_needed_and_the_reason_told() -> None:
    packages, why = _needs(Settings(data=DATA), why_not_native="it is not installed")
    assert {"spacy", "spacy-lookups-data"} <= packages
    assert why == "it is not installed"


def test_a_pipeline_comes_with_spacy() -> None:
    manifest = _manifest(text=TextSettings(pipeline="en_core_web_sm"), files={})
    packages, why = _needs(Settings(data=DATA), manifest)
    assert {"spacy", "en-core-web-sm"} <= packages
    assert "en_core_web_sm" in why


def test_an_old_model_without_its_tokenizer_needs_spacy() -> None:
    assert "spacy" in _needs(Settings(data=DATA), _manifest(files={}))[0]


def test_a_client_s_estimator_brings_scikit_learn() -> None:
    estimator = _manifest(kind="estimator", text=None, features=None)
    assert {"scikit-learn", "skops>=0.13", "spacy"} <= _needs(Settings(data=DATA), _manifest(), estimator)[0]


@pytest.mark.parametrize(
    ("stream", "package"),
    [
        (StreamSettings(input="kafka://host:9092/comments"), "confluent-kafka>=2.13"),
        (StreamSettings(output="rediss://host:6379/decisions"), "redis[hiredis]>=6"),
        (StreamSettings(rules="rules.toml"), "regex>=2025.7"),
    ],
)
def test_the_stream_s_ends_and_rules_bring_their_extras(stream: StreamSettings, package: str) -> None:
    assert package in _needs(Settings(data=DATA, stream=stream))[0]


def test_packages_of_the_user_s_come_too() -> None:
    assert "my-estimator" in _needs(Settings(data=DATA, ship=ShipSettings(packages=("my-estimator",))))[0]


def test_features_are_no_reason() -> None:
    assert _needs(Settings(data=DATA), _manifest(features=FeatureSettings(char_ngrams=())))[1] == ""
