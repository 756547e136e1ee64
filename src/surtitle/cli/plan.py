"""`surtitle plan`: the flowchart of this project."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, now, open_project
from surtitle.cli._terminal import console, print_json, say
from surtitle.errors import ExitCode, UsageError

__all__ = ["EPILOG", "command"]

EPILOG = examples("surtitle plan", "surtitle plan --mermaid > plan.mmd", "surtitle plan --svg plan.svg")
_WIDEST = 120


def command(
    mermaid: Annotated[bool, typer.Option("--mermaid", help="Print Mermaid text.")] = False,
    svg: Annotated[Path | None, typer.Option("--svg", metavar="FILE", help="Write an SVG drawing.")] = None,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Show the flowchart of this project.

    Data, stages, versions and uses; who owns them, what is stale, and the gate's last verdict.
    """
    if mermaid + json + (svg is not None) > 1:
        raise UsageError("--mermaid, --svg and --json are one at a time; leave all but one out")
    from surtitle.cycle import project_plan
    from surtitle.cycle.flowchart import to_mermaid, to_svg, to_text

    plan = project_plan(open_project(project, set_), now=now())
    if json:
        print_json(plan)
    elif mermaid:
        typer.echo(to_mermaid(plan))
    elif svg is not None:
        svg.write_text(to_svg(plan), encoding="utf-8")
        say(f"wrote {svg}")
    else:
        out = console()
        typer.echo(to_text(plan, min(out.width, _WIDEST), colour=sys.stdout.isatty() and not out.no_color))
    return ExitCode.DONE
