"""`surtitle labels`: the truth about earlier decisions, from files."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, examples, now, open_project
from surtitle.cli._terminal import print_json, say, visible
from surtitle.errors import ExitCode

__all__ = ["EPILOG", "command"]

EPILOG = examples("surtitle labels add verdicts.csv", "surtitle labels add appeals.jsonl --json")


class What(StrEnum):
    """What is to be done."""

    ADD = "add"


def command(
    what: Annotated[What, typer.Argument(help="Add labels.")],  # noqa: ARG001 the one thing that can be done
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, TSV or JSON lines with id and label.")],
    project: ProjectOption = None,
    json: JsonOption = False,
) -> int:
    """Add late labels: what decisions should have been.

    A column labelled_at says when each was found; without it, that is now. Adding a file again adds nothing twice.
    Rows that are no label are named and left out; then the command ends with 1.
    """
    from surtitle.watch.verdicts import add_labels

    added = add_labels(open_project(project), file, now=now())
    if json:
        print_json(added)
    else:
        typer.echo(visible(f"{added.stored:,} labels stored, {added.known:,} were known."))
        for fault in added.faults:
            say(str(fault))
        if added.bad_rows:
            say(f"{added.bad_rows:,} rows are no label and were left out; mend them and add the file again")
    return ExitCode.REFUSED if added.bad_rows else ExitCode.DONE
