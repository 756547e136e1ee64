"""prepare -> fit -> evaluate -> register: one training, from the labelled data to a registered version."""

import time
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import msgspec
import numpy as np

from surtitle import __version__
from surtitle.artefact import ModelFacts, save_artefact
from surtitle.cycle.ahead import RulesAhead
from surtitle.cycle.assess import assess
from surtitle.cycle.fitting import FittedProject, Splits, fit_project, load_examples
from surtitle.cycle.keys import package_versions, training_key
from surtitle.cycle.lock import training_lock
from surtitle.cycle.opening import registry_of
from surtitle.cycle.seen import save_seen
from surtitle.evaluate import Evaluation
from surtitle.evaluate.report import render_report
from surtitle.prepare import Finding, Prepared, prepare
from surtitle.prepare.arrow import to_numbers
from surtitle.progress import SILENT, Reporter
from surtitle.project import Project
from surtitle.records import Interval
from surtitle.registry import Registry, Version, VersionFacts, judge
from surtitle.settings_text import render_settings

__all__ = ["EVALUATION_NAME", "REPORT_NAME", "Trained", "train"]

REPORT_NAME = "report.html"
EVALUATION_NAME = "evaluation.json"


class Trained(msgspec.Struct, frozen=True):
    """What a training gave.

    Parameters
    ----------
    version : int
        The registered version.
    artefact, report : Path
        Its folder, and the report in it.
    classes : tuple of str
        Of two, the second is the positive one.
    metrics : dict of str to Interval
        On the test split.
    split : dict of str to int
        Examples per split.
    findings : tuple of Finding
        Of the checks.
    seconds : float
        How long it took.
    fresh : bool
        False when nothing had changed since this version was trained.
    champion : bool
        Whether it is the champion; the first version becomes so by itself.
    """

    version: int
    artefact: Path
    report: Path
    classes: tuple[str, ...]
    metrics: dict[str, Interval]
    split: dict[str, int]
    findings: tuple[Finding, ...]
    seconds: float
    fresh: bool
    champion: bool


def train(
    project: Project,
    *,
    now: datetime,
    environ: Mapping[str, str],
    reporter: Reporter = SILENT,
    force: bool = False,
    ahead: RulesAhead | None = None,
) -> Trained:
    """Prepare the data, fit a model, measure it and register it; or say that nothing has changed.

    Two trainings of one project take turns. One that is killed leaves nothing behind that the next would trip over.

    Parameters
    ----------
    project : Project
        What to train.
    now : datetime
        Aware; times after it lie in the future.
    environ : mapping of str to str
        For secrets.
    reporter : Reporter
        Told of the progress.
    force : bool
        Train although nothing has changed.
    ahead : RulesAhead, optional
        Of the project's settings, if the caller has asked for them already; it stays the caller's.

    Raises
    ------
    DataError
        With every fault of the data.
    SettingsError
        If an own function or the language cannot be used.
    SurroundingsError
        If the disk is full or may not be written.
    """
    started = time.monotonic()
    asked = RulesAhead(project.settings) if ahead is None else nullcontext(ahead)
    with training_lock(project.state, reporter), asked as rules:
        prepared = prepare(project, now=now, environ=environ, reporter=reporter)
        registry = registry_of(project)
        key = training_key(project, prepared.key)
        version = None if force else _existing(registry, key)
        fresh = version is None
        if version is None:
            version = _train_anew(project, prepared, registry, key, now, reporter, rules)
        _set_aliases(project, registry, version, now)
        champion = registry.resolve("champion")
        return Trained(
            version=version.number,
            artefact=version.folder,
            report=version.folder / REPORT_NAME,
            classes=prepared.classes,
            metrics=version.facts.metrics,
            split=version.facts.examples,
            findings=prepared.findings,
            seconds=time.monotonic() - started,
            fresh=fresh,
            champion=champion is not None and champion.number == version.number,
        )


def _existing(registry: Registry, key: str) -> Version | None:
    """Return the newest version of this very training whose folder is still there."""
    same = [version for version in registry.versions() if version.facts.training_key == key]
    return next((version for version in reversed(same) if (version.folder / REPORT_NAME).is_file()), None)


def _train_anew(
    project: Project,
    prepared: Prepared,
    registry: Registry,
    key: str,
    now: datetime,
    reporter: Reporter,
    ahead: RulesAhead,
) -> Version:
    splits = Splits(*(load_examples(prepared, split) for split in Splits._fields))
    fitted = fit_project(project, prepared.classes, splits, reporter, ahead)
    reporter.start("evaluate")
    # The training lock keeps others from registering, so this is the number that it will get.
    number = registry.next_number()
    evaluation = assess(project, prepared, fitted, splits, version=number, key=key, now=now)
    report = render_report(evaluation)
    reporter.done(f"AUC {evaluation.metrics['auc']} on {evaluation.n:,} test examples")
    reporter.start("register")
    version = registry.register(
        lambda folder: _build(folder, project, prepared, fitted, evaluation, report, splits, now),
        _version_facts(project, prepared, evaluation, key),
        now=now,
    )
    reporter.done(f"version {version.number}")
    return version


def _build(
    folder: Path,
    project: Project,
    prepared: Prepared,
    fitted: FittedProject,
    evaluation: Evaluation,
    report: str,
    splits: Splits,
    now: datetime,
) -> None:
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
    save_seen(folder, np.concatenate([to_numbers(split.table["key"], "uint64") for split in fitted_on]))
    (folder / REPORT_NAME).write_text(report, encoding="utf-8")
    (folder / EVALUATION_NAME).write_bytes(msgspec.json.encode(evaluation))


def _version_facts(project: Project, prepared: Prepared, evaluation: Evaluation, key: str) -> VersionFacts:
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
    )


def _set_aliases(project: Project, registry: Registry, version: Version, now: datetime) -> None:
    """Make the first version champion, by a gate that has nothing to compare it with; later ones are challengers.

    Also for a version that was there already: the training that registered it may have been killed before it came here.
    """
    aliases = registry.aliases()
    if "champion" not in aliases:
        n_examples = version.facts.examples["test"]
        policy = project.settings.gate
        verdict = judge(None, {}, policy, challenger=version.number, champion=None, n_examples=n_examples)
        registry.set_alias("champion", version.number, now=now, why="the first version", verdict=verdict)
        return
    newest = registry.versions()[-1].number
    if version.number == newest and newest not in (aliases["champion"], aliases.get("challenger")):
        registry.set_alias("challenger", version.number, now=now, why="the newest version")
