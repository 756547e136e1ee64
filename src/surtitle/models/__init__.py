"""Fitting and scoring. Pure once fitted."""

from surtitle.models.decide import DecisionRule
from surtitle.models.engines import MEMO_BYTES
from surtitle.models.fit import Choice, Fitted, class_indices, fit_model
from surtitle.models.linear import LinearModel, fit_calibration, fit_linear
from surtitle.models.many import ManyScorer
from surtitle.models.own import EstimatorScorer, estimator_logits
from surtitle.models.scorer import Explanation, LinearScorer, Scorer

__all__ = [
    "MEMO_BYTES",
    "Choice",
    "DecisionRule",
    "EstimatorScorer",
    "Explanation",
    "Fitted",
    "LinearModel",
    "LinearScorer",
    "ManyScorer",
    "Scorer",
    "class_indices",
    "estimator_logits",
    "fit_calibration",
    "fit_linear",
    "fit_model",
]
