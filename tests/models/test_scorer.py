import copy
import gc
import subprocess
import sys
import threading
import weakref

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.models import MEMO_BYTES, DecisionRule, LinearScorer, fit_linear
from surtitle.records import Thresholds
from surtitle.settings import FeatureSettings, TextSettings
from surtitle.text import Tokenizer, fit_vocabulary, tokenize
from surtitle.text.native import EngineName

TEXTS = [
    "you are a DUMMY!!!!",
    "you are kind",
    "what a dummy",
    "so kind of you",
    "dummies everywhere",
    "kind words",
] * 3
LABELS = np.array([1, 0, 1, 0, 1, 0] * 3)


def fitted(n_classes: int = 2, engine: EngineName | None = None, memo_bytes: int = MEMO_BYTES) -> LinearScorer:
    text, features = TextSettings(), FeatureSettings()
    vocabulary, rows = fit_vocabulary(tokenize(TEXTS, text), features)
    y = LABELS if n_classes == 2 else np.arange(len(TEXTS)) % 3
    model = fit_linear(rows, y, c=5.0, balanced=True)
    classes = ("kept", "removed") if n_classes == 2 else ("a", "b", "c")
    rule = DecisionRule(classes, (1.0,) * n_classes, Thresholds(0.3, 0.7) if n_classes == 2 else None)
    return LinearScorer(text, features, vocabulary, model, rule, engine=engine, memo_bytes=memo_bytes)


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


def test_scoring_one_text_is_scoring_it_in_a_batch() -> None:
    for scorer in (TWO, THREE):
        assert scorer.score(TEXTS) == [scorer.score([text])[0] for text in TEXTS]


@pytest.mark.parametrize("n_classes", [2, 3])
def test_scores_are_those_of_the_vectorizer_and_the_model(n_classes: int, engine: EngineName) -> None:
    scorer = fitted(n_classes, engine)
    assert scorer.engine == engine
    texts = [*TEXTS, "you you you are KIND kind kind :( (", "", "unheard-of words"]
    tokens = Tokenizer(TextSettings())(texts)
    np.testing.assert_allclose(scorer.probabilities(texts), scorer.tokens_probabilities(tokens), rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    "features", [FeatureSettings(word_ngrams=()), FeatureSettings(word_ngrams=(2, 3), char_ngrams=())]
)
def test_any_choice_of_terms_is_counted_as_the_vectorizer_does(features: FeatureSettings, engine: EngineName) -> None:
    text = TextSettings()
    tokens = tokenize(TEXTS, text)
    vocabulary, rows = fit_vocabulary(tokens, features)
    model = fit_linear(rows, LABELS, c=5.0, balanced=True)
    scorer = LinearScorer(text, features, vocabulary, model, DecisionRule(("a", "b"), (1.0, 1.0)), engine=engine)
    np.testing.assert_allclose(scorer.rows(TEXTS).toarray(), rows.toarray(), rtol=0, atol=1e-14)
    np.testing.assert_allclose(scorer.probabilities(TEXTS), scorer.tokens_probabilities(tokens), rtol=0, atol=1e-14)


def test_a_pipeline_scores_in_context() -> None:
    text = TextSettings(language="zh")
    texts = ["你好 世界", "再见 世界"] * 5
    features = FeatureSettings(char_ngrams=())
    vocabulary, rows = fit_vocabulary(tokenize(texts, text), features)
    model = fit_linear(rows, np.array([0, 1] * 5), c=5.0, balanced=True)
    scorer = LinearScorer(text, features, vocabulary, model, DecisionRule(("a", "b"), (1.0, 1.0)))
    assert scorer.engine == "pipeline"
    assert [each.label for each in scorer.score(texts[:2])] == ["a", "b"]
    assert scorer.score(texts[:1]) == scorer.score(texts)[:1]
    assert len(scorer.explain(texts[0]).tokens) == 4
    assert scorer.probabilities([]).shape == (0, 2)


@pytest.mark.parametrize("scorer", [TWO, THREE])
def test_reasons_are_the_strongest_terms_of_the_explanation(scorer: LinearScorer) -> None:
    texts = ["you are a dummy, so kind", "", "kind words"]
    for text, reasons in zip(texts, scorer.reasons(texts, 3), strict=True):
        assert reasons == scorer.explain(text).terms[:3]
    assert scorer.reasons([], 3) == []


def test_a_copy_scores_the_same() -> None:
    TWO.score(TEXTS)
    assert copy.deepcopy(TWO).score(TEXTS) == TWO.score(TEXTS)


@pytest.mark.parametrize("text", [3, None, b"bytes"])
def test_what_is_no_text_is_refused(text: object, engine: EngineName) -> None:
    scorer = fitted(engine=engine)
    for batch in ([text], ["fine", text]):
        with pytest.raises((TypeError, AttributeError)):
            scorer.score(batch)  # type: ignore[arg-type]  # on purpose


def test_threads_share_one_scorer(engine: EngineName) -> None:
    scorer = fitted(engine=engine)
    batches = [
        [f"you are dummy{n % 50} number {n} :( (" for n in range(start, start + 200)] for start in range(0, 1600, 200)
    ]
    expected = [fitted(engine=engine).probabilities(batch).tolist() for batch in batches]
    found: dict[int, object] = {}

    def work(place: int) -> None:
        found[place] = scorer.probabilities(batches[place]).tolist()

    threads = [threading.Thread(target=work, args=(place,)) for place in range(len(batches))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [found[place] for place in range(len(batches))] == expected


@pytest.mark.parametrize("memo_bytes", [0, 20_000])
def test_what_is_remembered_keeps_to_its_bytes_and_changes_no_answer(engine: EngineName, memo_bytes: int) -> None:
    batch = [f"you are dummy{n % 400} so kind {n}" for n in range(1000)]
    scorer = fitted(engine=engine, memo_bytes=memo_bytes)
    np.testing.assert_array_equal(scorer.probabilities(batch), fitted(engine=engine).probabilities(batch))
    assert [scorer.score([text]) for text in batch[:50]] == [[each] for each in scorer.score(batch[:50])]
    held = scorer.stats()["bytes"]
    assert held <= memo_bytes
    assert held > memo_bytes / 4 or memo_bytes == 0


def test_a_scorer_is_gone_with_its_last_user(engine: EngineName) -> None:
    scorer = fitted(engine=engine)
    scorer.score(TEXTS)
    scorer.reasons(TEXTS, 3)
    gc.disable()
    try:
        held = weakref.ref(scorer), weakref.ref(scorer._engine)
        del scorer
        assert [each() for each in held] == [None, None]
    finally:
        gc.enable()


def test_long_runs_cost_time_in_proportion() -> None:
    scorer = fitted(engine="python")
    assert scorer.score(["!" * 200_000])[0].score == scorer.score(["!!!"])[0].score
    assert 0 < scorer.score(["x" * 101 + "y" * 200_000])[0].score < 1


def test_importing_the_scorer_imports_no_spacy() -> None:
    script = "import sys, surtitle.models; assert 'spacy' not in sys.modules and 'sklearn' not in sys.modules"
    subprocess.run([sys.executable, "-c", script], check=True)
