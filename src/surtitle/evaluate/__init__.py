"""Metrics with intervals, thresholds, slices, calibration and the report."""

from surtitle.evaluate.assemble import evaluate
from surtitle.evaluate.bootstrap import measure, paired_auc_difference
from surtitle.evaluate.evaluation import Evaluation, EvaluationInput, Facts
from surtitle.evaluate.metrics import METRICS, summarise
from surtitle.evaluate.report import render_report
from surtitle.evaluate.slices import Slice
from surtitle.evaluate.thresholds import choose_class_weights, thresholds_from_costs

__all__ = [
    "METRICS",
    "Evaluation",
    "EvaluationInput",
    "Facts",
    "Slice",
    "choose_class_weights",
    "evaluate",
    "measure",
    "paired_auc_difference",
    "render_report",
    "summarise",
    "thresholds_from_costs",
]
