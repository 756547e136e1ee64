"""What a version consists of: the model's files, what it was fitted on, its evaluation and its report."""

from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from surtitle import __version__
from surtitle.artefact import ModelFacts, save_artefact
from surtitle.cycle.fitting import FittedProject, Splits
from surtitle.cycle.keys import package_versions
from surtitle.cycle.reference import save_sketch
from surtitle.cycle.seen import save_seen
from surtitle.evaluate import Evaluation
from surtitle.evaluate.report import render_report
from surtitle.evaluate.sketch import Sketch, make_sketch
from surtitle.prepare import Prepared
from surtitle.prepare.arrow import to_numbers
from surtitle.project import Project
from surtitle.registry import VersionFacts
from surtitle.settings_text import render_settings

__all__ = ["EVALUATION_NAME", "REPORT_NAME", "save_model", "save_report", "version_facts"]

REPORT_NAME = "report.html"
EVALUATION_NAME = "evaluation.json"


def save_model(
    folder: Path,
    project: Project,
    prepared: Prepared,
    fitted: FittedProject,
    evaluation: Evaluation,
    splits: Splits,
    now: datetime,
) -> None:
    """Write all of a version but its report into a new folder.

    Parameters
    ----------
    folder : Path
        Empty.
    project, prepared, fitted, evaluation, splits
        Of the training.
    now : datetime
        Aware.
    """
    facts = ModelFacts(
        name=project.settings.project.name,
        created_at=now,
        data_hash=prepared.key,
        data_from=prepared.time_from,
        data_to=prepared.time_to,
        examples=prepared.sizes,
        metrics=evaluation.metrics,
        packages=package_versions(),
        recipe=fitted.recipe,
    )
    save_artefact(folder, fitted.scorer, facts)
    fitted_on = (splits.train, splits.validation)
    save_sketch(folder, _sketch(project, fitted, splits))
    save_seen(folder, np.concatenate([to_numbers(split.table["key"], "uint64") for split in fitted_on]))


def save_report(folder: Path, evaluation: Evaluation) -> None:
    """Write the report, and what it was made of."""
    (folder / REPORT_NAME).write_text(render_report(evaluation), encoding="utf-8")
    (folder / EVALUATION_NAME).write_bytes(msgspec.json.encode(evaluation))


def version_facts(
    project: Project, prepared: Prepared, evaluation: Evaluation, key: str, *, client: str | None = None
) -> VersionFacts:
    """Return what the registry keeps of a training."""
    return VersionFacts(
        task="classification",
        model=project.settings.project.name,
        training_key=key,
        data_hash=prepared.key,
        data_from=prepared.time_from,
        data_to=prepared.time_to,
        examples=prepared.sizes,
        metrics=evaluation.metrics,
        settings_toml=render_settings(project.settings),
        surtitle_version=__version__,
        client=client,
    )


def _sketch(project: Project, fitted: FittedProject, splits: Splits) -> Sketch:
    probabilities = fitted.validation_probabilities
    chosen = fitted.scorer.rule.chosen(probabilities)
    scores = probabilities[:, 1] if probabilities.shape[1] == 2 else probabilities[np.arange(len(chosen)), chosen]
    return make_sketch(splits.train.texts, splits.validation.texts, scores, project.settings.text.cleaning)
