"""The ONNX graph gives the scorer's own numbers, in a runtime that knows nothing of Surtitle."""

import json
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from surtitle.artefact.onnx import OnnxFacts, OnnxInputs, to_onnx
from surtitle.errors import MissingExtraError, UsageError
from surtitle.models import DecisionRule, EstimatorScorer, LinearModel, LinearScorer, fit_linear
from surtitle.records import Thresholds
from surtitle.settings import FeatureSettings, TextSettings
from surtitle.text import Vocabulary, fit_vocabulary, tokenize

TEXTS = [
    "You are a DUMMY!!!! :( see https://example.org/a?b",
    "so kind of you, so kind 👍🏽",
    "what a dummy, dummies everywhere",
    "can't say; it's kind",
    "RT @someone: water 3km from here #flood",
    "U+1F600 😀 and naïve café",
] * 3
FACTS = OnnxFacts(project="moderation", version=3, manifest_sha256="ab" * 32)


def fitted(n_classes: int, **features: Any) -> LinearScorer:
    text, chosen = TextSettings(), FeatureSettings(**features)
    vocabulary, rows = fit_vocabulary(tokenize(TEXTS, text), chosen)
    y = np.arange(len(TEXTS)) % n_classes
    model = fit_linear(rows, y, c=8.0, balanced=True).rescaled(1.5, np.linspace(0.3, 0.9, n_classes)[n_classes == 2 :])
    thresholds = Thresholds(0.3, 0.7) if n_classes == 2 else None
    rule = DecisionRule(("kept", "removed", "other")[:n_classes], (1.0, 1.25, 1.0)[:n_classes], thresholds)
    return LinearScorer(text, chosen, vocabulary, model, rule)


SCORERS = {
    "two classes": fitted(2),
    "three classes": fitted(3),
    "words only": fitted(2, char_ngrams=()),
    "characters only": fitted(3, word_ngrams=()),
}
INPUTS = {name: OnnxInputs(scorer) for name, scorer in SCORERS.items()}
SESSIONS = {
    name: onnxruntime.InferenceSession(to_onnx(scorer, FACTS), providers=["CPUExecutionProvider"])
    for name, scorer in SCORERS.items()
}


def run(name: str, texts: list[str]) -> tuple[Any, Any]:
    columns, counts = INPUTS[name](texts)
    logits, probabilities = SESSIONS[name].run(["logits", "probabilities"], {"columns": columns, "counts": counts})
    return logits, probabilities


@pytest.mark.parametrize("name", SCORERS)
@given(st.lists(st.one_of(st.sampled_from([*TEXTS, "", "kind kind kind"]), st.text(max_size=60)), max_size=6))
def test_a_runtime_gives_the_scorers_probabilities(name: str, texts: list[str]) -> None:
    _, probabilities = run(name, texts)
    expected = SCORERS[name].probabilities(texts)
    assert probabilities.dtype == np.float64
    assert probabilities.shape == expected.shape
    np.testing.assert_allclose(probabilities, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", SCORERS)
@pytest.mark.parametrize("beside", [[], ["you are a dummy"]])
def test_a_text_without_terms_gives_the_intercept(name: str, beside: list[str]) -> None:
    logits, _ = run(name, ["", *beside])
    np.testing.assert_array_equal(logits[0], SCORERS[name].model.intercept)


def test_wrong_weights_would_be_seen() -> None:
    scorer = SCORERS["two classes"]
    _, probabilities = run("two classes", TEXTS)
    moved = LinearModel(scorer.model.coef * (1 + 1e-9), scorer.model.intercept)
    other = LinearScorer(scorer.text, scorer.features, scorer.vocabulary, moved, scorer.rule)
    assert np.abs(probabilities - other.probabilities(TEXTS)).max() > 1e-12


def test_padding_changes_nothing() -> None:
    columns, counts = INPUTS["three classes"](TEXTS[:2])
    wider = {
        "columns": np.pad(columns, ((0, 0), (0, 5)), constant_values=-1),
        "counts": np.pad(counts, ((0, 0), (0, 5))),
    }
    (padded,) = SESSIONS["three classes"].run(["logits"], wider)
    np.testing.assert_allclose(padded, run("three classes", TEXTS[:2])[0], rtol=0, atol=1e-12)


def test_inputs_name_each_known_term_once_with_its_frequency() -> None:
    scorer = SCORERS["words only"]
    columns, counts = INPUTS["words only"](["kind kind zebra", ""])
    named = {scorer.vocabulary.term(column): count for column, count in zip(columns[0], counts[0], strict=True)}
    assert named["kind"] == 2
    assert columns[1].tolist() == [-1] * len(columns[0])
    assert [columns.dtype.name, counts.dtype.name] == ["int64", "float64"]


@pytest.mark.parametrize("name", SCORERS)
def test_the_graph_is_well_formed(name: str) -> None:
    onnx.checker.check_model(onnx.load_from_string(to_onnx(SCORERS[name], FACTS)), full_check=True)


def test_the_same_model_gives_the_same_bytes() -> None:
    assert to_onnx(SCORERS["two classes"], FACTS) == to_onnx(fitted(2), FACTS)


def test_the_file_says_where_it_comes_from() -> None:
    kept = SESSIONS["two classes"].get_modelmeta().custom_metadata_map
    assert kept["surtitle.project"] == "moderation"
    assert kept["surtitle.version"] == "3"
    assert kept["surtitle.manifest_sha256"] == "ab" * 32
    assert json.loads(kept["surtitle.classes"]) == ["kept", "removed"]
    assert json.loads(kept["surtitle.class_weights"]) == [1.0, 1.25]
    assert json.loads(kept["surtitle.thresholds"]) == {"review": 0.3, "remove": 0.7}
    three = SESSIONS["three classes"].get_modelmeta().custom_metadata_map
    assert json.loads(three["surtitle.thresholds"]) is None


def test_an_own_estimator_is_refused_with_the_reason() -> None:
    estimator = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(["a dummy", "so kind"], [1, 0])
    own = EstimatorScorer(estimator, 1.0, np.zeros(1), DecisionRule(("kept", "removed"), (1.0, 1.0)))
    with pytest.raises(UsageError, match="estimator of your own"):
        to_onnx(own, FACTS)
    with pytest.raises(UsageError, match="estimator of your own"):
        OnnxInputs(own)


def test_a_model_that_is_larger_than_the_format_allows_is_refused() -> None:
    n_classes, n_terms = 300, 1_000_000
    coef = np.broadcast_to(np.zeros(1), (n_classes, n_terms))  # no memory is taken
    names = tuple(map(str, range(n_classes)))
    vocabulary = Vocabulary(("kind",), (), np.ones(1), np.ones(0))
    rule = DecisionRule(names, (1.0,) * n_classes)
    model = LinearModel(coef, np.zeros(n_classes))
    huge = LinearScorer(TextSettings(), FeatureSettings(char_ngrams=()), vocabulary, model, rule)
    with pytest.raises(UsageError, match=r"2 GiB.*max_word_terms"):
        to_onnx(huge, FACTS)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "onnx", None)
    with pytest.raises(MissingExtraError, match=r"surtitle\[onnx\]"):
        to_onnx(SCORERS["two classes"], FACTS)
