import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file, save_file
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from surtitle.artefact import FORMAT, ModelFacts, load_artefact, save_artefact
from surtitle.errors import ArtefactError
from surtitle.models import DecisionRule, EstimatorScorer, LinearScorer, fit_linear
from surtitle.records import Interval, Thresholds
from surtitle.settings import FeatureSettings, TextSettings
from surtitle.text import fit_vocabulary, frequent_chunks, read_rules, tokenize
from surtitle.text.native import EngineName
from tests.artefact.helpers import resign

TEXTS = ["you are a DUMMY!!!!", "you are kind", "what a dummy", "so kind of you"] * 3
Y = np.array([1, 0, 1, 0] * 3)
RULE = DecisionRule(("kept", "removed"), (1.0, 1.25), Thresholds(0.3, 0.7))
FACTS = ModelFacts(
    name="moderation",
    created_at=datetime(2026, 1, 2, tzinfo=UTC),
    data_hash="ab" * 32,
    data_from=None,
    data_to=datetime(2026, 1, 1, tzinfo=UTC),
    examples={"train": 8, "validation": 2, "test": 2},
    metrics={"auc": Interval(0.8, 0.7, 0.9)},
    packages={"spacy": "3.8"},
    recipe={"c": "1"},
)


def linear() -> LinearScorer:
    text, features = TextSettings(fold_pronouns=True), FeatureSettings(char_ngrams=(2, 3))
    vocabulary, rows = fit_vocabulary(tokenize(TEXTS, text), features)
    own_rules = read_rules(text)
    assert own_rules is not None
    remembered = frequent_chunks(TEXTS, own_rules, text.cleaning, min_examples=2)
    model = fit_linear(rows, Y, c=1.0, balanced=True)
    return LinearScorer(text, features, vocabulary, model, RULE, remembered=remembered)


def own(*, trusted: bool = True) -> EstimatorScorer:
    first = TfidfVectorizer() if trusted else make_pipeline(FunctionTransformer(suspicious), TfidfVectorizer())
    estimator = make_pipeline(first, LogisticRegression()).fit(TEXTS, Y)
    return EstimatorScorer(estimator, 1.5, np.array([0.25]), RULE)


def suspicious(texts: Any) -> Any:
    return texts


LINEAR = linear()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_artefact(tmp_path, LINEAR, FACTS)
    return tmp_path


def test_a_model_comes_back_with_the_same_bits(folder: Path) -> None:
    manifest, scorer = load_artefact(folder)
    assert manifest.facts == FACTS
    assert isinstance(scorer, LinearScorer)
    assert (scorer.rule, scorer.text, scorer.features) == (RULE, LINEAR.text, LINEAR.features)
    fresh = [*TEXTS, "something new", ""]
    np.testing.assert_array_equal(scorer.probabilities(fresh), LINEAR.probabilities(fresh))


@given(st.lists(st.text(max_size=30), max_size=4))
def test_every_text_scores_the_same_after_the_round_trip(batch: list[str]) -> None:
    np.testing.assert_array_equal(_loaded().probabilities(batch), LINEAR.probabilities(batch))


def _loaded(cache: list[Any] = []) -> Any:  # noqa: B006  # one round trip serves all of hypothesis's examples
    if not cache:
        import tempfile

        with tempfile.TemporaryDirectory() as name:
            save_artefact(Path(name), LINEAR, FACTS)
            cache.append(load_artefact(Path(name))[1])
    return cache[0]


def test_an_artefact_is_plain_data(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == [
        "chunks.json",
        "manifest.json",
        "tokenizer.json",
        "vocabulary.json",
        "weights.safetensors",
    ]
    manifest = json.loads((folder / "manifest.json").read_text())
    assert manifest["format"] == FORMAT
    assert manifest["rule"]["classes"] == ["kept", "removed"]


def test_the_same_model_gives_the_same_files(tmp_path: Path) -> None:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        save_artefact(tmp_path / name, LINEAR, FACTS)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "other" / path.name).read_bytes()


def _truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("name", ["chunks.json", "tokenizer.json", "vocabulary.json", "weights.safetensors"])
@pytest.mark.parametrize(
    ("damage", "message"),
    [(_truncate, "truncated or edited"), (_flip, "SHA-256 differs"), (Path.unlink, "is missing")],
)
def test_a_damaged_file_is_refused_by_name(
    folder: Path, name: str, damage: Callable[[Path], None], message: str
) -> None:
    damage(folder / name)
    with pytest.raises(ArtefactError, match=f"(?s)is refused.*{name}: .*{message}"):
        load_artefact(folder)


