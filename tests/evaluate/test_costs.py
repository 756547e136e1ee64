import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.evaluate.costs import cost_curves, cost_report
from surtitle.records import Thresholds
from surtitle.settings import CostSettings
from tests.evaluate.samples import predictions

COSTS = CostSettings(false_negative=4.0, false_positive=2.0, review=0.5)


def test_counts_and_cost_by_hand() -> None:
    y = np.array([0, 0, 0, 1, 1, 1, 1, 1])
    actions = np.array([0, 1, 2, 0, 0, 1, 2, 2])
    report = cost_report(
        y,
        actions,
        costs=COSTS,
        thresholds=Thresholds(0.2, 0.8),
        curve_y=y,
        curve_p=np.full(8, 0.5),
        curves_of="test",
        resamples=50,
        confidence=0.95,
        seed=0,
    )
    model, allow, remove, review = report.policies
    assert (model.allowed, model.reviewed, model.removed) == (375.0, 250.0, 375.0)
    assert (model.missed, model.wronged) == (250.0, 125.0)
    assert model.cost.value == pytest.approx(1000 * (2 * 4.0 + 2 * 0.5 + 1 * 2.0) / 8)
    assert [policy.cost.value for policy in (allow, remove, review)] == [2500.0, 750.0, 500.0]


@given(seed=st.integers(0, 2**32 - 1), review=st.floats(0, 1), remove=st.floats(0, 1))
def test_curves_end_at_the_policies_without_a_model(seed: int, review: float, remove: float) -> None:
    y, probs, _ = predictions(50, 2, seed)
    cuts = Thresholds(min(review, remove), max(review, remove))
    over_review, over_remove = cost_curves(y, probs[:, 1], COSTS, cuts)
    assert over_remove.y[0] == pytest.approx(1000 * COSTS.false_positive * (y == 0).mean())
    assert over_review.y[-1] == pytest.approx(1000 * COSTS.false_negative * (y == 1).mean())
