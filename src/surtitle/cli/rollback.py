"""`surtitle rollback`: put the champion before back in place."""

from typing import Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, examples, now, open_project
from surtitle.cli._terminal import print_json, visible
from surtitle.errors import ExitCode

__all__ = ["EPILOG", "command"]

EPILOG = examples("surtitle rollback", 'surtitle rollback --client science --why "too many false alarms"')


def command(
    client: Annotated[str | None, typer.Option("--client", help="Roll back the champion of one client.")] = None,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, kept in the history.")] = "",
    project: ProjectOption = None,
    json: JsonOption = False,
) -> int:
    """Put the champion before back in place.

    Two rollbacks in a row go two promotions back.
    """
    opened = open_project(project)
    from surtitle.cycle import rollback

    move = rollback(opened, now=now(), client=client, why=why)
    if json:
        print_json(move)
    elif move.to_version is None:
        typer.echo(visible(f"{move.alias} is gone; {client} has the general champion again."))
    else:
        typer.echo(visible(f"{move.alias} is version {move.to_version} again (it was {move.from_version})."))
    return ExitCode.DONE
