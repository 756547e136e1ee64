from itertools import pairwise

import numpy as np
import pytest

from surtitle.models.fit import Choice, Fitted, class_indices, fit_model
from surtitle.settings import FeatureSettings, TextSettings, TrainSettings
from surtitle.text import Tokenizer, Tokens

RUDE = ["you dummy", "what a fool you are", "stupid fool", "shut up dummy"]
KIND = ["how kind", "thank you so much", "what a lovely day", "you are kind"]
TRAIN = [f"{text} number {n}" for n in range(30) for text in RUDE + KIND]
VALIDATION = [f"{text} again {n}" for n in range(5) for text in RUDE + KIND]


def tokens(texts: list[str]) -> Tokens:
    return Tokenizer(TextSettings())(texts)


def run(settings: TrainSettings) -> tuple[list[Choice], Fitted]:
    y = np.array(([1] * 4 + [0] * 4) * 30)
    y_validation = np.array(([1] * 4 + [0] * 4) * 5)
    y_validation[:3] = 0  # noise, so that certainty is punished
    steps = list(
        fit_model(tokens(TRAIN), y, tokens(VALIDATION), y_validation, features=FeatureSettings(), settings=settings)
    )
    *choices, fitted = steps
    assert isinstance(fitted, Fitted)
    return [choice for choice in choices if isinstance(choice, Choice)], fitted


def test_the_combination_with_the_smallest_validation_loss_is_taken() -> None:
    choices, fitted = run(TrainSettings())
    assert fitted.chosen.log_loss == min(choice.log_loss for choice in choices)
    assert list(fitted.tried) == choices
    assert {choice.balanced for choice in choices} == {True, False}
    assert len({choice.c for choice in choices}) >= 3


def test_the_walk_goes_on_only_while_it_gets_better() -> None:
    choices, _ = run(TrainSettings(balance="balanced"))
    upwards = [choice for choice in choices if choice.c >= 1.0]
    losses = [choice.log_loss for choice in upwards]
    assert all(after < before for before, after in pairwise(losses[:-1]))


def test_nothing_is_searched_when_all_is_given() -> None:
    choices, fitted = run(TrainSettings(c=3.0, balance="none"))
    assert [(choice.c, choice.balanced) for choice in choices] == [(3.0, False)]
    assert fitted.chosen.c == 3.0


def test_validation_probabilities_come_from_a_model_that_had_not_seen_them() -> None:
    """So they are the same whether or not the model is fitted once more afterwards."""
    _, refitted = run(TrainSettings(refit=True))
    _, once = run(TrainSettings(refit=False))
    np.testing.assert_array_equal(refitted.validation_probabilities, once.validation_probabilities)
    assert refitted.vocabulary.words == once.vocabulary.words
    assert not np.array_equal(refitted.model.coef, once.model.coef)


def test_fitting_twice_gives_the_same_bits() -> None:
    _, one = run(TrainSettings())
    _, other = run(TrainSettings())
    np.testing.assert_array_equal(one.model.coef, other.model.coef)


def test_labels_become_places_among_the_classes() -> None:
    assert class_indices(["b", "a", "b"], ("a", "b")).tolist() == [1, 0, 1]
    with pytest.raises(KeyError):
        class_indices(["c"], ("a", "b"))
