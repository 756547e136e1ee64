import numpy as np
import pytest

from surtitle.evaluate import summarise
from surtitle.evaluate.grouping import Grouping
from surtitle.evaluate.slices import measure_slices
from surtitle.settings import EvaluateSettings
from tests.evaluate.samples import predictions

SETTINGS = EvaluateSettings(resamples=100, min_slice=20)


def test_a_slice_is_measured_on_its_own_examples() -> None:
    y, probs, chosen = predictions(100, 2, seed=0)
    part = np.arange(100) >= 60
    found = measure_slices("client", Grouping(("a", "b"), part.astype(int)), y, probs, chosen, settings=SETTINGS)
    figures = summarise(y[part], probs[part], chosen[part])
    assert [s.name for s in found] == ["a", "b"]
    assert found[1].auc is not None
    assert found[1].macro_f1 is not None
    assert (found[1].n, found[1].positives) == (40, int(y[part].sum()))
    assert found[1].auc.value == pytest.approx(figures["auc"])
    assert found[1].macro_f1.value == pytest.approx(figures["macro_f1"])
    assert found[1].correct.value == pytest.approx((y[part] == chosen[part]).mean())
    assert found[1].notes == ()


def test_one_class_and_few_examples_are_said() -> None:
    y = np.array([0, 0, 1])
    probs = np.full((3, 2), 0.5)
    small = measure_slices("client", Grouping(("a", "b"), np.array([0, 0, 1])), y, probs, y, settings=SETTINGS)
    assert small[0].auc is small[0].macro_f1 is None
    assert small[0].notes == ("one class only, so AUC is undefined", "only 2 examples")
    assert small[1].notes[1] == "only 1 example"


def test_empty_groups_and_examples_outside_of_groups_are_left_out() -> None:
    y, probs, chosen = predictions(30, 3, seed=0)
    codes = np.where(np.arange(30) < 10, -1, 1)
    [found] = measure_slices("time", Grouping(("a", "b"), codes), y, probs, chosen, settings=SETTINGS)
    assert (found.name, found.n, found.positives) == ("b", 20, None)
