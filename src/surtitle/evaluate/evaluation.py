"""Everything that the report shows, as one record that is JSON as it stands; and what it is made from."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from surtitle.evaluate._arrays import FloatArray, IntArray
from surtitle.evaluate.calibration import CalibrationBin
from surtitle.evaluate.classes import ClassQuality, ClassTerms, ScoreHistogram, Terms
from surtitle.evaluate.costs import CostReport
from surtitle.evaluate.curves import Curve
from surtitle.evaluate.mistakes import MistakeGroup
from surtitle.evaluate.slices import Slice
from surtitle.records import Interval, Thresholds
from surtitle.settings import CostSettings, EvaluateSettings

__all__ = ["Evaluation", "EvaluationInput", "Facts"]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a model apart from its predictions; shown, not computed with.

    Parameters
    ----------
    project : str
        The project's name.
    version : int or None
        The version's number, once there is one.
    label : str
        The label's column, to tell what a class such as `1` means.
    noun : str
        What the texts are, in the plural: `comments`, `tweets`.
    split_by : str
        `time`, `group` or `stratified`.
    split_sizes : mapping of str to int
        Split to examples.
    class_counts : mapping of str to mapping of str to int
        Split to class to examples.
    data_from, data_to : datetime or None
        Span of all the data.
    findings : tuple
        Of the checks: a sentence each, or a mapping with `severity`, `message` and more.
    model : mapping of str to str
        What was chosen, such as the regularisation strength.
    settings : str
        The filled-in settings, without secrets.
    digest : str
        Hash of data and settings.
    created_at : datetime or None
        When the evaluation was made.
    package : str
        Version of Surtitle.
    synthetic : bool
        Whether the data was made up.
    best_auc : float or None
        The AUC that no model can beat on average, where it is known.
    """

    project: str
    version: int | None = None
    label: str = ""
    noun: str = "texts"
    split_by: str = "stratified"
    split_sizes: Mapping[str, int] = {}
    class_counts: Mapping[str, Mapping[str, int]] = {}
    data_from: datetime | None = None
    data_to: datetime | None = None
    findings: tuple[str | dict[str, Any], ...] = ()
    model: Mapping[str, str] = {}
    settings: str = ""
    digest: str = ""
    created_at: datetime | None = None
    package: str = ""
    synthetic: bool = False
    best_auc: float | None = None


class EvaluationInput(msgspec.Struct, frozen=True, kw_only=True):
    """Predictions of a test split and all that goes with them.

    Parameters
    ----------
    y, probs, chosen
        As in `measure`; of two classes, the last one is the positive one.
    actions : sequence of str
        `allow`, `review` or `remove` per example when there are two classes; else not used.
    classes : sequence of str
        The classes' names, in the order of the columns of `probs`.
    texts : sequence of str
        The texts, as they came.
    facts : Facts
        Shown as they are.
    settings : EvaluateSettings
        Resamples, confidence, seed, small slices.
    ids : sequence of str, optional
        The examples' ids; their row numbers from 1 if left out.
    times : sequence of datetime or array of datetime64, optional
        None or NaT where unknown.
    clients : sequence of str, optional
        None where unknown.
    columns : mapping of str to sequence of str
        More columns to slice by.
    costs, thresholds : optional
        For two classes, both or none: gives the cost section.
    validation : pair of arrays (y, probs), optional
        On which the cost curves are drawn, so that nobody tunes thresholds on the test split; the test split if left
        out.
    terms : mapping of str to sequence of (str, float)
        Class to its most telling terms with their coefficients, positive ones pointing to the class.
    """

    y: IntArray
    probs: FloatArray
    chosen: IntArray
    actions: Sequence[str]
    classes: Sequence[str]
    texts: Sequence[str]
    facts: Facts
    settings: EvaluateSettings = EvaluateSettings()
    ids: Sequence[str] | None = None
    times: Any = None
    clients: Sequence[str | None] | None = None
    columns: Mapping[str, Sequence[str | None]] = {}
    costs: CostSettings | None = None
    thresholds: Thresholds | None = None
    validation: tuple[IntArray, FloatArray] | None = None
    terms: Terms = {}


class Evaluation(msgspec.Struct, frozen=True, kw_only=True):
    """A model's quality on the test split.

    Parameters
    ----------
    format : int
        Number of this record's form.
    facts : Facts
        What is known apart from the predictions.
    classes : tuple of str
        The last one of two is the positive one.
    n : int
        Test examples.
    test_from, test_to : datetime or None
        Their span, UTC.
    confidence, resamples, seed
        Of all bootstrap intervals; `resamples` are those really drawn.
    metrics : dict of str to Interval
        The six figures.
    accuracy : Interval
        Share of right choices, with its Wilson interval.
    confusion : tuple of tuple of int
        Rows are true classes, columns chosen ones.
    """

    format: int = 1
    facts: Facts
    classes: tuple[str, ...]
    n: int
    test_from: datetime | None
    test_to: datetime | None
    confidence: float
    resamples: int
    seed: int
    metrics: dict[str, Interval]
    accuracy: Interval
    confusion: tuple[tuple[int, ...], ...]
    per_class: tuple[ClassQuality, ...]
    roc: tuple[Curve, ...]
    precision_recall: tuple[Curve, ...]
    calibration: tuple[CalibrationBin, ...]
    histograms: tuple[ScoreHistogram, ...]
    costs: CostReport | None
    slices: tuple[Slice, ...]
    terms: tuple[ClassTerms, ...]
    mistakes: tuple[MistakeGroup, ...]

    @property
    def dimensions(self) -> tuple[str, ...]:
        """What the slices were cut by, in order."""
        return tuple(dict.fromkeys(s.dimension for s in self.slices))
