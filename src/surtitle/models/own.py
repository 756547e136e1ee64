"""A user's own scikit-learn estimator of texts, behind the same interface as our model."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from surtitle.errors import Fault, SettingsError
from surtitle.models.decide import DecisionRule
from surtitle.models.linear import softmax
from surtitle.records import Scored

__all__ = ["EstimatorScorer", "estimator_logits"]


class EstimatorScorer:
    """Calibrated scores from any fitted scikit-learn estimator that takes texts.

    Parameters
    ----------
    estimator : estimator
        Fitted; with `predict_proba` or `decision_function` over a list of texts.
    scale : float
        Of the calibration.
    shift : float64, shape (n_rows,)
        Of the calibration.
    rule : DecisionRule
        Classes and thresholds.
    """

    def __init__(self, estimator: Any, scale: float, shift: NDArray[np.float64], rule: DecisionRule) -> None:
        self.estimator = estimator
        self.scale = scale
        self.shift = shift
        self.rule = rule

    def probabilities(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Return calibrated probabilities, float64, shape (n_texts, n_classes)."""
        if not texts:
            return np.zeros((0, len(self.rule.classes)))
        return softmax(self.scale * estimator_logits(self.estimator, texts) + self.shift)

    def score(self, texts: Sequence[str]) -> list[Scored]:
        """Return what is said of each text, in order."""
        return self.rule.decide(self.probabilities(texts))


def estimator_logits(estimator: Any, texts: Sequence[str]) -> NDArray[np.float64]:
    """Return an estimator's scores as log-odds, shape (n_texts, 1) for two classes, else (n_texts, n_classes).

    Raises
    ------
    SettingsError
        If it has neither `predict_proba` nor `decision_function`.
    """
    if hasattr(estimator, "predict_proba"):
        logs = np.log(np.maximum(np.asarray(estimator.predict_proba(list(texts)), np.float64), 1e-15))
        return logs[:, 1:] - logs[:, :1] if logs.shape[1] == 2 else logs
    if hasattr(estimator, "decision_function"):
        margins = np.asarray(estimator.decision_function(list(texts)), np.float64)
        return margins[:, None] if margins.ndim == 1 else margins
    what = f"{type(estimator).__name__} has neither predict_proba nor decision_function"
    raise SettingsError("your estimator cannot be used", [Fault("train.estimator", what)])
