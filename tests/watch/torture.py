"""Kill `surtitle watch --act` again and again at random moments, and say what came of it.

Run as ``python -m tests.watch.torture --folder DIR [--kills K] [--seed S]``. A project on the sample community gets new
labels round after round; each round is one reason to train. The command is a process of its own, killed by SIGKILL
twice a round, and then left to come to its end: once after it has begun to train, and once at any moment. Processes are
forked, so that a life costs the training and no imports; the one that forks does no work itself, so that it has no
threads.
"""

import argparse
import json
import os
import random
import shutil
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from surtitle.artefact import load_artefact
from surtitle.cli import main
from surtitle.cycle import registry_of, train
from surtitle.cycle.opening import load_scorer
from surtitle.inbox import DecisionInbox, LabelInbox, LateLabel
from surtitle.project import Project, load_project
from surtitle.records import Decision
from surtitle.simulate.community import Comment, generate
from surtitle.simulate.files import write_csv
from surtitle.watch.acts import Act, read_acts
from tests.processes import die_with_parent

FIRST, MORE, KILLS_A_ROUND = 2000, 400, 2  # a third one in a row would be taken for a failure
_PRELOADED = ("surtitle.cli.watch", "surtitle.watch.loop", "surtitle.watch.page", "surtitle.watch.text_files")
SETTINGS = """
[data]
source = "comments.csv"
id = "id"
text = "text"
label = "removed"
time = "created_utc"
client = "community"
[features]
char_ngrams = []
[train]
c = 1.0
[evaluate]
resamples = 100
[gate]
epsilon = 0.2
delta = 0.9
[watch]
new_labels = 400
cooldown = "0s"
gate_examples = 80
min_positives = 5
"""


@dataclass(frozen=True)
class Pace:
    """How long a pass takes that trains: until it begins to, and in all."""

    begun_s: float
    whole_s: float

    def at_most(self, whole_s: float) -> "Pace":
        """Return the pace of one that took no longer than this."""
        return Pace(min(self.begun_s, whole_s), min(self.whole_s, whole_s))


