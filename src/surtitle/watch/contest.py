"""A challenger made of the labels known by now, and its contest with the champion."""

from datetime import datetime
from typing import Any

import msgspec
import numpy as np

from surtitle.cycle.ahead import RulesAhead
from surtitle.cycle.comparison import compare
from surtitle.cycle.fitting import Splits, fit_project
from surtitle.errors import DataError
from surtitle.evaluate import measure
from surtitle.progress import Reporter
from surtitle.project import Project
from surtitle.records import Interval
from surtitle.registry import Verdict as GateVerdict
from surtitle.settings import EvaluateSettings
from surtitle.watch.history import History
from surtitle.watch.policy import Verdict
from surtitle.watch.retrain import Division, divide, retraining_settings

__all__ = ["Contest", "Model", "auc_of", "contradiction", "fit_challenger", "fit_first", "lacking"]


class Model(msgspec.Struct, frozen=True):
    """A version in memory.

    Parameters
    ----------
    version : int
        Numbered from 1.
    scorer : LinearScorer or EstimatorScorer
        What scores.
    data_to : datetime
        The time of the last example that it was made of, its test split included.
    test_auc : Interval
        On its own test split.
    """

    version: int
    scorer: Any
    data_to: datetime
    test_auc: Interval


class Contest(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a challenger.

    Parameters
    ----------
    challenger : int or None
        Its version; None when it could not be made.
    examples : dict of str to int
        How many it was given, by split.
    promoted : bool
        Whether it took the champion's place.
    gate : Verdict or None
        What the gate said.
    champion_auc : Interval or None
        Of the champion on the gate's examples.
    refused : str
        Why it was not promoted, other than by the gate's own reasons; empty otherwise.
    """

    challenger: int | None
    examples: dict[str, int]
    promoted: bool = False
    gate: GateVerdict | None = None
    champion_auc: Interval | None = None
    refused: str = ""


def fit_first(project: Project, history: History, n_first: int, ahead: RulesAhead, reporter: Reporter) -> Model:
    """Make the first model of the first examples.

    Raises
    ------
    DataError
        If they lack a class.
    """
    division = divide(history.times, n_first, None, history.time(n_first - 1), project.settings)
    if missing := lacking(history, division):
        raise DataError(f"the first {n_first:,} examples make no model: {missing}; let the first part be larger")
    return _fit(project, history, division, 1, ahead, reporter)[0]


def fit_challenger(
    project: Project,
    history: History,
    n_known: int,
    champion: Model,
    verdict: Verdict,
    version: int,
    ahead: RulesAhead,
    reporter: Reporter,
) -> tuple[Contest, Model | None]:
    """Make a challenger of the labels known, and let the gate compare it with the champion.

    It is not promoted either if there is a `contradiction`.

    Returns
    -------
    Contest, Model or None
        None when some split lacks a class.
    """
    settings = project.settings
    fell = [period.start for period in verdict.bad] if "quality" in verdict.triggers else []
    division = divide(history.times, n_known, max([champion.data_to, *fell[:1]]), verdict.at, settings)
    sizes = {name: part.stop - part.start for name, part in division._asdict().items()}
    if missing := lacking(history, division):
        return Contest(challenger=None, examples=sizes, refused=missing), None
    given = msgspec.structs.replace(project, settings=retraining_settings(settings))
    challenger, splits, ours = _fit(given, history, division, version, ahead, reporter)
    test = splits.test
    theirs = champion.scorer.probabilities(test.texts)
    gate = compare(settings, test.table, test.y, ours, theirs, challenger=version, champion=champion.version)
    champion_auc = auc_of(test.y, theirs, settings.evaluate)
    refused = contradiction(champion_auc, len(test.y))
    contest = Contest(
        challenger=version,
        examples=sizes,
        promoted=gate.passed and not refused,
        gate=gate,
        champion_auc=champion_auc,
        refused=refused,
    )
    return contest, challenger


def contradiction(champion_auc: Interval, n_examples: int) -> str:
    """Say it if the champion is shown to rank worse than chance on the gate's examples; empty otherwise.

    Labels that say the opposite of all before are a mistake or an attack more often than a change of the world, and a
    person has to tell.

    Examples
    --------
    >>> contradiction(Interval(0.49, 0.44, 0.54), 500)
    ''
    """
    if champion_auc.high >= 0.5:
        return ""
    return (
        f"On the {n_examples:,} newest labels the champion's AUC is {champion_auc}, worse than chance: they "
        "contradict all before. Look at them; if they are right, promote by hand."
    )


def lacking(history: History, division: Division) -> str:
    """Say which class a part of the examples lacks; empty when none does."""
    for name, part in division._asdict().items():
        here = np.bincount(history.y[part], minlength=len(history.classes))
        if not here.all():
            missing = history.classes[int(np.argmin(here))]
            return f"of {part.stop - part.start:,} examples for {name} none is {missing}"
    return ""


def _fit(
    project: Project, history: History, division: Division, version: int, ahead: RulesAhead, reporter: Reporter
) -> tuple[Model, Splits, Any]:
    splits = Splits(*(history.examples(part) for part in division))
    fitted = fit_project(project, history.classes, splits, reporter, ahead)
    probs = fitted.test_probabilities
    model = Model(
        version,
        fitted.scorer,
        history.time(division.test.stop - 1),
        auc_of(splits.test.y, probs, project.settings.evaluate),
    )
    return model, splits, probs


def auc_of(y: Any, probs: Any, settings: EvaluateSettings) -> Interval:
    """Return the AUC with its bootstrap interval."""
    figures = measure(
        *(y, probs, y),
        resamples=settings.resamples,
        confidence=settings.confidence,
        seed=settings.seed,
        names=("auc",),
    )
    return figures["auc"]
