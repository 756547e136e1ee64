from typing import Any

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.exceptions import NotFittedError, SkipTestWarning
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.utils import estimator_checks

from surtitle.models.classifier import TextClassifier
from surtitle.settings import CleaningSettings

TEXTS = ["you are kind", "you are a dummy", "how kind of you", "what a dummy"] * 6
LABELS = ["keep", "remove"] * 12


def test_it_learns_strings_and_keeps_the_labels_as_they_are() -> None:
    classifier = TextClassifier().fit(TEXTS, LABELS)
    assert classifier.predict(["DUMMY!!!", "so kind"]).tolist() == ["remove", "keep"]
    assert classifier.classes_.tolist() == ["keep", "remove"]
    numbers = TextClassifier().fit(TEXTS, [5, 7] * 12)
    assert numbers.predict(["dummy"]).tolist() == [7]


def test_probabilities_are_those_of_its_scorer() -> None:
    classifier = TextClassifier().fit(TEXTS, LABELS)
    np.testing.assert_array_equal(classifier.predict_proba(TEXTS), classifier.scorer_.probabilities(TEXTS))


def test_scikit_learns_tools_take_it() -> None:
    search = GridSearchCV(TextClassifier(), {"C": [0.1, 1.0], "char_ngrams": [(), (2, 4)]}, cv=2).fit(TEXTS, LABELS)
    assert search.best_score_ == 1.0
    assert cross_val_score(TextClassifier(), TEXTS, LABELS, cv=3).mean() == 1.0
    calibrated = CalibratedClassifierCV(TextClassifier(), cv=2).fit(TEXTS, LABELS)
    assert calibrated.predict(["dummy"]).tolist() == ["remove"]


def test_a_clone_is_unfitted_and_has_the_same_parameters() -> None:
    original = TextClassifier(C=3.0, cleaning=CleaningSettings(urls=False)).fit(TEXTS, LABELS)
    copy = clone(original)
    assert copy.get_params() == original.get_params()
    with pytest.raises(NotFittedError, match="call fit"):
        copy.predict(TEXTS)


@pytest.mark.parametrize(
    ("X", "y", "message"),
    [
        (["a", "b"], ["x"], "2 texts, y has shape"),
        (["a", 3], ["x", "y"], "text 1 is int"),
        ([], [], "0 samples"),
        ("abc", ["x", "y", "x"], "one string"),
        (["a b", "a b"], ["x", "x"], "one class only"),
        (["a", "b"], ["x", "y"], "no term occurs in 2 texts"),
        (["a b", "a b"], [0.5, 1.5], "Unknown label type"),
    ],
)
def test_wrong_input_is_refused_with_the_reason(X: Any, y: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        TextClassifier().fit(X, y)


# scikit-learn's own suite skips estimators of texts as a whole; these of its checks feed no data.
APPLICABLE = (
    "check_estimator_cloneable",
    "check_estimator_repr",
    "check_estimator_tags_renamed",
    "check_get_params_invariance",
    "check_mixin_order",
    "check_no_attributes_set_in_init",
    "check_parameters_default_constructible",
    "check_set_params",
    "check_valid_tag_types",
)


@pytest.mark.parametrize("name", APPLICABLE)
def test_scikit_learns_checks_pass(name: str) -> None:
    getattr(estimator_checks, name)("TextClassifier", TextClassifier())


def test_scikit_learn_still_skips_its_other_checks_for_texts() -> None:
    with pytest.warns(SkipTestWarning, match="string=True"):
        assert list(estimator_checks.estimator_checks_generator(TextClassifier(), mark=None)) is not None


def test_fitting_changes_neither_parameters_nor_input() -> None:
    classifier, texts = TextClassifier(), list(TEXTS)
    before = classifier.get_params()
    assert classifier.fit(texts, LABELS) is classifier
    assert classifier.get_params() == before
    assert texts == TEXTS
