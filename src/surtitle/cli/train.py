"""`surtitle train`: prepare, train, evaluate, register; for everybody, or for each client."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, now, open_project
from surtitle.cli._progress import reporting
from surtitle.cli._terminal import metric_rows, print_json, say, show, table
from surtitle.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from surtitle.cycle import ClientsTrained, Trained
    from surtitle.cycle.clients import ClientResult
    from surtitle.project import Project
    from surtitle.records import Interval
    from surtitle.settings import Settings

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    "surtitle train",
    "surtitle train --set train.c=2.0",
    "surtitle train --json",
    "surtitle train --clients",
    "surtitle train --client science --client chess",
)
_OUTCOMES = {
    "promoted": "have a new model of their own",
    "refused": "gain nothing by theirs and stay with the general champion, or their own of before",
    "kept": "are as they were: nothing has changed",
    "poor": "have too few examples",
    "failed": "failed",
}
_MOST_SHOWN = 20


def command(
    force: Annotated[bool, typer.Option("--force", help="Train again although nothing has changed.")] = False,
    clients: Annotated[
        bool, typer.Option("--clients", help="A model of its own for each client that has enough labels and gains.")
    ] = False,
    client: Annotated[
        list[str] | None, typer.Option("--client", metavar="NAME", help="The same for this client; may be repeated.")
    ] = None,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Make a new version, and a report about it.

    That is: check and prepare the data, train, evaluate, register. When nothing has changed, nothing is done.

    With --clients, or --client, that is done for each client, several side by side; the gate compares each model with
    the general champion on that client's examples, and makes it the client's own champion if it is better. Exits with 1
    if a client failed.
    """
    if force and (clients or client):
        raise UsageError(
            "--force is for the general model; a client's is trained again when its examples or settings change"
        )
    if clients and client:
        raise UsageError("--clients means every client, so name none with --client, or leave it out")
    opened = open_project(project, set_)
    if clients or client:
        return _train_clients(opened, client or [], json=json)
    from surtitle.cycle.ahead import RulesAhead

    with RulesAhead(opened.settings) as ahead, reporting() as reporter:
        from surtitle.cycle import train  # takes a while, in which the rules are being read

        trained = train(opened, now=now(), environ=os.environ, reporter=reporter, force=force, ahead=ahead)
    if json:
        print_json(_as_json(trained))
    else:
        _render(trained, opened.settings)
    return ExitCode.DONE


def _train_clients(project: "Project", names: list[str], *, json: bool) -> int:
    from surtitle.cycle.ahead import RulesAhead

    with RulesAhead(project.settings) as ahead, reporting() as reporter:
        from surtitle.cycle import train_clients  # takes a while, in which the rules are being read

        trained = train_clients(project, now=now(), environ=os.environ, names=names, reporter=reporter, ahead=ahead)
    if json:
        counts = {outcome: len(trained.of(outcome)) for outcome in _OUTCOMES}
        print_json({"base": trained.base, "seconds": trained.seconds, "counts": counts, "clients": trained.results})
    else:
        _render_clients(trained)
    return ExitCode.REFUSED if trained.of("failed") else ExitCode.DONE


def _render_clients(trained: "ClientsTrained") -> None:
    from rich.text import Text

    told = [result for result in trained.results if result.outcome in ("promoted", "refused")]
    told.sort(key=lambda result: -result.difference.value if result.difference else 0.0)
    if told:
        columns = ["client", "examples", "version", "its AUC", "minus the champion's", "gate"]
        show(table(columns, [_client_row(result) for result in told[:_MOST_SHOWN]], right=(1, 2)))
        if len(told) > _MOST_SHOWN:
            show(Text(f"... and {len(told) - _MOST_SHOWN:,} more; all of them: --json"))
        show("")
    for outcome, meaning in _OUTCOMES.items():
        if found := trained.of(outcome):
            show(Text(f"{len(found):,} of {len(trained.results):,} clients {meaning}.", "bold"))
    for result in trained.of("failed")[:_MOST_SHOWN]:
        say(f"{result.client}: {result.reason}", failed=True)
    if len(trained.of("failed")) > _MOST_SHOWN:
        say(f"... and {len(trained.of('failed')) - _MOST_SHOWN:,} more; all of them: --json", failed=True)


def _client_row(result: "ClientResult") -> list[str]:
    return [
        result.client,
        f"{result.examples:,}",
        str(result.version),
        "–" if result.auc is None else str(result.auc),
        _signed(result.difference),
        result.outcome,
    ]


def _signed(found: "Interval | None") -> str:
    return "undefined" if found is None else f"{found.value:+.3f} [{found.low:+.3f}, {found.high:+.3f}]"


def _as_json(trained: "Trained") -> dict[str, object]:
    names = ("version", "artefact", "report", "metrics", "split", "seconds", "fresh", "champion", "classes", "findings")
    return {name: getattr(trained, name) for name in names}


def _render(trained: "Trained", settings: "Settings") -> None:
    from rich.text import Text

    name = settings.project.name
    if trained.fresh:
        role = ", the champion" if trained.champion else ", not yet the champion"
        show(Text(f"Version {trained.version} of {name}{role}", "bold"))
    else:
        show(Text(f"Nothing has changed since version {trained.version} of {name}; nothing was done.", "bold"))
    sizes = ", ".join(f"{split} {count:,}" for split, count in trained.split.items())
    show(Text(f"Examples: {sizes}"), "")
    show(table(["on the test split", "", "interval"], metric_rows(trained.metrics), right=(1,)), "")
    if settings.data.synthetic:
        best = (
            f"; no model can be expected to beat an AUC of {settings.data.best_auc:.3f}"
            if settings.data.best_auc
            else ""
        )
        show(Text(f"The data is synthetic: these figures say nothing about real texts{best}.", "yellow"), "")
    show(Text(f"Report: {_short(trained.report)}"))
    if trained.fresh and not trained.champion:
        show(Text(f"Next: surtitle promote {trained.version}"))
    else:
        show(Text('Next: surtitle score "some text"'))


def _short(path: Path) -> Path:
    """Return `path` as seen from here, where that is shorter."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
