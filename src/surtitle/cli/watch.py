"""`surtitle watch`: quality over time by late labels, drift, and what the policy would do."""

from collections.abc import Sequence
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
    from surtitle.watch.gathering import DecisionFile
    from surtitle.watch.over_time import Watched
    from surtitle.watch.overview import Overview

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    "surtitle watch",
    "surtitle watch --decisions decisions.jsonl --texts comments.jsonl",
    "surtitle watch --clients --last 30",
    "surtitle watch --json",
)
_PAGE = "watch.html"
_MOST_SELECTIONS = 3


def command(
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
    """Show quality over time, drift, and what the policy would do.

    Decisions of the service and of this project's streams are joined to the late labels that have come; then every
    period is measured of which something has changed. Nothing is trained or promoted.
    """
    opened = open_project(project, set_)
    files = _files(opened, decisions or ())
    from surtitle.watch.overview import look
    from surtitle.watch.page import render_page
    from surtitle.watch.text_files import read_texts

    with reporting() as reporter:
        batches = None if texts is None else read_texts(opened, texts)
        overview = look(opened, files, batches, now=now(), reporter=reporter)
    path = page or opened.state / _PAGE
    try:
        path.write_text(render_page(overview), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}; name a file that can be written with --page") from error
    if json:
        print_json(overview)
    else:
        _render(overview, clients=clients, last=last)
        say(f"page: {path}")
    return ExitCode.DONE


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
