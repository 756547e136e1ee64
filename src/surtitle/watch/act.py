"""What the policy and the guard ask for, done on a project and its registry.

Every step is one that a user could have typed: train, promote, rollback. Each is whole or has not happened, and what
comes next follows from the registry and the data alone; so after a crash the same call goes on where it was: a version
that is registered already is not trained again, and one that is champion already is not promoted again.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec
import numpy as np

from surtitle.cycle.clients import ClientResult, train_clients
from surtitle.cycle.comparison import paired_difference
from surtitle.cycle.fitting import load_examples
from surtitle.cycle.opening import load_scorer, registry_of
from surtitle.cycle.promotion import ask_gate, promote, rollback
from surtitle.cycle.seen import is_new, load_seen
from surtitle.cycle.training import train
from surtitle.errors import RegistryError
from surtitle.prepare import prepare
from surtitle.prepare.arrow import to_numbers
from surtitle.progress import SILENT, Reporter
from surtitle.project import Project
from surtitle.registry import Version, alias_of
from surtitle.watch.contest import Contest, auc_of, contradiction, lacking
from surtitle.watch.guard import Guard, GuardVerdict, judge_guard
from surtitle.watch.history import History, project_of, read_history
from surtitle.watch.policy import Verdict, span_of
from surtitle.watch.retrain import divide, retraining_settings

__all__ = ["ask_guard", "judge_client", "retrain", "retrain_clients", "roll_back"]


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
    """Train for everybody on the labelled data as `divide` says, ask the gate, and promote if it agrees.

    With `watch.shadow` the champion is not replaced yet: the gate is asked, and the challenger gets the alias
    `challenger`, so that the service has it score in silence.

    Parameters
    ----------
    project : Project
        Its data must hold the new labels; its split is by time here, whatever the settings say.
    verdict : Verdict
        What the policy said of everybody's champion, and since when its quality is bad.
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
    champion = registry.resolve("champion")
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
    if project.settings.watch.shadow:
        said = ask_gate(given.project, str(number), now=now, environ=environ, reporter=reporter)
        if said.passed and registry.aliases().get("challenger") != number:
            registry.set_alias("challenger", number, now=now, why="passed the gate, to be seen in the shadow")
        return replace(told, gate=said)
    promotion = promote(
        *(given.project, str(number)),
        now=now,
        environ=environ,
        why=f"retrained: {', '.join(verdict.triggers)}",
        reporter=reporter,
    )
    return replace(told, gate=promotion.verdict, promoted=promotion.move is not None)


def retrain_clients(
    project: Project,
    clients: Sequence[str],
    *,
    now: datetime,
    environ: Mapping[str, str],
    reporter: Reporter = SILENT,
) -> dict[str, Contest]:
    """Train the models of some clients' own, side by side, on the examples of each; promote those that pass the gate.

    Clients whose newest labels contradict all before are left alone, as everybody's champion would be.

    Parameters
    ----------
    project : Project
        As of `retrain`.
    clients : sequence of str
        Whose.
    now, environ, reporter
        As of `retrain`.

    Returns
    -------
    dict of str to Contest
        By client.

    Raises
    ------
    DataError, SurroundingsError
        As of `train_clients`. What goes wrong with one client is in its contest.
    """
    given = _for_clients(project, now)
    prepared = prepare(given, now=now, environ=environ, reporter=reporter)
    test = load_examples(prepared, "test")
    owners = np.array([value or "" for value in test.table["client"].to_pylist()], object)
    found: dict[str, Contest] = {}
    for client in clients:
        rows = np.flatnonzero(owners == client)
        y = test.y[rows]
        if (np.bincount(y, minlength=len(prepared.classes)) == 0).any():
            refused = f"Of {len(y):,} examples of its for test some class has none."
            found[client] = Contest(challenger=None, examples={"test": len(y)}, refused=refused)
            continue
        champion = registry_of(project).resolve("champion", client)
        assert champion is not None  # noqa: S101 for the type checker: the policy was asked about one
        probs = load_scorer(project, champion).probabilities([test.texts[row] for row in rows])
        auc = auc_of(y, probs, project.settings.evaluate)
        told = contradiction(auc, len(y))
        found[client] = Contest(challenger=None, examples={"test": len(y)}, champion_auc=auc, refused=told)
    trained = [client for client in clients if not found[client].refused]
    if trained:
        done = train_clients(given, now=now, environ=environ, names=trained, reporter=reporter)
        found |= {result.client: _contest_of(project, result, found[result.client], now) for result in done.results}
    return found