def test_all_damaged_files_are_reported_together(folder: Path) -> None:
    _truncate(folder / "vocabulary.json")
    (folder / "weights.safetensors").unlink()
    with pytest.raises(ArtefactError) as caught:
        load_artefact(folder)
    assert [fault.where for fault in caught.value.faults] == ["vocabulary.json", "weights.safetensors"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "cannot be read"),
        (b"\xff\xfe", "cannot be read"),
        (b"[]", "cannot be read"),
        (b'{"format": 1}', "cannot be read"),
        (b'{"format": 99}', "format 99.*upgrade Surtitle"),
        (b" " * 10_000_001, "longer than"),
    ],
)
def test_a_manifest_that_is_none_is_refused(folder: Path, content: bytes, message: str) -> None:
    (folder / "manifest.json").write_bytes(content)
    with pytest.raises(ArtefactError, match=f"(?s)manifest.json.*{message}"):
        load_artefact(folder)


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArtefactError, match=r"manifest.json: is missing"):
        load_artefact(tmp_path)
    with pytest.raises(ArtefactError, match=r"manifest.json: is missing"):
        load_artefact(tmp_path / "nowhere")


def _edit_manifest(folder: Path, edit: Callable[[dict[str, Any]], None]) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    edit(manifest)
    (folder / "manifest.json").write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    ("edit", "message"),
    [
        (lambda m: m["files"].update({"../../etc/passwd": m["files"]["vocabulary.json"]}), "lists"),
        (lambda m: m["files"].pop("vocabulary.json"), "lists"),
        (lambda m: m["files"].pop("chunks.json"), "lists"),
        (lambda m: m["rule"].update(classes=["a", "b", "c"], weights=[1, 1, 1]), "coef has shape"),
        (lambda m: m["rule"].update(classes=["a", "a"]), "do not fit together"),
        (lambda m: m["rule"].update(weights=[1]), "do not fit together"),
        (lambda m: m.update(text=None), "lacks the settings"),
        (lambda m: m.update(kind="pickle"), "cannot be read"),
    ],
)
def test_a_manifest_edited_into_nonsense_is_refused(
    folder: Path, edit: Callable[[dict[str, Any]], None], message: str
) -> None:
    _edit_manifest(folder, edit)
    with pytest.raises(ArtefactError, match=message):
        load_artefact(folder)


def test_an_estimator_of_scikit_learns_own_types_comes_back(tmp_path: Path) -> None:
    scorer = own()
    save_artefact(tmp_path, scorer, FACTS)
    manifest, loaded = load_artefact(tmp_path)
    assert manifest.kind == "estimator"
    np.testing.assert_array_equal(loaded.probabilities(TEXTS), scorer.probabilities(TEXTS))


def test_a_type_that_is_not_trusted_is_named_and_refused(tmp_path: Path) -> None:
    save_artefact(tmp_path, own(trusted=False), FACTS)
    name = f"{suspicious.__module__}.suspicious"
    with pytest.raises(ArtefactError, match=f"not trusted: {name}.*train.trusted"):
        load_artefact(tmp_path)
    _, loaded = load_artefact(tmp_path, trusted=[name])
    assert loaded.probabilities(TEXTS).shape == (len(TEXTS), 2)


FORMAT_1 = Path(__file__).parent / "format_1"


def test_an_artefact_of_format_1_scores_as_it_did(engine: EngineName) -> None:
    """Written by the code before format 2; its rules are those of the installed spaCy."""
    manifest, scorer = load_artefact(FORMAT_1)
    assert manifest.format == 1
    assert isinstance(scorer, LinearScorer)
    scores = json.loads((FORMAT_1 / "scores.json").read_text())
    np.testing.assert_allclose(scorer.probabilities(list(scores)), list(scores.values()), rtol=0, atol=1e-12)


def test_a_pipeline_has_no_rules_to_save(tmp_path: Path) -> None:
    text = TextSettings(language="zh")
    vocabulary, rows = fit_vocabulary(tokenize(TEXTS, text), FeatureSettings())
    scorer = LinearScorer(text, FeatureSettings(), vocabulary, fit_linear(rows, Y, c=1.0, balanced=True), RULE)
    manifest = save_artefact(tmp_path, scorer, FACTS)
    assert set(manifest.files) == {"vocabulary.json", "weights.safetensors"}
    loaded = load_artefact(tmp_path)[1]
    np.testing.assert_array_equal(loaded.probabilities(TEXTS), scorer.probabilities(TEXTS))


def test_weights_of_rarity_that_are_not_above_zero_are_refused(folder: Path) -> None:
    weights = load_file(folder / "weights.safetensors")
    weights["word_idf"] = np.zeros_like(weights["word_idf"])
    save_file(weights, folder / "weights.safetensors")
    resign(folder, "weights.safetensors")
    with pytest.raises(ArtefactError, match="word_idf holds numbers that are not above 0"):
        load_artefact(folder)
