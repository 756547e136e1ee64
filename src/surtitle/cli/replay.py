"""`surtitle replay`: what the loop would have done over a labelled history."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, now, open_project
from surtitle.cli._progress import reporting
from surtitle.cli._terminal import print_json, say, show, table
from surtitle.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from surtitle.project import Project
    from surtitle.records import Interval
    from surtitle.watch.client_replay import ClientPart, ClientsOutcome
    from surtitle.watch.history import History
    from surtitle.watch.outcome import Outcome, Part
    from surtitle.watch.replay import Retraining, Step

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    "surtitle replay",
    "surtitle replay history.csv --label-delay 1d --by event --picture replay.html",
    "surtitle replay --set watch.period=6h --set watch.new_labels=1000 --json",
    "surtitle replay history.csv --clients --first 0.6",
)


def command(
    history: Annotated[
        Path | None, typer.Argument(help="Labelled, with times; without it, the project's data.")
    ] = None,
    speed: Annotated[
        str, typer.Option(metavar="NUMBER", help="So many times as fast as it happened; max: as fast as it goes.")
    ] = "max",
    label_delay: Annotated[
        str | None, typer.Option(metavar="DURATION", help="How late labels come, such as 1d; else watch.maturity.")
    ] = None,
    first: Annotated[
        str, typer.Option(metavar="SHARE|TIME", help="The first model is made of this share, or of before this time.")
    ] = "0.2",
    by: Annotated[str | None, typer.Option(metavar="COLUMN", help="Tell of each value of a column too.")] = None,
    clients: Annotated[
        bool, typer.Option("--clients", help="One model for all, against one for each client, against those that gain.")
    ] = False,
    picture: Annotated[Path | None, typer.Option(metavar="FILE", help="Draw it, as .svg or as a page, .html.")] = None,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Play the loop over a labelled history.

    The first model is made of the first part. Then time runs: it decides all that follows, and beside it the loop does,
    which trains again by [watch], asks the gate, promotes and rolls back. The project's registry is not touched.

    With --clients nothing is trained again: all that follows is decided by one model for all, by one for each client,
    and by that of each client only where the gate finds it better.
    """
    pace = _pace(speed)
    if picture is not None and picture.suffix.lower() not in (".svg", ".html"):
        raise UsageError(f"--picture {picture}: name a file that ends with .svg or .html")
    if clients:
        given = {"--speed": speed != "max", "--label-delay": label_delay, "--by": by, "--picture": picture}
        if unused := [name for name, value in given.items() if value]:
            raise UsageError(f"{', '.join(unused)}: of no use with --clients, which trains no model again")
        return _replay_clients(open_project(project, set_), history, first, json=json)
    overrides = [*(set_ or ()), *([f"watch.maturity={label_delay}"] if label_delay else ())]
    opened = open_project(project, overrides)
    from surtitle.cycle.ahead import RulesAhead

    with RulesAhead(opened.settings) as ahead, reporting() as reporter:
        from surtitle.watch.history import project_of, read_history
        from surtitle.watch.outcome import summarise_replay
        from surtitle.watch.replay import Replay

        played = project_of(opened, history, () if by is None else (by,))
        read = read_history(played, now=now(), environ=os.environ, reporter=reporter)
        replay = Replay(played, read, n_first=_first(read, first), ahead=ahead, reporter=reporter)
        steps = list(_told(replay.steps(), pace, quiet=json))
        outcome = summarise_replay(replay, read, steps, played.settings, by=by)
    if picture is not None:
        _draw(outcome, picture)
    if json:
        print_json(outcome)
    else:
        _render(outcome, picture)
    return ExitCode.DONE


def _replay_clients(project: "Project", history: Path | None, first: str, *, json: bool) -> int:
    from surtitle.cycle.ahead import RulesAhead

    with RulesAhead(project.settings) as ahead, reporting() as reporter:
        from surtitle.watch.client_replay import replay_clients
        from surtitle.watch.history import project_of, read_history

        played = project_of(project, history)
        read = read_history(played, now=now(), environ=os.environ, reporter=reporter)
        outcome = replay_clients(played, read, n_first=_first(read, first), ahead=ahead, reporter=reporter)
    if json:
        print_json(outcome)
    else:
        _render_clients(outcome)
    return ExitCode.DONE


