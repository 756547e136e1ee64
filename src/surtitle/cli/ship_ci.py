"""`surtitle ship ci`: the pipeline of this project."""

from typing import Annotated, Literal

import typer

from surtitle.cli._options import JsonOption, ProjectOption, examples, open_project
from surtitle.cli._terminal import print_json, say, show, table
from surtitle.errors import ExitCode

__all__ = ["EPILOG", "command"]

EPILOG = examples("surtitle ship ci github", "surtitle ship ci gitlab --force")


def command(
    forge: Annotated[Literal["github", "gitlab"], typer.Argument(metavar="github|gitlab", help="Whose pipeline.")],
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that were edited.")] = False,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> int:
    """Write the pipeline: check, train, gate, image, deploy.

    Every step of it is a command that you can run yourself. Files that were edited are not overwritten without
    --force; surtitle update merges instead.
    """
    opened = open_project(project)
    from surtitle.ship.ci import SCRIPTS, github_files, gitlab_files
    from surtitle.ship.ci.notes import notes
    from surtitle.ship.writing import write_files

    files = {"github": github_files, "gitlab": gitlab_files}[forge](opened.settings)
    written = write_files(opened.root, files, executable=SCRIPTS & files.keys(), force=force)
    told = notes(opened.root, opened.settings, forge)
    if json:
        print_json({"files": written, "notes": told})
    else:
        show(table(["file", ""], [[each.path, each.change] for each in written]))
        for note in told:
            say(note)
    return ExitCode.DONE
