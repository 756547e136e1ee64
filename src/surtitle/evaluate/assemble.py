"""Predictions in, the whole evaluation out."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from surtitle.errors import Fault, UsageError
from surtitle.evaluate._arrays import FloatArray, IntArray, check_predictions
from surtitle.evaluate.bootstrap import measure, resamples_used
from surtitle.evaluate.calibration import calibration_bins, wilson
from surtitle.evaluate.classes import (
    class_qualities,
    class_terms,
    confusion_matrix,
    ranking_curves,
    score_histograms,
)
from surtitle.evaluate.costs import ACTIONS, CostReport, cost_report
from surtitle.evaluate.evaluation import Evaluation, EvaluationInput
from surtitle.evaluate.grouping import Grouping, by_length, by_time, by_value, to_times
from surtitle.evaluate.metrics import confidence_and_hit
from surtitle.evaluate.mistakes import worst_mistakes
from surtitle.evaluate.slices import Slice, measure_slices
from surtitle.records import Interval

__all__ = ["evaluate"]

Times = NDArray[np.datetime64]


def evaluate(given: EvaluationInput) -> Evaluation:
    """Measure predictions in every way that the report shows.

    Parameters
    ----------
    given : EvaluationInput
        Predictions, texts, facts and settings.

    Raises
    ------
    UsageError
        For arrays and columns that do not fit together, all at once.
    DataError
        If all examples are of one class.

    Examples
    --------
    >>> from surtitle.evaluate import Facts
    >>> y = np.arange(60) % 2
    >>> probs = np.column_stack([0.8 - 0.6 * y, 0.2 + 0.6 * y])
    >>> evaluation = evaluate(EvaluationInput(
    ...     y=y, probs=probs, chosen=y, actions=["allow"] * 60, classes=("keep", "remove"), texts=["hello"] * 60,
    ...     facts=Facts(project="demo")))
    >>> evaluation.n, evaluation.metrics["auc"].value, evaluation.confusion
    (60, 1.0, ((30, 0), (0, 30)))
    """
    y, probs, chosen = check_predictions(given.y, given.probs, given.chosen)
    faults = list(_faults(given, len(y), probs.shape[1]))
    if faults:
        raise UsageError("the evaluation's inputs do not fit together", faults)
    settings, classes = given.settings, tuple(given.classes)
    level = settings.confidence
    times = None if given.times is None else to_times(given.times)
    confusion = confusion_matrix(y, chosen, len(classes))
    right = int(np.trace(confusion))
    test_from, test_to = _span(times)
    roc, precision_recall = ranking_curves(classes, y, probs)
    # NumPy lets other threads run while it draws and adds, so half of the resamples can be measured beside the others.
    with ThreadPoolExecutor(1) as beside:
        slices = beside.submit(_slices, given, y, probs, chosen, times)
        metrics = measure(y, probs, chosen, resamples=settings.resamples, confidence=level, seed=settings.seed)
        costs = _costs(given, y, probs)
    return Evaluation(
        facts=given.facts,
        classes=classes,
        n=len(y),
        test_from=test_from,
        test_to=test_to,
        confidence=level,
        resamples=resamples_used(len(y), settings.resamples),
        seed=settings.seed,
        metrics=metrics,
        accuracy=Interval(right / len(y), *wilson(right, len(y), level=level)),
        confusion=tuple(tuple(row) for row in confusion.tolist()),
        per_class=class_qualities(classes, y, probs, confusion, level=level),
        roc=roc,
        precision_recall=precision_recall,
        calibration=calibration_bins(*confidence_and_hit(y, probs), level=level),
        histograms=score_histograms(classes, y, probs),
        costs=costs,
        slices=slices.result(),
        terms=class_terms(given.terms),
        mistakes=worst_mistakes(
            y,
            probs,
            chosen,
            classes=classes,
            texts=given.texts,
            ids=given.ids if given.ids is not None else [str(row) for row in range(1, len(y) + 1)],
            clients=given.clients if given.clients is not None else [None] * len(y),
        ),
    )


def _faults(given: EvaluationInput, n: int, n_classes: int) -> Iterator[Fault]:
    """Find what does not fit to `n` examples of `n_classes` classes."""
    if len(given.classes) != n_classes or len(set(given.classes)) != n_classes:
        yield Fault("classes", f"names {list(given.classes)} for {n_classes} columns of probs")
    named = {"texts": given.texts, "ids": given.ids, "times": given.times, "clients": given.clients}
    named |= {f"columns.{name}": values for name, values in given.columns.items()}
    if given.costs is not None:
        named["actions"] = given.actions
    for name, values in named.items():
        if values is not None and len(values) != n:
            yield Fault(name, f"holds {len(values)} values beside {n} examples")
    if (given.costs is None) != (given.thresholds is None):
        yield Fault("costs", "and thresholds belong together", "give both or none")
    if given.costs is not None and n_classes == 2:
        unknown = sorted(set(given.actions) - set(ACTIONS))
        if unknown:
            yield Fault("actions", f"holds {unknown[:3]}", f"known are {', '.join(ACTIONS)}")
    unnamed = sorted(set(given.terms) - set(given.classes))
    if unnamed:
        yield Fault("terms", f"names {unnamed[:3]}, which are no classes")


def _span(times: Times | None) -> tuple[datetime, datetime] | tuple[None, None]:
    known = None if times is None else times[~np.isnat(times)]
    if known is None or not len(known):
        return None, None
    first, last = known.min().item(), known.max().item()
    return first.replace(tzinfo=UTC), last.replace(tzinfo=UTC)


def _costs(given: EvaluationInput, y: IntArray, probs: FloatArray) -> CostReport | None:
    if given.costs is None or given.thresholds is None or probs.shape[1] != 2:
        return None
    held_out = given.validation
    curve_y, curve_probs = (y, probs) if held_out is None else check_predictions(*held_out, held_out[0])[:2]
    return cost_report(
        y,
        np.array([ACTIONS.index(action) for action in given.actions]),
        costs=given.costs,
        thresholds=given.thresholds,
        curve_y=curve_y,
        curve_p=curve_probs[:, 1],
        curves_of="test" if held_out is None else "validation",
        resamples=given.settings.resamples,
        confidence=given.settings.confidence,
        seed=given.settings.seed,
    )


def _slices(
    given: EvaluationInput, y: IntArray, probs: FloatArray, chosen: IntArray, times: Times | None
) -> tuple[Slice, ...]:
    return tuple(
        found
        for dimension, grouping in _groupings(given, times)
        if len(grouping.names) > 1
        for found in measure_slices(dimension, grouping, y, probs, chosen, settings=given.settings)
    )


def _groupings(given: EvaluationInput, times: Times | None) -> Iterator[tuple[str, Grouping]]:
    if given.clients is not None:
        yield "client", by_value(given.clients)
    yield "length", by_length(given.texts)
    if times is not None:
        yield "time", by_time(times, fewest=given.settings.min_slice)
    for name, values in given.columns.items():
        yield f"{name} (column)" if name in ("client", "length", "time") else name, by_value(values)
