"""Carrying out what the policy and the guard say, on a project and its registry.

Every step is one that a user could have typed: train, promote, rollback. Each is whole or has not happened, and what
comes next follows from the registry and the data alone; so after a crash the same call goes on where it was: a version
that is registered already is not trained again, and one that is champion already is not promoted again.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

import msgspec
import numpy as np

from surtitle.cycle.comparison import paired_difference
from surtitle.cycle.opening import load_scorer, registry_of
from surtitle.cycle.promotion import Promotion, promote, rollback
from surtitle.cycle.seen import is_new, load_seen
from surtitle.cycle.training import train
from surtitle.errors import RegistryError
from surtitle.prepare.arrow import to_numbers
from surtitle.progress import SILENT, Reporter
from surtitle.project import Project
from surtitle.records import Interval
from surtitle.registry import Version, alias_of
from surtitle.watch.contest import auc_of, contradiction, lacking
from surtitle.watch.guard import Guard, GuardVerdict, judge_guard
from surtitle.watch.history import History, project_of, read_history
from surtitle.watch.policy import Verdict, span_of
from surtitle.watch.retrain import divide, retraining_settings

__all__ = ["Retrained", "ask_guard", "retrain"]


class Retrained(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a training that the policy asked for.

    Parameters
    ----------
    version : int or None
        The challenger; None when none could be made.
    examples : dict of str to int
        How many it was given, by split.
    promotion : Promotion or None
        What the gate said, and the move; None when it was not asked.
    champion_auc : Interval or None
        Of the champion on the gate's examples.
    refused : str
        Why it was not promoted, other than by the gate's own reasons; empty otherwise.
    """

    version: int | None
    examples: dict[str, int]
    promotion: Promotion | None = None
    champion_auc: Interval | None = None
    refused: str = ""


class _Given(NamedTuple):
    """A project with the data and the shares of one retraining."""

    project: Project
    examples: dict[str, int]
    lacking: str


def retrain(
    project: Project,
    verdict: Verdict,
    *,
    now: datetime,
    environ: Mapping[str, str],
    reporter: Reporter = SILENT,
) -> Retrained:
    """Train on the project's labelled data as `divide` says, ask the gate, and promote if it agrees.

    Parameters
    ----------
    project : Project
        Its data must hold the new labels; its split is by time here, whatever the settings say.
    verdict : Verdict
        What the policy said: whose champion, and since when its quality is bad.
    now : datetime
        Aware.
    environ : mapping of str to str
        For secrets of the data's address.
    reporter : Reporter
        Told of the progress.

    Raises
    ------
    RegistryError
        If there is no champion.
    DataError, SurroundingsError
        As of `train`.
    """
    registry = registry_of(project)
    champion = registry.resolve("champion", verdict.client)
    if champion is None:
        raise RegistryError("there is no champion to retrain; begin with: surtitle train")
    timed = project_of(project, None)
    history = read_history(timed, now=now, environ=environ, reporter=reporter)
    given = _given(timed, history, champion, verdict, now)
    if given.lacking:
        return Retrained(version=None, examples=given.examples, refused=given.lacking)
    trained = train(given.project, now=now, environ=environ, reporter=reporter)
    if trained.version == champion.number:
        return Retrained(version=trained.version, examples=given.examples, refused="It is the champion already.")
    test = history.examples(slice(len(history) - given.examples["test"], len(history)))
    champion_auc = auc_of(test.y, load_scorer(project, champion).probabilities(test.texts), project.settings.evaluate)
    if refused := contradiction(champion_auc, len(test.y)):
        return Retrained(version=trained.version, examples=given.examples, champion_auc=champion_auc, refused=refused)
    promotion = promote(
        *(given.project, str(trained.version)),
        now=now,
        environ=environ,
        client=verdict.client,
        why=f"retrained: {', '.join(verdict.triggers)}",
        reporter=reporter,
    )
    return Retrained(version=trained.version, examples=given.examples, promotion=promotion, champion_auc=champion_auc)


def _given(timed: Project, history: History, champion: Version, verdict: Verdict, now: datetime) -> _Given:
    """Say which examples to train on, in the words of the settings: since when, and which shares."""
    settings, n = timed.settings, len(history)
    fell = [period.start for period in verdict.bad] if "quality" in verdict.triggers else []
    marks = [moment for moment in (champion.facts.data_to, *fell[:1]) if moment is not None]
    division = divide(history.times, n, max(marks, default=None), now, settings)
    examples = {name: part.stop - part.start for name, part in division._asdict().items()}
    missing = lacking(history, division)
    if missing:
        return _Given(timed, examples, missing)
    replace = msgspec.structs.replace
    since = history.time(division.train.start).isoformat() if settings.watch.window else settings.data.since
    total = n - division.train.start
    shares = replace(settings.split, validation=examples["validation"] / total, test=examples["test"] / total)
    given = replace(retraining_settings(settings), data=replace(settings.data, since=since), split=shares)
    return _Given(replace(timed, settings=given), examples, "")


def ask_guard(
    project: Project,
    *,
    now: datetime,
    environ: Mapping[str, str],
    client: str | None = None,
    reporter: Reporter = SILENT,
) -> GuardVerdict | None:
    """Compare a champion that was promoted lately with the one before, and roll back if it is worse.

    Both score the project's labelled examples of after the promotion that neither was fitted on.

    Parameters
    ----------
    project, now, environ, reporter
        As of `retrain`.
    client : str, optional
        The client whose champion is on trial, by its own examples.

    Returns
    -------
    GuardVerdict or None
        None when no champion is on trial.
    """
    guard = _on_trial(project, now, client)
    if guard is None:
        return None
    registry = registry_of(project)
    history = read_history(project_of(project, None), now=now, environ=environ, reporter=reporter)
    new, before = registry.find(guard.version), registry.find(guard.before)
    rows = slice(history.place(guard.since), len(history))
    examples = history.examples(rows)
    fresh = is_new(to_numbers(examples.table["key"], "uint64"), load_seen(new.folder), load_seen(before.folder))
    if client is not None:
        fresh &= [value == client for value in examples.table["client"].to_pylist()]
    y, texts = examples.y[fresh], [text for text, ours in zip(examples.texts, fresh, strict=True) if ours]
    difference = None
    if np.bincount(y, minlength=len(history.classes)).min() >= project.settings.watch.min_positives:
        ours, theirs = (load_scorer(project, version).probabilities(texts) for version in (new, before))
        difference = paired_difference(project.settings, y, ours, theirs)
    verdict = judge_guard(guard, difference, now, project.settings.watch, n_examples=len(y))
    if verdict.roll_back:
        rollback(project, now=now, client=client, why=verdict.reason)
    return verdict


def _on_trial(project: Project, now: datetime, client: str | None) -> Guard | None:
    """Return the trial that the last move of the alias began, if it has not ended."""
    moves = registry_of(project).history(alias_of("champion", client))
    last = moves[-1] if moves else None
    if last is None or last.kind != "promote" or last.from_version is None or last.to_version is None:
        return None
    watch = project.settings.watch
    if now >= last.moved_at + span_of(watch.guard) + span_of(watch.maturity):
        return None
    return Guard(version=last.to_version, before=last.from_version, since=last.moved_at)
