"""Promotion through the gate, and rollback."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.cycle.comparison import compare
from surtitle.cycle.fitting import Examples, load_examples
from surtitle.cycle.opening import load_scorer, registry_of
from surtitle.cycle.seen import is_new, load_seen
from surtitle.errors import RegistryError, SurtitleError, UsageError
from surtitle.prepare import prepare
from surtitle.prepare.arrow import to_numbers
from surtitle.progress import SILENT, Reporter
from surtitle.project import Project
from surtitle.records import Interval
from surtitle.registry import AliasMove, Verdict, Version, alias_of, judge

__all__ = ["Comparison", "Promotion", "ask_gate", "compare_with_champion", "promote", "rollback"]

FloatArray = NDArray[np.float64]


class Promotion(msgspec.Struct, frozen=True):
    """What the gate said, and what was done.

    Parameters
    ----------
    verdict : Verdict or None
        With the numbers; None when a forced promotion could not be compared with the champion.
    move : AliasMove or None
        None when the gate refused.
    """

    verdict: Verdict | None
    move: AliasMove | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A version beside the champion, as `compare_with_champion` found them.

    Parameters
    ----------
    model : str
        The project's name.
    challenger : int
        The version looked at.
    champion : int or None
        What it was compared with; None when there is none.
    verdict : Verdict or None
        What the gate would say; None when the version is the champion itself.
    metrics : dict of str to tuple of Interval and (Interval or None)
        Of the version and of the champion, each on the test split that it was measured on when it was trained.
    """

    model: str
    challenger: int
    champion: int | None
    verdict: Verdict | None
    metrics: dict[str, tuple[Interval, Interval | None]]


def compare_with_champion(
    project: Project,
    ref: str,
    *,
    now: datetime,
    environ: Mapping[str, str],
    client: str | None = None,
    reporter: Reporter = SILENT,
) -> Comparison:
    """Say what the gate would say of a version; nothing is moved or recorded.

    Parameters
    ----------
    project, ref, now, environ, client, reporter
        As of `promote`.

    Raises
    ------
    RegistryError
        If there is no such version.
    """
    registry = registry_of(project)
    challenger = registry.find(ref)
    champion = registry.resolve("champion", client)
    same = champion is not None and champion.number == challenger.number
    first = alias_of("champion", client) not in registry.aliases()
    verdict = None if same else _judge(project, challenger, champion, client, first, now, environ, reporter)
    before = {} if champion is None else champion.facts.metrics
    return Comparison(
        model=project.settings.project.name,
        challenger=challenger.number,
        champion=None if champion is None else champion.number,
        verdict=verdict,
        metrics={name: (interval, before.get(name)) for name, interval in challenger.facts.metrics.items()},
    )


def promote(
    project: Project,
    ref: str,
    *,
    now: datetime,
    environ: Mapping[str, str],
    client: str | None = None,
    force: bool = False,
    why: str = "",
    reporter: Reporter = SILENT,
) -> Promotion:
    """Make a version champion if the gate lets it through; the verdict is recorded either way.

    Both models score the test examples of the data as it is now, without the texts that either was fitted on. The
    gate looks at the paired bootstrap interval of the difference of their AUCs, overall and per slice.

    Parameters
    ----------
    project : Project
        Its `[gate]` is the rule.
    ref : str
        The challenger: a number or an alias.
    now : datetime
        Aware.
    environ : mapping of str to str
        For secrets of the data's address.
    client : str, optional
        Only this client's champion, judged on its examples. Its first one must be shown to be better than the general
        one.
    force : bool
        Promote whatever the gate says.
    why : str
        The reason; needed with `force`.
    reporter : Reporter
        Told of the progress.

    Raises
    ------
    UsageError
        If `force` comes without `why`.
    RegistryError
        If there is no such version, or it is the champion already.
    """
    if force and not why.strip():
        raise UsageError('promoting by force needs a reason: add --why "..."')
    registry = registry_of(project)
    challenger = registry.find(ref)
    alias = alias_of("champion", client)
    champion = registry.resolve("champion", client)
    own = registry.aliases().get(alias)
    if own == challenger.number:
        raise RegistryError(f"version {challenger.number} is {alias} already")
    try:
        verdict = _judge(project, challenger, champion, client, own is None, now, environ, reporter)
    except SurtitleError:
        if not force:
            raise
        verdict = None
    passed = verdict is not None and verdict.passed
    if verdict is not None and not passed and not force:
        registry.record_verdict(verdict, alias=alias, now=now)
        return Promotion(verdict, None)
    move = registry.set_alias(
        alias,
        challenger.number,
        now=now,
        why=why or "passed the gate",
        verdict=verdict,
        forced=not passed,
        expect=own,
    )
    return Promotion(verdict, move)


