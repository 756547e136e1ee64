"""`surtitle watch`: quality over time by late labels, drift, what the policy says, and with --act what it asks for."""

import os
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surtitle.cli._acting import acts_table, keep_on, tell
from surtitle.cli._alerting import alert, alerting_of_failure, publish
from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, now, open_project
from surtitle.cli._progress import reporting
from surtitle.cli._terminal import print_json, say, show, table
from surtitle.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from surtitle.project import Project
    from surtitle.records import Interval
    from surtitle.watch.gathering import DecisionFile
    from surtitle.watch.loop import Pass
    from surtitle.watch.over_time import Watched
    from surtitle.watch.overview import Overview

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    "surtitle watch",
    "surtitle watch --decisions decisions.jsonl --texts comments.jsonl",
    "surtitle watch --clients --last 30",
    "surtitle watch --json",
    "surtitle watch --act",
    "surtitle watch --act --every 1h",
    "surtitle watch --alert",
)
_PAGE = "watch.html"
_MOST_SELECTIONS = 3


def command(
    act: Annotated[bool, typer.Option("--act", help="Do what is said: retrain, promote, roll back.")] = False,
    every: Annotated[
        str | None, typer.Option(metavar="DURATION", help="With --act: again and again, such as every 1h.")
    ] = None,
    alerts: Annotated[
        bool, typer.Option("--alert", help="Tell [alerts] what is new; with --act that goes without saying.")
    ] = False,
    decisions: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A file that a stream wrote elsewhere; may be repeated."),
    ] = None,
    texts: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Recent texts, to compare with those of training.")
    ] = None,
    clients: Annotated[bool, typer.Option("--clients", help="Show each client's figures too.")] = False,
    last: Annotated[int, typer.Option(min=1, metavar="N", help="Show the last N periods.")] = 14,
    page: Annotated[Path | None, typer.Option(metavar="FILE", help="Where to write the page.")] = None,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Show quality over time and drift; retrain by the policy if asked.

    Decisions of the service and of this project's streams are joined to the late labels that have come; then every
    period is measured of which something has changed. What the policy would do is told; without --act it is not done.

    With --act a champion that turned out worse than the one before is rolled back, and where the policy asks for it a
    model is trained, judged by the gate, and promoted. Ends with 1 if the gate refused or a training failed. With
    --every it goes on until it is stopped, by Ctrl-C or SIGTERM, at any moment; the next one goes on from there.
    """
    from surtitle.cycle.lock import loop_lock

    pause_s = _pause(every, act=act)
    opened = open_project(project, set_)
    path = page or opened.state / _PAGE

    def look_once() -> int:
        with alerting_of_failure(opened) if alerts else nullcontext():
            overview = _look(opened, decisions or (), texts)
        _write_page(overview, path)
        publish(opened, overview)
        if alerts:
            alert(opened, overview)
        if json:
            print_json(overview)
        else:
            _render(overview, clients=clients, last=last)
            say(f"page: {path}")
        return ExitCode.DONE

    def act_once() -> int:
        with alerting_of_failure(opened):
            done = _act(opened, decisions or (), texts)
        publish(opened, done.overview)
        alert(opened, done.overview)
        _write_page(done.overview, path)
        if json:
            print_json(done)
        elif every is None:
            _render(done.overview, clients=clients, last=last)
            say(f"page: {path}")
        else:
            tell(done.acts)
        return ExitCode.REFUSED if {each.outcome for each in done.acts} & {"refused", "failed"} else ExitCode.DONE

    if not act:
        return look_once()
    with loop_lock(opened.state):
        return act_once() if pause_s is None else keep_on(act_once, pause_s)


def _pause(every: str | None, *, act: bool) -> float | None:
    """Return the seconds from one pass to the next; None: there is one only."""
    if every is None:
        return None
    if not act:
        raise UsageError("--every goes with --act; without it, nothing would be done again and again")
    from surtitle.durations import parse_duration

    try:
        pause_s = parse_duration(every) / 1e6
    except ValueError as error:
        raise UsageError(f"--every: {error}") from error
    if not pause_s:
        raise UsageError(f"--every: {every!r} is no time at all; write, for example, 1h")
    return pause_s


def _look(project: "Project", decisions: Sequence[Path], texts: Path | None) -> "Overview":
    files = _files(project, decisions)
    from surtitle.watch.overview import look
    from surtitle.watch.text_files import read_texts

    with reporting() as reporter:
        batches = None if texts is None else read_texts(project, texts)
        return look(project, files, batches, now=now(), reporter=reporter)


def _act(project: "Project", decisions: Sequence[Path], texts: Path | None) -> "Pass":
    files = _files(project, decisions)
    from surtitle.watch.loop import act_once
    from surtitle.watch.text_files import read_texts

    with reporting() as reporter:
        batches = None if texts is None else read_texts(project, texts)
        return act_once(project, files, batches, now=now(), environ=os.environ, reporter=reporter)


def _write_page(overview: "Overview", path: Path) -> None:
    from surtitle.watch.page import render_page

    try:
        path.write_text(render_page(overview), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; name a file that can be written with --page") from error


def _files(project: "Project", named: Sequence[Path]) -> "list[DecisionFile]":
    """Return the outputs of the project's streams as far as they are committed, and the files named."""
    from surtitle.stream.looking import find_states, watch
    from surtitle.stream.opening import streams_folder
    from surtitle.watch.gathering import DecisionFile
    from surtitle.watch.rows import micros

    found: dict[Path, DecisionFile] = {}
    for status in (watch(path, now_us=micros(now())) for path in find_states(streams_folder(project))):
        path = Path(status.sink.partition(", ")[0])
        if "decisions" in status.lengths and path.is_file():
            found[path] = DecisionFile(path, until=status.lengths["decisions"])
    for path in (each.absolute() for each in named):
        found.setdefault(path, DecisionFile(path))
    return list(found.values())


