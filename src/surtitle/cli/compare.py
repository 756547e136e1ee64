"""`surtitle compare`: a version beside the champion, as the gate would see them."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, now, open_project
from surtitle.cli._progress import reporting
from surtitle.cli._terminal import print_json, say, visible
from surtitle.errors import ExitCode

if TYPE_CHECKING:
    from surtitle.cycle import Comparison

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    "surtitle compare 2",
    "surtitle compare challenger --markdown comment.md --picture comparison.svg",
)


def command(
    ref: Annotated[str, typer.Argument(metavar="VERSION", help="A number, such as 2, or an alias.")],
    client: Annotated[str | None, typer.Option("--client", help="Compare with the champion of one client.")] = None,
    markdown: Annotated[
        Path | None, typer.Option("--markdown", metavar="FILE", help="Write it as a comment on a change.")
    ] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", metavar="FILE", help="Draw the intervals as SVG.")
    ] = None,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Show a version beside the champion, for whoever reviews it.

    Both score the same test data, as for surtitle promote, but nothing is moved or recorded.
    Exits with 1 if the gate would refuse.
    """
    opened = open_project(project, set_)
    from surtitle.cycle import compare_with_champion
    from surtitle.cycle.comparison_page import to_markdown, to_svg

    with reporting() as reporter:
        comparison = compare_with_champion(opened, ref, now=now(), environ=os.environ, client=client, reporter=reporter)
    for path, text in ((markdown, to_markdown), (picture, to_svg)):
        if path is not None:
            path.write_text(text(comparison), encoding="utf-8")
            say(f"wrote {path}")
    passed = comparison.verdict is None or comparison.verdict.passed
    if json:
        print_json({"passed": passed, "comparison": comparison})
    else:
        _render(comparison)
    return ExitCode.DONE if passed else ExitCode.REFUSED


def _render(comparison: "Comparison") -> None:
    if comparison.verdict is None:
        typer.echo(f"Version {comparison.challenger} is the champion; there is nothing to compare.")
        return
    for reason in comparison.verdict.reasons:
        typer.echo(visible(reason))
    typer.echo(
        f"The gate would let it through. Next: surtitle promote {comparison.challenger}"
        if comparison.verdict.passed
        else "The gate would refuse. The champion stays."
    )
