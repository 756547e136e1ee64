"""Labels of a choice weighted: without bias where the plain figures are far off."""

import numpy as np
import pytest

from surtitle.evaluate.ranking import rank
from surtitle.records import Interval
from surtitle.watch.weighted import LabelledChoice, WeightedQuality, weighted_quality


class Population:
    """Events whose labels are all known, and choices of them as `choose` makes them: the most uncertain, and a draw."""

    def __init__(self, n: int = 4000, seed: int = 0) -> None:
        rng = np.random.default_rng(seed)
        self.scores = rng.beta(0.5, 2.0, n)
        self.positive = rng.random(n) < np.clip(self.scores * 0.8 + 0.05, 0, 1)
        self.right = self.positive == (self.scores > 0.5)
        self.uncertain = np.argsort(np.abs(self.scores - 0.5))
        self.auc = float(rank(self.positive, self.scores)(np.ones((1, n)))[0][0])

    def choice(self, for_a_reason: int, drawn: int, rng: np.random.Generator, *, missing: int = 0) -> LabelledChoice:
        rest = rng.permutation(self.uncertain[for_a_reason:])[:drawn]
        places = np.concatenate([self.uncertain[:for_a_reason], rest])[missing:]
        random = np.arange(missing, for_a_reason + drawn) >= for_a_reason
        return LabelledChoice(
            random=random,
            right=self.right[places],
            positive=self.positive[places],
            scores=self.scores[places],
            population=len(self.scores),
            for_a_reason=for_a_reason,
        )


def quality(choice: LabelledChoice) -> WeightedQuality:
    found = weighted_quality(choice, resamples=150, confidence=0.95, seed=1)
    assert found is not None
    return found


def covers(interval: Interval | None, truth: float) -> bool:
    assert interval is not None
    return interval.low <= truth <= interval.high


def test_the_weighted_figures_are_unbiased_and_the_plain_ones_are_not() -> None:
    population, rng = Population(), np.random.default_rng(5)
    choices = [population.choice(160, 80, rng) for _ in range(200)]
    found = [quality(choice) for choice in choices]
    truths = {"positives": population.positive.mean(), "accuracy": population.right.mean(), "auc": population.auc}
    plain = {
        "positives": [choice.positive.mean() for choice in choices if choice.positive is not None],
        "accuracy": [choice.right.mean() for choice in choices],
        "auc": [
            rank(choice.positive, choice.scores)(np.ones((1, 240)))[0][0]
            for choice in choices
            if choice.positive is not None
        ],
    }
    for name, truth in truths.items():
        weighted = np.array([getattr(each, name).value for each in found])
        error = weighted.std() / np.sqrt(len(weighted))
        assert abs(weighted.mean() - truth) < 4 * error + 0.004, name
        assert abs(np.mean(plain[name]) - truth) > 0.08, name


@pytest.mark.slow
def test_the_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    population, rng = Population(), np.random.default_rng(6)
    found = [quality(population.choice(100, 150, rng)) for _ in range(200)]
    assert np.mean([covers(each.positives, population.positive.mean()) for each in found]) > 0.89
    assert np.mean([covers(each.accuracy, population.right.mean()) for each in found]) > 0.89
    assert np.mean([covers(each.auc, population.auc) for each in found]) > 0.87


def test_with_every_label_there_is_nothing_to_estimate() -> None:
    population = Population(300)
    found = quality(population.choice(100, 200, np.random.default_rng(0)))
    exact = float(population.positive.mean())
    assert found.positives is not None
    assert (found.positives.value, found.positives.low, found.positives.high) == pytest.approx((exact,) * 3)
    assert found.auc is not None
    assert found.auc.value == pytest.approx(population.auc)


def test_labels_that_did_not_come_are_stood_for_by_those_that_did() -> None:
    choice = Population().choice(100, 50, np.random.default_rng(0), missing=40)
    assert choice.weights().sum() == pytest.approx(4000)
    assert choice.weights()[0] == pytest.approx(100 / 60)


@pytest.mark.parametrize(("for_a_reason", "drawn", "missing"), [(10, 1, 0), (10, 5, 10), (0, 1, 0)])
def test_too_few_labels_give_no_figure(for_a_reason: int, drawn: int, missing: int) -> None:
    choice = Population().choice(for_a_reason, drawn, np.random.default_rng(0), missing=missing)
    assert weighted_quality(choice, resamples=50, confidence=0.95, seed=0) is None


def test_without_both_classes_there_is_no_auc() -> None:
    choice = LabelledChoice(
        random=np.ones(3, np.bool_),
        right=np.ones(3, np.bool_),
        positive=np.zeros(3, np.bool_),
        scores=np.zeros(3),
        population=50,
        for_a_reason=0,
    )
    assert quality(choice).auc is None