def ask_gate(
    project: Project, ref: str, *, now: datetime, environ: Mapping[str, str], reporter: Reporter = SILENT
) -> Verdict:
    """Ask the gate about everybody's champion as `promote` does, record what it says, and move nothing.

    Parameters
    ----------
    project, ref, now, environ, reporter
        As of `promote`.

    Raises
    ------
    RegistryError
        If there is no such version.
    """
    registry = registry_of(project)
    challenger, champion = registry.find(ref), registry.resolve("champion")
    verdict = _judge(project, challenger, champion, None, False, now, environ, reporter)
    registry.record_verdict(verdict, alias="champion", now=now)
    return verdict


def _judge(
    project: Project,
    challenger: Version,
    champion: Version | None,
    client: str | None,
    first: bool,
    now: datetime,
    environ: Mapping[str, str],
    reporter: Reporter,
) -> Verdict:
    policy = project.settings.gate
    if champion is None or champion.number == challenger.number:
        return judge(None, {}, policy, challenger=challenger.number, champion=None, n_examples=0)
    prepared = prepare(project, now=now, environ=environ, reporter=reporter)
    test = _unseen(load_examples(prepared, "test"), challenger, champion, client)
    reporter.start("compare", 2 * len(test.texts))
    ours = _probabilities(project, challenger, prepared.classes, test, reporter)
    theirs = _probabilities(project, champion, prepared.classes, test, reporter)
    verdict = compare(
        project.settings,
        test.table,
        test.y,
        ours,
        theirs,
        challenger=challenger.number,
        champion=champion.number,
        must_gain=first and client is not None,
    )
    reporter.done("the gate says yes" if verdict.passed else "the gate says no")
    return verdict


def _unseen(test: Examples, challenger: Version, champion: Version, client: str | None) -> Examples:
    new = is_new(to_numbers(test.table["key"], "uint64"), load_seen(challenger.folder), load_seen(champion.folder))
    if client is not None:
        new &= np.array([value == client for value in test.table["client"].to_pylist()], np.bool_)
    rows = np.flatnonzero(new)
    return Examples(test.table.take(rows), [test.texts[row] for row in rows], test.y[rows])


def _probabilities(
    project: Project, version: Version, classes: Sequence[str], test: Examples, reporter: Reporter
) -> FloatArray:
    scorer = load_scorer(project, version)
    if scorer.rule.classes != tuple(classes):
        raise RegistryError(
            f"version {version.number} decides between {', '.join(scorer.rule.classes)}, the data now holds "
            f"{', '.join(classes)}: the two cannot be compared; promote with --force and --why if you mean it"
        )
    probabilities = scorer.probabilities(test.texts)
    reporter.advance(len(test.texts))
    return probabilities


def rollback(project: Project, *, now: datetime, client: str | None = None, why: str = "") -> AliasMove:
    """Make the champion before the last move champion again.

    Raises
    ------
    RegistryError
        If there is none before it.
    """
    return registry_of(project).rollback(alias_of("champion", client), now=now, why=why or "rolled back")
