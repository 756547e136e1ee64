"""What the policy and the guard ask for, done on a project and its registry.

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
from surtitle.cycle.promotion import ask_gate, promote, rollback
from surtitle.cycle.seen import is_new, load_seen
from surtitle.cycle.training import train
from surtitle.errors import RegistryError
from surtitle.prepare.arrow import to_numbers
from surtitle.progress import SILENT, Reporter
from surtitle.project import Project
from surtitle.registry import Version, alias_of
from surtitle.watch.contest import Contest, auc_of, contradiction, lacking
from surtitle.watch.guard import Guard, GuardVerdict, judge_guard
from surtitle.watch.history import History, project_of, read_history
from surtitle.watch.policy import Verdict, span_of
from surtitle.watch.retrain import divide

__all__ = ["ask_guard", "retrain", "roll_back"]


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
    made: int | None = None,
    reporter: Reporter = SILENT,
) -> Contest:
    """Train on the project's labelled data as `divide` says, ask the gate, and promote if it agrees.

    With `watch.shadow` everybody's champion is not replaced yet: the gate is asked, and the challenger gets the alias
    `challenger`, so that the service has it score in silence.

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
    made : int, optional
        The version that came of it before a crash: it is taken to the gate, and nothing is trained.
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
    told = Contest(challenger=made, examples=given.examples)
    replace = msgspec.structs.replace
    if given.lacking:
        return replace(told, refused=given.lacking)
    number = made or train(given.project, now=now, environ=environ, reporter=reporter).version
    told = replace(told, challenger=number)
    if number == champion.number:
        return replace(told, refused="It is the champion already.")
    test = history.examples(slice(len(history) - given.examples["test"], len(history)))
    champion_auc = auc_of(test.y, load_scorer(project, champion).probabilities(test.texts), project.settings.evaluate)
    told = replace(told, champion_auc=champion_auc)
    if refused := contradiction(champion_auc, len(test.y)):
        return replace(told, refused=refused)
    if project.settings.watch.shadow and verdict.client is None:
        said = ask_gate(given.project, str(number), now=now, environ=environ, reporter=reporter)
        if said.passed and registry.aliases().get("challenger") != number:
            registry.set_alias("challenger", number, now=now, why="passed the gate, to be seen in the shadow")
        return replace(told, gate=said)
    promotion = promote(
        *(given.project, str(number)),
        now=now,
        environ=environ,
        client=verdict.client,
        why=f"retrained: {', '.join(verdict.triggers)}",
        reporter=reporter,
    )
    return replace(told, gate=promotion.verdict, promoted=promotion.move is not None)


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
    given = replace(settings, data=replace(settings.data, since=since), split=shares)
    return _Given(replace(timed, settings=given), examples, "")


def ask_guard(
    project: Project,
    *,
    now: datetime,
    environ: Mapping[str, str],
    client: str | None = None,
    reporter: Reporter = SILENT,
) -> GuardVerdict | None:
    """Compare a champion that was promoted lately with the one before; `roll_back` does what is said.

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
    return judge_guard(guard, difference, now, project.settings.watch, n_examples=len(y))


def roll_back(project: Project, verdict: GuardVerdict, *, now: datetime, client: str | None = None) -> bool:
    """Roll back the champion that was found worse, unless it is no longer on trial; return whether it was.

    Raises
    ------
    RegistryError
        If the version before has lost its folder.
    """
    if _on_trial(project, verdict.at, client) != verdict.guard:
        return False
    rollback(project, now=now, client=client, why=verdict.reason)
    return True


def _on_trial(project: Project, now: datetime, client: str | None) -> Guard | None:
    """Return the trial that the last move of the alias began, if it has not ended.

    A client's first champion of its own is compared with everybody's.
    """
    registry = registry_of(project)
    moves = registry.history(alias_of("champion", client))
    last = moves[-1] if moves else None
    if last is None or last.kind != "promote" or last.to_version is None:
        return None
    before = last.from_version if client is None else last.from_version or registry.aliases().get("champion")
    watch = project.settings.watch
    if before in (None, last.to_version) or now >= last.moved_at + span_of(watch.guard) + span_of(watch.maturity):
        return None
    return Guard(version=last.to_version, before=before, since=last.moved_at)
