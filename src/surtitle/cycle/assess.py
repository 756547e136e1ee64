"""Measure a fitted model on the test split, with all that its report shows."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
import numpy as np

from surtitle import __version__
from surtitle.cycle.fitting import FittedProject, Splits
from surtitle.evaluate import Evaluation, EvaluationInput, Facts, evaluate
from surtitle.models import LinearScorer
from surtitle.prepare import Prepared, kind_of_split
from surtitle.prepare.arrow import to_numbers
from surtitle.project import Project
from surtitle.settings_text import render_settings

__all__ = ["assess"]

_TERMS_PER_SIDE = 15


def assess(
    project: Project,
    prepared: Prepared,
    fitted: FittedProject,
    splits: Splits,
    *,
    version: int,
    key: str,
    now: datetime,
) -> Evaluation:
    """Measure `fitted` on the test split.

    Parameters
    ----------
    project : Project
        Settings and name.
    prepared : Prepared
        Where the splits come from.
    fitted : FittedProject
        Model and probabilities.
    splits : Splits
        Of which validation draws the cost curves and test is measured on.
    version : int
        The number that the model will be registered under.
    key : str
        The training's hash.
    now : datetime
        Aware.
    """
    settings, rule = project.settings, fitted.scorer.rule
    validation, test = splits.validation, splits.test
    probs = fitted.test_probabilities
    table = test.table
    given = EvaluationInput(
        y=test.y,
        probs=probs,
        chosen=rule.chosen(probs),
        actions=[scored.action for scored in rule.decide(probs)],
        classes=prepared.classes,
        texts=test.texts,
        facts=_facts(project, prepared, fitted, version=version, key=key, now=now),
        settings=settings.evaluate,
        ids=table["id"].to_pylist(),
        times=to_numbers(table["time"], "datetime64[us]") if settings.data.time else None,
        clients=table["client"].to_pylist() if settings.data.client else None,
        columns={name: table[name].to_pylist() for name in settings.evaluate.slices},
        costs=settings.costs if rule.thresholds else None,
        thresholds=rule.thresholds,
        validation=(validation.y, fitted.validation_probabilities),
        terms=_terms(fitted.scorer) if isinstance(fitted.scorer, LinearScorer) else {},
    )
    return evaluate(given)


def _facts(
    project: Project, prepared: Prepared, fitted: FittedProject, *, version: int, key: str, now: datetime
) -> Facts:
    data = project.settings.data
    return Facts(
        project=project.settings.project.name,
        version=version,
        label=data.label,
        split_by=kind_of_split(project.settings),
        split_sizes=prepared.sizes,
        class_counts=prepared.counts,
        data_from=prepared.time_from,
        data_to=prepared.time_to,
        findings=tuple(msgspec.to_builtins(finding) for finding in prepared.findings),
        model=fitted.recipe,
        settings=render_settings(project.settings),
        digest=key,
        created_at=now,
        package=__version__,
        synthetic=data.synthetic,
        best_auc=data.best_auc or None,
    )


def _terms(scorer: LinearScorer) -> Mapping[str, list[tuple[str, float]]]:
    coef = scorer.model.coef
    rows = [-coef[0], coef[0]] if len(coef) == 1 else list(coef)
    found = {}
    for name, row in zip(scorer.rule.classes, rows, strict=True):
        order = np.argsort(row, kind="stable")
        telling = [*order[::-1][:_TERMS_PER_SIDE], *order[:_TERMS_PER_SIDE]]
        found[name] = [(scorer.vocabulary.term(int(column)), float(row[column])) for column in dict.fromkeys(telling)]
    return found