class _Beginning:
    """When a pass was first seen to have begun an act."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self.seen_s: float | None = None

    def look(self, now_s: float) -> float | None:
        """Look now, unless it has been seen; return when that was."""
        if self.seen_s is None and _has_begun(self._project):
            self.seen_s = now_s
        return self.seen_s


Aim = Callable[[float], bool]  # told for how long a pass has lived, whether to kill it now


def torture(folder: Path, *, kills: int, seed: int) -> dict[str, Any]:
    """Kill the loop so often, and compare what it leaves with what should be there."""
    for name in _PRELOADED:
        import_module(name)
    rng = random.Random(seed)
    most = 2 * kills + 1
    comments = _comments(FIRST + most * MORE, seed)
    project = _begin(folder, comments[:FIRST])
    found: Counter[str] = Counter()
    pace, rounds = Pace(0.0, 0.0), 0
    # The last round is left alone: what a killed training has left behind is swept by the next one.
    while not found["rounds_left_alone"]:
        if rounds == most:
            raise RuntimeError(f"only {found['kills']} of {kills} kills came in time, in {rounds} rounds")
        alone = found["kills"] >= kills
        known = FIRST + rounds * MORE
        _more(project, comments[: known + MORE], comments[known : known + MORE])
        pace = pace if pace.whole_s else _measure(project)
        for turn in range(0 if alone else KILLS_A_ROUND):
            aim = _aim_at_the_act(project, pace, rng) if turn == 0 else _aim_anywhere(pace, rng)
            lived = _life(folder, aim)
            if lived is not None:
                # It has come to its end, and there is nothing left to do. Where it had all of the work before it, it
                # was quicker than thought: others that were at work when it was measured may be gone.
                pace = pace.at_most(lived) if turn == 0 else pace
                break
            found["kills"] += 1
            found[_where(project)] += 1
        _life(folder, lambda _: False)
        rounds += 1
        found["rounds_left_alone"] += alone
        found += Counter(_faults(project, rounds))
    return {"rounds": rounds, "promoted": _promoted(project), "whole_s": round(pace.whole_s, 2), **found}


def _comments(n: int, seed: int) -> list[Comment]:
    return list(generate(n, seed=seed, start=datetime.now(UTC) - timedelta(days=100), days=99))


def _begin(folder: Path, comments: Sequence[Comment]) -> Project:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "surtitle.toml").write_text(SETTINGS, encoding="utf-8")
    write_csv(comments, folder / "comments.csv")
    project = load_project(folder)
    _finish(_start(lambda: _train(project)))
    return project


def _train(project: Project) -> int:
    train(project, now=datetime.now(UTC), environ={})
    return 0


def _more(project: Project, known: Sequence[Comment], new: Sequence[Comment]) -> None:
    """Let the champion decide new comments, and their labels come."""
    _finish(_start(lambda: _decide(project, new)))
    now = datetime.now(UTC)
    labels = LabelInbox(project.state)
    labels.add([LateLabel(c.id, str(c.label), now) for c in new], now=now)
    labels.close()
    write_csv(known, project.root / "comments.csv")


def _decide(project: Project, new: Sequence[Comment]) -> int:
    version = registry_of(project).find("champion")
    scored = load_scorer(project, version).score([comment.text for comment in new])
    inbox = DecisionInbox(project.state, 100_000)
    inbox.add(
        [
            Decision(
                id=comment.id,
                model="m",
                version=version.number,
                client=comment.community,
                score=each.score,
                action=each.action,
                reasons=(),
                event_time=comment.created_utc,
                decided_at=datetime.now(UTC),
            )
            for comment, each in zip(new, scored, strict=True)
        ]
    )
    inbox.close()
    return 0


def _measure(project: Project) -> Pace:
    """Return how long a pass takes that trains: in a copy, so that nothing is done here yet."""
    copy = project.root.with_name(project.root.name + "-copy")
    shutil.copytree(project.root, copy)
    begun = _Beginning(load_project(copy))

    def look(now_s: float) -> bool:
        begun.look(now_s)
        return False

    whole_s = _life(copy, look)
    if whole_s is None or begun.seen_s is None:
        raise RuntimeError("the measured pass trained nothing")
    return Pace(begun.seen_s, whole_s)


def _aim_at_the_act(project: Project, pace: Pace, rng: random.Random) -> Aim:
    """Say when to kill a pass that trains: some time after it has written down that it begins to."""
    after_s = rng.uniform(0.0, 1.0) * (pace.whole_s - pace.begun_s)
    begun = _Beginning(project)

    def due(now_s: float) -> bool:
        seen_s = begun.look(now_s)
        return seen_s is not None and now_s >= seen_s + after_s

    return due


def _aim_anywhere(pace: Pace, rng: random.Random) -> Aim:
    at_s = rng.uniform(0.1, 1.0) * pace.whole_s
    return lambda now_s: now_s >= at_s


def _life(folder: Path, due: Aim) -> float | None:
    """Let the command live until it is to be killed; return how long it took, or None where it was killed."""
    begun = time.monotonic()
    child = _start(lambda: main(["watch", "--act", "--json", "--project", str(folder)]))
    while not due(time.monotonic() - begun):
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            _check(status)
            return time.monotonic() - begun
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return None


def _start(run: Callable[[], int]) -> int:
    """Run something in a process of its own, which prints nothing; return its number."""
    child = os.fork()
    if child == 0:
        code = 70
        try:
            die_with_parent()
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            code = int(run())
        finally:
            os._exit(code)
    return child


def _finish(child: int) -> None:
    _check(os.waitpid(child, 0)[1])


def _check(status: int) -> None:
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 1):
        raise RuntimeError(f"it failed by itself, with {code}; standard error says why")


def _where(project: Project) -> str:
    """Return in which part of its work a pass was killed."""
    if not _has_begun(project):
        return "killed_outside_of_an_act"
    made = registry_of(project).versions()[-1]
    return "killed_after_the_version" if made.created_at == _acts(project)[-1].at else "killed_in_the_training"


def _acts(project: Project) -> tuple[Act, ...]:
    with read_acts(project.state) as log:
        return () if log is None else log.recent()


def _has_begun(project: Project) -> bool:
    """Return whether the newest act has begun and not ended."""
    acts = _acts(project)
    return bool(acts) and acts[-1].outcome == "begun"


def _faults(project: Project, rounds: int) -> Iterator[str]:
    """Yield what is not as it should be after so many rounds, each brought to its end."""
    registry, acts = registry_of(project), _acts(project)
    versions = registry.versions()
    for version in versions:
        registry.verify(version.number)
        load_artefact(version.folder)
    made = [act.contest.challenger for act in acts if act.outcome in ("promoted", "refused") and act.contest]
    moves = [move.to_version for move in registry.history("champion")]
    promoted = [act.contest.challenger for act in acts if act.outcome == "promoted" and act.contest]
    facts = {
        "begun": not any(act.outcome == "begun" for act in acts),
        "failed": not any(act.outcome == "failed" for act in acts),
        "trained_more_than_once": len(versions) == 1 + rounds,
        "outcomes_as_versions": made == [version.number for version in versions[1:]],
        "moves_as_outcomes": moves == [1, *promoted],
        "promoted_twice": len(set(moves)) == len(moves),
        "judged_twice": len(registry.verdicts("champion")) == 1 + rounds,
        "champion_as_moves": registry.aliases()["champion"] == moves[-1],
    }
    yield from (name for name, holds in facts.items() if not holds)


def _promoted(project: Project) -> int:
    return len(registry_of(project).history("champion")) - 1


def leftovers(folder: Path) -> list[str]:
    """Return what lies in the registry and belongs to no version."""
    registry = registry_of(load_project(folder))
    known = {str(version.number) for version in registry.versions()}
    there = [path.name for path in (registry.root / "versions").iterdir() if path.name not in known]
    return there + [path.name for path in (registry.root / "incoming").iterdir()]


def run() -> None:
    """Read the command line, and print what came of it as JSON."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--kills", type=int, default=30)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    found = torture(options.folder, kills=options.kills, seed=options.seed)
    print(json.dumps({**found, "leftovers": leftovers(options.folder)}))


if __name__ == "__main__":
    run()
