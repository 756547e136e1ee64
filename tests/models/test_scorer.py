import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.models import DecisionRule, LinearScorer, fit_linear
from surtitle.records import Thresholds
from surtitle.settings import FeatureSettings, TextSettings
from surtitle.text import fit_vocabulary, tokenize

TEXTS = [
    "you are a DUMMY!!!!",
    "you are kind",
    "what a dummy",
    "so kind of you",
    "dummies everywhere",
    "kind words",
] * 3
LABELS = np.array([1, 0, 1, 0, 1, 0] * 3)


def fitted(n_classes: int = 2) -> LinearScorer:
    text, features = TextSettings(), FeatureSettings()
    vocabulary, rows = fit_vocabulary(tokenize(TEXTS, text), features)
    y = LABELS if n_classes == 2 else np.arange(len(TEXTS)) % 3
    model = fit_linear(rows, y, c=5.0, balanced=True)
    classes = ("kept", "removed") if n_classes == 2 else ("a", "b", "c")
    rule = DecisionRule(classes, (1.0,) * n_classes, Thresholds(0.3, 0.7) if n_classes == 2 else None)
    return LinearScorer(text, features, vocabulary, model, rule)


TWO, THREE = fitted(), fitted(3)
texts = st.lists(st.one_of(st.text(max_size=40), st.sampled_from(TEXTS)), max_size=8)


@given(texts)
def test_scores_do_not_depend_on_the_batch(batch: list[str]) -> None:
    """Law: the score of a text is a function of the text alone, to the last bit."""
    together = TWO.probabilities(batch)
    alone = [TWO.probabilities([text])[0] for text in batch]
    np.testing.assert_array_equal(together, np.array(alone).reshape(-1, 2))


@given(st.text(max_size=60), st.sampled_from([TWO, THREE]))
def test_the_terms_of_an_explanation_add_up_to_the_score(text: str, scorer: LinearScorer) -> None:
    explanation = scorer.explain(text)
    total = explanation.intercept + sum(reason.contribution for reason in explanation.terms)
    assert total == pytest.approx(explanation.logit, abs=1e-9)
    if scorer is TWO:
        assert 1 / (1 + np.exp(-total)) == pytest.approx(explanation.scored.score, abs=1e-9)
    assert explanation.scored == scorer.score([text])[0]


def test_an_explanation_tells_every_step_of_the_flagship_text() -> None:
    explanation = TWO.explain("You are a DUMMY!!!!")
    assert explanation.cleaned == "you are a dummy!!!"
    assert [name for name, _ in explanation.steps] == ["repeats", "lowercase"]
    assert explanation.tokens[1] == ("are", "be")
    assert explanation.terms[0].contribution > 0
    assert {"dummy", "| dum|"} <= {reason.term for reason in explanation.terms}
    assert explanation.scored.action == "remove"


def test_terms_come_with_the_strongest_first() -> None:
    pushes = [abs(reason.contribution) for reason in TWO.explain("you are a dummy, so kind").terms]
    assert pushes == sorted(pushes, reverse=True)


def test_a_text_without_known_terms_has_the_score_of_the_intercept() -> None:
    explanation = TWO.explain("\u4f60\u597d")
    assert explanation.terms == ()
    assert explanation.logit == explanation.intercept


def test_no_texts_have_no_scores() -> None:
    assert TWO.score([]) == []
    assert TWO.probabilities([]).shape == (0, 2)


def test_many_texts_are_scored_in_batches_and_in_order() -> None:
    batch = [TEXTS[n % len(TEXTS)] for n in range(11_000)]
    found = TWO.probabilities(batch)
    expected = TWO.probabilities(TEXTS)
    np.testing.assert_array_equal(found, np.resize(expected, (len(batch), 2)))
