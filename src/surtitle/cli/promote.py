"""`surtitle promote`: ask the gate, and if it passes make a version the champion."""

import os
from typing import Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, now, open_project
from surtitle.cli._progress import reporting
from surtitle.cli._terminal import print_json, say, visible
from surtitle.errors import ExitCode, UsageError

__all__ = ["EPILOG", "command"]

EPILOG = examples("surtitle promote 2", "surtitle promote 2 --client science", 'surtitle promote 2 --force --why "..."')


def command(
    ref: Annotated[str, typer.Argument(metavar="VERSION", help="A number, such as 2, or an alias.")],
    client: Annotated[str | None, typer.Option("--client", help="Make it the champion of one client only.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overrule the gate; needs --why.")] = False,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="The reason, kept in the history.")] = "",
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Make a version the champion, if the gate agrees.

    The gate compares it with the champion on the same test data: it must not be worse.
    Exits with 1 if the gate refuses.
    """
    if force and not why.strip():
        raise UsageError('--force overrules the gate, so say why: surtitle promote ... --force --why "the reason"')
    opened = open_project(project, set_)
    from surtitle.cycle import promote

    with reporting() as reporter:
        promotion = promote(
            *(opened, ref), now=now(), environ=os.environ, client=client, force=force, why=why, reporter=reporter
        )
    if json:
        print_json({"promoted": promotion.move is not None, "verdict": promotion.verdict, "move": promotion.move})
    else:
        for reason in promotion.verdict.reasons if promotion.verdict else ["The two could not be compared."]:
            typer.echo(visible(reason))
        move = promotion.move
        if move is None:
            typer.echo("Refused. The champion stays; to overrule: --force --why TEXT")
        else:
            typer.echo(visible(f"{move.alias} is now version {move.to_version}{' (forced)' if move.forced else ''}."))
            say("To take it back: surtitle rollback")
    return ExitCode.REFUSED if promotion.move is None else ExitCode.DONE
