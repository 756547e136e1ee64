"""`surtitle config`: the filled-in settings, each with a comment."""

from typing import Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, open_project
from surtitle.cli._terminal import print_json
from surtitle.errors import ExitCode

__all__ = ["EPILOG", "command"]

EPILOG = examples("surtitle config", "surtitle config --changed", "surtitle config --set train.c=2.0 --json")


def command(
    changed: Annotated[bool, typer.Option("--changed", help="Only what differs from the defaults.")] = False,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Print every setting and what it means.

    Secrets stay references: ${NAME}.
    """
    from surtitle.project import render_settings

    settings = open_project(project, set_).settings
    if json:
        print_json(settings)
    else:
        typer.echo(render_settings(settings, only_changed=changed), nl=False)
    return ExitCode.DONE
