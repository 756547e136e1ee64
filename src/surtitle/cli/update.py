"""`surtitle update`: a newer template, merged into a project that has been edited since."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from surtitle.cli._options import JsonOption, ProjectOption, examples, open_project
from surtitle.cli._terminal import print_json, say, show, table
from surtitle.errors import ExitCode

if TYPE_CHECKING:
    from surtitle.ship.template.merging import Step

__all__ = ["EPILOG", "command"]

EPILOG = examples("surtitle update", "surtitle update --check", "surtitle update --ci gitlab")
_TOLD: Mapping[str, str] = {
    "added": "new",
    "updated": "you had not edited it",
    "merged": "with your edits",
    "conflict": "both changed the same lines; look for <<<<<<< in it",
    "beside": "yours is as it was; the template's is in {target}",
    "removed": "the template has it no more",
    "kept": "the template has it no more; yours stays",
    "left out": "you had deleted it",
}


def command(
    check: Annotated[bool, typer.Option("--check", help="Only say what would be done.")] = False,
    ci: Annotated[
        Literal["github", "gitlab", "none"] | None, typer.Option(help="Whose pipeline, if it is to be another.")
    ] = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> int:
    """Bring a newer template into this project.

    Your edits stay: files that both you and the template changed are merged, and where that cannot be decided both are
    left in the file, marked. Settings as they are now come in too, such as the owners.
    Exits with 1 if a file needs you; with --check, if there is something to do.
    """
    opened = open_project(project)
    from surtitle.ship.template.updating import plan_project_update, update_project

    steps = plan_project_update(opened, ci)[0] if check else update_project(opened, ci)
    attention = [step for step in steps if step.kind in ("conflict", "beside")]
    if json:
        print_json(
            {
                "done": not check,
                "counts": Counter(step.kind for step in steps),
                "files": [{"path": step.path, "change": step.kind, "written": _written(step)} for step in steps],
            }
        )
    else:
        _render(steps, len(attention), check=check)
    return ExitCode.REFUSED if attention or (check and steps) else ExitCode.DONE


def _written(step: "Step") -> str | None:
    return None if step.text is None else step.target


def _render(steps: Sequence["Step"], attention: int, *, check: bool) -> None:
    if not steps:
        typer.echo("The project is up to date with the template.")
        return
    rows = [[step.path, step.kind, _TOLD[step.kind].format(target=step.target)] for step in steps]
    show(table(["file", "would be" if check else "", ""], rows))
    if not check:
        say("Look at it with: git diff")
    if attention:
        say(f"{attention} of {len(steps)} files need you")
