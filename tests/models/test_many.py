import numpy as np
import pytest

from surtitle.models import DecisionRule, LinearModel, LinearScorer, ManyScorer
from surtitle.records import Thresholds
from surtitle.settings import FeatureSettings, TextSettings
from surtitle.text import fit_vocabulary, tokenize
from surtitle.text.native import EngineName

TEXTS = ["you are a DUMMY!!!!", "so kind of you, so kind", "foo:( (", "", "what a kind dummy"]
TEXT, FEATURES = TextSettings(), FeatureSettings(char_ngrams=(2, 3))
VOCABULARY, _ = fit_vocabulary(tokenize(TEXTS * 2, TEXT), FEATURES)


def model(seed: int, n_rows: int) -> LinearModel:
    rng = np.random.default_rng(seed)
    return LinearModel(rng.normal(size=(n_rows, len(VOCABULARY))), rng.normal(size=n_rows))


MODELS = {
    "one": (model(1, 1), DecisionRule(("kept", "removed"), (1.0, 1.0), Thresholds(0.2, 0.4))),
    "other": (model(2, 1), DecisionRule(("kept", "removed"), (1.0, 2.0), Thresholds(0.5, 0.9))),
    "three": (model(3, 3), DecisionRule(("a", "b", "c"), (1.0, 1.0, 1.0))),
}


def test_each_model_says_what_it_says_alone_to_the_last_bit(engine: EngineName) -> None:
    many = ManyScorer(TEXT, FEATURES, VOCABULARY, MODELS, engine=engine)
    probabilities, scored = many.probabilities(TEXTS), many.score(TEXTS)
    assert list(probabilities) == list(scored) == list(MODELS)
    for name, (own, rule) in MODELS.items():
        single = LinearScorer(TEXT, FEATURES, VOCABULARY, own, rule, engine=engine)
        assert probabilities[name].tolist() == single.probabilities(TEXTS).tolist()
        assert scored[name] == single.score(TEXTS)


def test_no_texts_have_no_scores() -> None:
    many = ManyScorer(TEXT, FEATURES, VOCABULARY, MODELS)
    assert many.score([]) == {"one": [], "other": [], "three": []}
    assert many.probabilities([])["three"].shape == (0, 3)


def test_no_models_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        ManyScorer(TEXT, FEATURES, VOCABULARY, {})


def test_a_model_that_does_not_fit_is_refused_by_name() -> None:
    short = LinearModel(np.zeros((1, 2)), np.zeros(1))
    with pytest.raises(ValueError, match=r"'short' has weights of shape \(1, 2\)"):
        ManyScorer(TEXT, FEATURES, VOCABULARY, {"short": (short, MODELS["one"][1])})
    with pytest.raises(ValueError, match=r"'three' has 3 classes, its rule 2"):
        ManyScorer(TEXT, FEATURES, VOCABULARY, {"three": (MODELS["three"][0], MODELS["one"][1])})
