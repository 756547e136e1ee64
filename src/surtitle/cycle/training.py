"""prepare -> fit -> evaluate -> register: one training, from the labelled data to a registered version."""

import time
from collections.abc import Mapping
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import msgspec

from surtitle.cycle.ahead import RulesAhead
from surtitle.cycle.assess import assess
from surtitle.cycle.fitting import Splits, fit_project, load_examples
from surtitle.cycle.keys import training_key
from surtitle.cycle.lock import training_lock
from surtitle.cycle.opening import registry_of
from surtitle.cycle.registering import REPORT_NAME, save_model, save_report, version_facts
from surtitle.prepare import Finding, Prepared, prepare
from surtitle.progress import SILENT, Reporter
from surtitle.project import Project
from surtitle.records import Interval
from surtitle.registry import Registry, Version, judge

__all__ = ["REPORT_NAME", "Trained", "train"]


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
    reporter.done(f"AUC {evaluation.metrics['auc']} on {evaluation.n:,} test examples")
    reporter.start("register")

    def build(folder: Path) -> None:
        save_model(folder, project, prepared, fitted, evaluation, splits, now)
        save_report(folder, evaluation)

    version = registry.register(build, version_facts(project, prepared, evaluation, key), now=now)
    reporter.done(f"version {version.number}")
    return version


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
    newest = max(each.number for each in registry.versions() if each.facts.client is None)
    if version.number == newest and newest not in (aliases["champion"], aliases.get("challenger")):
        registry.set_alias("challenger", version.number, now=now, why="the newest version")
