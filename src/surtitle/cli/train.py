"""`surtitle train`: prepare, train, evaluate, register."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, now, open_project
from surtitle.cli._progress import reporting
from surtitle.cli._terminal import metric_rows, print_json, show, table
from surtitle.errors import ExitCode

if TYPE_CHECKING:
    from surtitle.cycle import Trained
    from surtitle.settings import Settings

__all__ = ["EPILOG", "command"]

EPILOG = examples("surtitle train", "surtitle train --set train.c=2.0", "surtitle train --json")


def command(
    force: Annotated[bool, typer.Option("--force", help="Train again although nothing has changed.")] = False,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Make a new version, and a report about it.

    That is: check and prepare the data, train, evaluate, register. When nothing has changed, nothing is done.
    """
    opened = open_project(project, set_)
    from surtitle.cycle.ahead import RulesAhead

    with RulesAhead(opened.settings) as ahead, reporting() as reporter:
        from surtitle.cycle import train  # takes a while, in which the rules are being read

        trained = train(opened, now=now(), environ=os.environ, reporter=reporter, force=force, ahead=ahead)
    if json:
        print_json(_as_json(trained))
    else:
        _render(trained, opened.settings)
    return ExitCode.DONE


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