def _render_clients(outcome: "ClientsOutcome") -> None:
    from rich.text import Text

    parts = (*outcome.clients, outcome.total)
    show(
        Text(
            f"{outcome.examples:,} examples; the models are made of {outcome.first_examples:,}, up to "
            f"{outcome.first_until:%Y-%m-%d %H:%M}, and decide the rest"
        )
    )
    for name in ("accuracy", "auc"):
        heads = ["accuracy" if name == "accuracy" else "AUC", "events", "one for all", "one for each", "by the gate"]
        rows = [
            [part.name, f"{part.n:,}", *(_figure(getattr(way, name)) for way in (part.all, part.each, part.gated))]
            for part in parts
        ]
        show("", table(heads, rows, right=(1,)))
    show("")
    for part in outcome.clients:
        show(Text(f"{part.name}: {_own_of(part)}"))
    for told, found in (("each", outcome.total.each_minus_all), ("by the gate", outcome.total.gated_minus_all)):
        if found is not None:
            show(Text(f"AUC over all, {told} minus one for all: {_signed(found)}: {_shown(found)}", "bold"))


def _own_of(part: "ClientPart") -> str:
    if part.reason:
        return f"no model of its own. {part.reason}"
    gain = "undefined" if part.gain is None else _signed(part.gain)
    return f"of {part.n_first:,} examples; on the gate's the gain is {gain}: {'promoted' if part.own else 'refused'}"


def _shown(found: "Interval") -> str:
    if found.low == found.high == 0.0:
        return "the same model"
    return "better" if found.low > 0 else "worse" if found.high < 0 else "not shown to differ"


def _signed(found: "Interval") -> str:
    return f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"


def _pace(speed: str) -> float | None:
    """Return how many seconds of the past pass in one of now, or None for as many as can."""
    if speed == "max":
        return None
    try:
        pace = float(speed)
    except ValueError:
        pace = 0.0
    if not 0.0 < pace < float("inf"):
        raise UsageError(f'--speed {speed}: write a number above 0, such as 3600, or "max"')
    return pace


def _first(history: "History", first: str) -> int:
    """Return how many examples the first model is made of."""
    from datetime import UTC, datetime

    from surtitle.times import parse_time

    try:
        n_first = round(float(first) * len(history)) if 0.0 < float(first) < 1.0 else 0
    except ValueError:
        micros = parse_time(first)
        n_first = (
            0 if micros is None else history.place(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros))
        )
    if not 0 < n_first < len(history):
        span = f"{history.time(0):%Y-%m-%d} to {history.time(len(history) - 1):%Y-%m-%d}"
        raise UsageError(f"--first {first}: write a share between 0 and 1, or a time within {span}")
    return n_first


def _told(steps: "Iterator[Step]", pace: float | None, *, quiet: bool) -> "Iterator[Step]":
    """Yield the steps, at their pace, and tell of those that change something."""
    from surtitle.watch.guard import GuardVerdict
    from surtitle.watch.replay import PlayedPeriod, Retraining

    for step in steps:
        if isinstance(step, PlayedPeriod) and pace is not None:
            time.sleep((step.loop.end - step.loop.start) / timedelta(seconds=1) / pace)
        if isinstance(step, Retraining) and not quiet:
            say(_training(step))
        if isinstance(step, GuardVerdict) and not quiet:
            say(f"{step.at:%Y-%m-%d %H:%M}  guard: {step.reason}{' Rolled back.' if step.roll_back else ''}")
        yield step


def _training(step: "Retraining") -> str:
    contest = step.contest
    gate = contest.refused or (contest.gate.reasons[0] if contest.gate else "")
    done = f"promoted version {contest.challenger}" if contest.promoted else "refused"
    return f"{step.verdict.at:%Y-%m-%d %H:%M}  trained ({', '.join(step.verdict.triggers)}): {done}. {gate}"


def _draw(outcome: "Outcome", path: Path) -> None:
    from surtitle.watch.picture import draw_page, draw_svg

    path.write_text(draw_page(outcome) if path.suffix.lower() == ".html" else draw_svg(outcome), encoding="utf-8")


def _render(outcome: "Outcome", picture: Path | None) -> None:
    from rich.text import Text

    show(
        Text(
            f"{outcome.examples:,} examples; the first model is made of {outcome.first_examples:,}, "
            f"up to {outcome.first_until:%Y-%m-%d %H:%M}; labels {outcome.label_delay} late"
        ),
        "",
        table(
            ["", "events", "accuracy", "loop", "AUC", "loop", "promoted after"],
            [_row(part) for part in (*outcome.parts, outcome.total)],
            right=(1,),
        ),
        "",
        Text(
            f"{len(outcome.retrainings)} trainings, {outcome.promotions} promotions, {outcome.rollbacks} rollbacks",
            "bold",
        ),
    )
    if picture is not None:
        show(Text(f"Picture: {picture}"))


def _row(part: "Part") -> list[str]:
    after = "never" if part.first_promotion_s is None else f"{part.first_promotion_s / 3600:.1f} h"
    figures = (part.static.accuracy, part.loop.accuracy, part.static.auc, part.loop.auc)
    return [part.name, f"{part.n:,}", *map(_figure, figures), after]


def _figure(interval: "Interval | None") -> str:
    return "–" if interval is None else str(interval)