def judge_client(
    project: Project, client: str, made: int, *, now: datetime, environ: Mapping[str, str], reporter: Reporter = SILENT
) -> Contest:
    """Take a client's model that was made before a crash to the gate; the other parameters are as of `retrain_clients`.

    Parameters
    ----------
    client : str
        Whose.
    made : int
        The version.
    """
    promotion = promote(
        *(_for_clients(project, now), str(made)), now=now, environ=environ, client=client, reporter=reporter
    )
    return Contest(challenger=made, examples={}, gate=promotion.verdict, promoted=promotion.move is not None)


def _for_clients(project: Project, now: datetime) -> Project:
    """Return the project with the data of a retraining of clients: divided by time, as far back as the window goes."""
    timed = project_of(project, None)
    settings, replace = retraining_settings(timed.settings), msgspec.structs.replace
    if settings.watch.window:
        since = (now - span_of(settings.watch.window)).isoformat()
        settings = replace(settings, data=replace(settings.data, since=since))
    return replace(timed, settings=settings)


def _contest_of(project: Project, result: ClientResult, told: Contest, now: datetime) -> Contest:
    """Return what became of a client's model, with the gate's verdict of this very moment."""
    alias = alias_of("champion", result.client)
    spoken = (each for each in registry_of(project).verdicts(alias) if each.judged_at == now)
    gate = next((each.verdict for each in spoken if each.verdict.challenger == result.version), None)
    promoted = result.outcome == "promoted"
    refused = "" if gate is not None else result.reason
    return msgspec.structs.replace(told, challenger=result.version, promoted=promoted, gate=gate, refused=refused)


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
    clients: Sequence[str | None] = (None,),
    *,
    now: datetime,
    environ: Mapping[str, str],
    reporter: Reporter = SILENT,
) -> dict[str | None, GuardVerdict]:
    """Compare champions that were promoted lately with those before; `roll_back` does what is said.

    Both score the project's labelled examples of after the promotion that neither was fitted on.

    Parameters
    ----------
    project, now, environ, reporter
        As of `retrain`.
    clients : sequence of str or None
        Whose champions; None: everybody's. A client's is judged by the client's own examples.

    Returns
    -------
    dict of str or None to GuardVerdict
        By client, of those whose champion is on trial.
    """
    found = ((client, _on_trial(project, now, client)) for client in clients)
    trials = {client: guard for client, guard in found if guard is not None}
    if not trials:
        return {}
    history = read_history(project_of(project, None), now=now, environ=environ, reporter=reporter)
    reporter.start("ask the guard", len(trials))
    verdicts = {}
    for client, guard in trials.items():
        verdicts[client] = _judge(project, history, client, guard, now)
        reporter.advance(1)
    reporter.done(f"{len(trials):,} champions on trial")
    return verdicts


def _judge(project: Project, history: History, client: str | None, guard: Guard, now: datetime) -> GuardVerdict:
    registry = registry_of(project)
    new, before = registry.find(guard.version), registry.find(guard.before)
    examples = history.examples(slice(history.place(guard.since), len(history)))
    fresh = is_new(to_numbers(examples.table["key"], "uint64"), load_seen(new.folder), load_seen(before.folder))
    if client is not None:
        fresh &= np.array([value == client for value in examples.table["client"].to_pylist()], np.bool_)
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
