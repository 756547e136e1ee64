"""`surtitle ship lock`: what the pipeline installs."""

from pathlib import Path
from typing import Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, open_project
from surtitle.cli._progress import reporting
from surtitle.cli._terminal import print_json, say, visible
from surtitle.errors import ExitCode

__all__ = ["EPILOG", "command"]

EPILOG = examples("surtitle ship lock", "surtitle ship lock --wheels dist")


def command(
    wheels: Annotated[Path | None, typer.Option(metavar="DIR", help="Wheels that no index has.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite a lock that was edited.")] = False,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Lock what the pipeline installs, with hashes.

    That is Surtitle and all that training needs, pytest and ruff, at the versions that are installed here, for the
    Python of ship.base. Run it again after you have updated them, and commit the file.
    """
    opened = open_project(project, set_)
    from surtitle.ship.ci.locking import write_lock

    with reporting() as reporter:
        lock = write_lock(opened, wheels=wheels, force=force, reporter=reporter)
    if json:
        print_json(lock)
    else:
        typer.echo(
            visible(
                f"{lock.file.change:9} {lock.file.path}: {lock.packages} packages for Python {lock.python} on "
                f"{', '.join(lock.machines)}"
            )
        )
        for machine, what in lock.missing.items():
            say(f"not for {machine}: {what}")
    return ExitCode.DONE
