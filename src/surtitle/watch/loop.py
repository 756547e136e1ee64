"""One pass of the loop: what a crash cut off is settled, then guard, shadow and policy are asked, and it is done.

Each decision is written down as an `Act` before anything is done, and with what came of it afterwards. So a pass may be
stopped at any moment: the next one finds the act begun and asks the registry how far it came. A version that was made
is taken to the gate and not trained again; a gate that has spoken is not asked again; an alias that was moved is not
moved again.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import msgspec
import numpy as np

from surtitle.artefact import read_manifest
from surtitle.cycle.comparison import paired_difference
from surtitle.cycle.opening import registry_of
from surtitle.cycle.promotion import promote
from surtitle.errors import SurroundingsError, UsageError
from surtitle.progress import SILENT, Reporter
from surtitle.project import Project
from surtitle.registry import Verdict as GateVerdict
from surtitle.registry import alias_of
from surtitle.watch.act import ask_guard, judge_client, retrain, retrain_clients, roll_back
from surtitle.watch.acts import Act, ActLog, Begun, Outcome
from surtitle.watch.contest import Contest
from surtitle.watch.gathering import DecisionFile
from surtitle.watch.history import project_of
from surtitle.watch.overview import Overview, look
from surtitle.watch.policy import Verdict
from surtitle.watch.rows import micros
from surtitle.watch.shadow import ShadowVerdict, judge_shadow
from surtitle.watch.store import WatchStore

__all__ = ["Pass", "act_once"]

_MOST_CUT_OFF = 2  # in a row; then it is not chance, and the cooldown keeps the machine from being worn out


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """What one pass of the loop saw and did.

    Parameters
    ----------
    at : datetime
        When it was.
    acts : tuple of Act
        Every decision of this pass, to act or not, in order, with its numbers and what came of it: first what an
        earlier pass had begun, then the guard's, the shadow's and the policy's.
    overview : Overview
        Quality, drift and verdicts, with the champion as it is at the end of the pass.
    """

    at: datetime
    acts: tuple[Act, ...]
    overview: Overview


def act_once(
    project: Project,
    files: Sequence[DecisionFile] = (),
    texts: Iterable[Sequence[str]] | None = None,
    *,
    now: datetime,
    environ: Mapping[str, str],
    reporter: Reporter = SILENT,
) -> Pass:
    """Look at a project as `look` does, and do what guard, shadow and policy say.

    The caller holds the project's `loop_lock`: two that act at once would each take the other's act for cut off.

    Parameters
    ----------
    project : Project
        With a champion, and labelled data that has times.
    files, texts
        As of `look`.
    now : datetime
        Aware.
    environ : mapping of str to str
        For secrets of the data's address.
    reporter : Reporter
        Told of the progress.

    Raises
    ------
    UsageError
        If there is no champion. A training that fails for the sake of its
        data is no error here but an act that failed.
    SurroundingsError
        If the disk is full or a database cannot be reached. What was begun is taken up by the next pass.
    """
    # Without times or a champion nothing can be done: said before anything is begun.
    project_of(project, None)
    registry_of(project).find("champion")
    with ActLog(project.state) as log:
        actor = _Actor(project, log, now, environ, reporter)
        acts = [*actor.settle(), *actor.guard()]
        overview = look(project, files, texts, now=now, reporter=reporter)
        acts += [*actor.judge_shadow(), *actor.follow(overview.verdicts)]
        log.trim()
        if project.settings.watch.keep_versions:
            registry_of(project).prune(keep=project.settings.watch.keep_versions)
        champion = registry_of(project).find("champion").number
        overview = msgspec.structs.replace(overview, champion=champion, acts=log.recent())
        return Pass(at=now, acts=tuple(acts), overview=overview)


class _Actor:
    """Carries decisions out, each written down before and after."""

    def __init__(
        self, project: Project, log: ActLog, now: datetime, environ: Mapping[str, str], reporter: Reporter
    ) -> None:
        self._project, self._log, self._now = project, log, now
        self._environ, self._reporter = environ, reporter
        self._registry = registry_of(project)

    def settle(self) -> Iterator[Act]:
        """Bring to an end what an earlier pass had begun."""
        for begun in self._log.begun():
            match begun.act.kind:
                case "guard":
                    yield self._roll_back(begun)
                case "shadow":
                    yield self._end_shadow(begun)
                case "policy":
                    yield self._settle_training(begun)

    def guard(self) -> Iterator[Act]:
        """Ask the guard about every champion on trial, and roll back those that are worse."""
        champions = dict(self._champions())
        said = ask_guard(self._project, list(champions), now=self._now, environ=self._environ, reporter=self._reporter)
        acts = [
            Act(
                at=self._now,
                kind="guard",
                client=client,
                champion=champions[client],
                outcome="begun" if verdict.roll_back else "kept",
                reason=verdict.reason,
                guard=verdict,
            )
            for client, verdict in said.items()
        ]
        kept = [act for act in acts if act.outcome == "kept"]
        self._log.add_all(kept)
        yield from kept
        for act in acts:
            if act.outcome == "begun":
                yield self._roll_back(self._log.add(act))

    def judge_shadow(self) -> Iterator[Act]:
        """Judge the challenger in the shadow, if there is one, and promote it if the gate still agrees."""
        waiting = self._log.in_shadow()
        if waiting is None or waiting.contest is None or waiting.contest.challenger is None:
            return
        champion = self._registry.aliases().get("champion", 0)
        said = self._shadow_of(waiting.contest.challenger, champion, waiting.champion, waiting.at)
        outcome: Outcome = "begun" if said.passed else "refused" if said.over else "waited"
        act = Act(
            at=self._now,
            kind="shadow",
            client=None,
            champion=champion,
            outcome=outcome,
            reason=said.reason,
            shadow=said,
        )
        begun = self._log.add(act)
        yield self._end_shadow(begun) if said.passed else act

    def follow(self, verdicts: Sequence[Verdict]) -> Iterator[Act]:
        """Do what the policy says of each champion; write down first of which nothing is to be done."""
        champions = dict(self._champions())
        # One that was replaced in this pass is passed over: the next one judges its successor.
        current = [verdict for verdict in verdicts if champions.get(verdict.client) == verdict.champion]
        idle = [self._act_of(verdict) for verdict in current if verdict.action != "retrain"]
        self._log.add_all(idle)
        yield from idle
        asked = [verdict for verdict in current if verdict.action == "retrain"]
        for verdict in asked:
            if verdict.client is None:
                yield self._train(self._log.add(self._act_of(verdict)), verdict)
        own = [self._log.add(self._act_of(verdict)) for verdict in asked if verdict.client is not None]
        yield from self._train_clients(own)

    def _act_of(self, verdict: Verdict) -> Act:
        outcomes: Mapping[str, Outcome] = {"retrain": "begun", "alert": "alerted", "wait": "waited"}
        return Act(
            at=self._now,
            kind="policy",
            client=verdict.client,
            champion=verdict.champion,
            outcome=outcomes[verdict.action],
            reason=_told(verdict),
            verdict=verdict,
            newest=self._registry.next_number() - 1,
        )

    def _champions(self) -> list[tuple[str | None, int]]:
        found = []
        for alias, number in sorted(self._registry.aliases().items()):
            name, _, client = alias.partition("@")
            if name == "champion":
                found.append((client or None, number))
        return found

    def _roll_back(self, begun: Begun) -> Act:
        act = begun.act
        assert act.guard is not None  # noqa: S101 for the type checker: an act of the guard has its verdict
        moves = self._registry.history(alias_of("champion", act.client))
        done = bool(moves) and (moves[-1].kind, moves[-1].why) == ("rollback", act.reason)
        if done or roll_back(self._project, act.guard, now=self._now, client=act.client):
            return self._end(begun, "rolled_back", act.reason)
        return self._end(begun, "kept", "It was moved meanwhile, so it is on trial no longer.")

    def _settle_training(self, begun: Begun) -> Act:
        act = begun.act
        assert act.verdict is not None  # noqa: S101 for the type checker: an act of the policy has its verdict
        version = self._made_by(act)
        if version is None:
            return self._end(begun, *self._cut_off(act.client))
        spoken = self._spoken(version, act)
        if spoken is None and act.client is not None:
            return self._judge_client(begun, act.client, version)
        if spoken is None:
            return self._train(begun, act.verdict, version)
        promoted = self._was_promoted(version, act.client)
        return self._tell(begun, Contest(challenger=version, examples={}, promoted=promoted, gate=spoken))

    def _cut_off(self, client: str | None) -> tuple[Outcome, str]:
        times = self._log.cut_off_in_a_row(client) + 1
        if times > _MOST_CUT_OFF:
            return "failed", f"It was cut off {times} times in a row; is there too little memory or time for it?"
        return "cut_off", "It was stopped before a version was made; it is decided anew."

    def _made_by(self, act: Act) -> int | None:
        """Return the version that came of an act: made at its moment, or, being there already, judged at it."""
        alias = alias_of("champion", act.client)
        versions = (
            version.number
            for version in self._registry.versions()
            if version.number > act.newest and version.created_at == act.at and version.facts.client == act.client
        )
        judged = (v.verdict.challenger for v in self._registry.verdicts(alias) if v.judged_at == act.at)
        return next(versions, next(judged, None))

    def _spoken(self, version: int, act: Act) -> GateVerdict | None:
        """Return what the gate has said of a version since an act was begun."""
        found = (v for v in self._registry.verdicts(alias_of("champion", act.client)) if v.judged_at >= act.at)
        return next((v.verdict for v in found if v.verdict.challenger == version), None)

    def _was_promoted(self, version: int, client: str | None) -> bool:
        moves = self._registry.history(alias_of("champion", client))
        return any(move.kind == "promote" and move.to_version == version for move in moves)

    def _train(self, begun: Begun, verdict: Verdict, made: int | None = None) -> Act:
        try:
            contest = retrain(
                self._project,
                verdict,
                # The version is known again by this moment, should the pass be cut off.
                now=begun.act.at if made is None else self._now,
                environ=self._environ,
                made=made,
                reporter=self._reporter,
            )
        except UsageError as error:
            return self._end(begun, "failed", _on_one_line(error))
        except SurroundingsError as error:
            if made is None:
                self._end(begun, "cut_off", _on_one_line(error))
            raise
        return self._tell(begun, contest)

    def _train_clients(self, begun: Sequence[Begun]) -> Iterator[Act]:
        """Train the models of clients' own in one run, and write down what became of each."""
        if not begun:
            return
        names = [each.act.client for each in begun if each.act.client is not None]
        try:
            contests = retrain_clients(
                self._project, names, now=self._now, environ=self._environ, reporter=self._reporter
            )
        except UsageError as error:
            yield from (self._end(each, "failed", _on_one_line(error)) for each in begun)
            return
        for each in begun:
            yield self._tell(each, contests[each.act.client or ""])

    def _judge_client(self, begun: Begun, client: str, made: int) -> Act:
        try:
            contest = judge_client(
                self._project, client, made, now=self._now, environ=self._environ, reporter=self._reporter
            )
        except UsageError as error:
            return self._end(begun, "failed", _on_one_line(error))
        return self._tell(begun, contest)

    def _tell(self, begun: Begun, contest: Contest) -> Act:
        """Write down what became of a challenger."""
        gate, reason = contest.gate, contest.refused
        waits = bool(self._project.settings.watch.shadow) and begun.act.client is None
        if contest.promoted:
            outcome: Outcome = "promoted"
        elif gate is not None and gate.passed and waits:
            outcome, reason = "in_shadow", f"Version {contest.challenger} passed the gate and is now in the shadow."
        else:
            outcome = "failed" if contest.challenger is None else "refused"
        if not reason and gate is not None:
            reason = " ".join(gate.reasons)
        return self._end(begun, outcome, reason, contest)

    def _shadow_of(self, version: int, champion: int, former: int, since: datetime) -> ShadowVerdict:
        """Return what the events say that champion and challenger both have scored."""
        settings = self._project.settings
        rule = read_manifest(self._registry.find(version).folder).rule
        places = {name: place for place, name in enumerate(rule.classes)}
        with WatchStore(self._project.state) as store:
            names = store.names()
            rows = [
                (places[names[label]], ours, theirs)
                for label, ours, theirs in store.pairs(version, champion, micros(since))
                if names[label] in places
            ]
        difference = None
        y = np.array([label for label, *_ in rows], np.int64)
        if len(places) == 2 and np.bincount(y, minlength=2).min() >= settings.watch.min_positives:
            scores = np.array([each[1:] for each in rows], np.float64)
            ours, theirs = (np.column_stack([1.0 - column, column]) for column in scores.T)
            difference = paired_difference(settings, y, ours, theirs)
        said = judge_shadow(version, champion, since, difference, self._now, settings, n_examples=len(rows))
        if champion == former:
            return said
        reason = f"Version {former} has been replaced by version {champion} meanwhile, so its challenger is dropped."
        return msgspec.structs.replace(said, over=True, passed=False, reason=reason)

    def _end_shadow(self, begun: Begun) -> Act:
        """Promote a challenger that has stood the shadow; the gate is asked once more, on the labels of now."""
        act = begun.act
        assert act.shadow is not None  # noqa: S101 for the type checker: an act of the shadow has its verdict
        version = act.shadow.version
        spoken = self._spoken(version, act)
        try:
            if spoken is None:
                timed = project_of(self._project, None)
                promotion = promote(
                    *(timed, str(version)),
                    now=self._now,
                    environ=self._environ,
                    why=act.reason,
                    reporter=self._reporter,
                )
                gate, promoted = promotion.verdict, promotion.move is not None
            else:
                gate, promoted = spoken, self._was_promoted(version, None)
        except UsageError as error:
            return self._end(begun, "failed", _on_one_line(error))
        contest = Contest(challenger=version, examples={}, promoted=promoted, gate=gate)
        reason = act.reason if promoted or gate is None else " ".join(gate.reasons)
        return self._end(begun, "promoted" if promoted else "refused", reason, contest)

    def _end(self, begun: Begun, outcome: Outcome, reason: str, contest: Contest | None = None) -> Act:
        number, act = begun
        ended = msgspec.structs.replace(act, outcome=outcome, reason=reason, contest=contest or act.contest)
        return self._log.settle(number, ended)


def _told(verdict: Verdict) -> str:
    """Return the one sentence that says most about what the policy wants."""
    if verdict.triggers and verdict.held_back:
        return f"Held back: {verdict.held_back[0]}."
    return f"To be trained again: {', '.join(verdict.triggers)}." if verdict.triggers else verdict.reasons[0]


def _on_one_line(error: Exception) -> str:
    return " ".join(str(error).split())