def _render(overview: "Overview", *, clients: bool, last: int) -> None:
    from rich.text import Text

    show(Text(f"{overview.model}: version {overview.champion} is the champion", "bold"))
    show(Text(f"{overview.decisions:,} decisions, {overview.labels:,} late labels", "dim"), "")
    for note in (*overview.notes, *(str(fault) for fault in overview.gathered.faults)):
        say(note)
    starts = sorted({each.quality.start for each in overview.periods})[-last:]
    shown = [each for each in overview.periods if each.quality.start in starts]
    shown = [each for each in shown if clients or each.quality.client is None]
    if shown:
        show(table(_COLUMNS, [_row(each, clients=clients) for each in shown], right=(2, 3, 4)), "")
    else:
        say("no decisions yet; run surtitle stream or surtitle serve, or name a file with --decisions")
    for drift in overview.drift:
        show(Text(f"drift: {drift}"))
    for selection in overview.selections[-_MOST_SELECTIONS:]:
        show(Text(str(selection)))
    for verdict in overview.verdicts:
        whose = f"champion@{verdict.client}" if verdict.client else "champion"
        show(Text(f"{whose}: {verdict.action}", "bold"))
        for line in (*verdict.reasons, *(f"Held back: {each}." for each in verdict.held_back)):
            show(Text(f"  {line}"))
    if overview.acts:
        show(Text("what the loop did", "bold"))
        show(acts_table(overview.acts[-last:]))


_COLUMNS = ("period", "version", "decisions", "labelled", "AUC", "interval", "expected", "")


def _row(each: "Watched", *, clients: bool) -> list[str]:
    quality, estimate = each.quality, each.estimate
    share = quality.n_labelled / max(quality.n_decisions, 1)
    who = f" {quality.client or 'all'}" if clients else ""
    expected = "" if estimate is None else f"{estimate.auc.value:.3f}" + ("" if estimate.reliable else " (doubtful)")
    return [
        f"{quality.start:%Y-%m-%d %H:%M}",
        f"{quality.version}{who}",
        f"{quality.n_decisions:,}",
        f"{share:.0%}",
        "" if quality.auc is None else f"{quality.auc.value:.3f}",
        _interval(quality.auc),
        expected,
        "" if quality.mature else "not mature",
    ]


def _interval(found: "Interval | None") -> str:
    return "" if found is None else f"{found.low:.3f} to {found.high:.3f}"
