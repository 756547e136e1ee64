"""Options that several commands share, and the project that they name."""

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from surtitle.project import Project

__all__ = ["JsonOption", "ProjectOption", "SetOption", "examples", "now", "open_project"]

ProjectOption = Annotated[
    Path | None,
    typer.Option("--project", metavar="DIR", help="The project's folder; without it, this folder or one above it."),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="SECTION.KEY=VALUE", help="Override a setting for this run; may be repeated."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]


def open_project(folder: Path | None, overrides: list[str] | None = None) -> "Project":
    """Read the project in `folder`, or the one that the current folder is in."""
    from surtitle.project import find_project, load_project  # a fifth of the time that --help takes

    return load_project(find_project(Path.cwd()) if folder is None else folder, overrides or ())


def now() -> datetime:
    """Return the time; commands are where the clock is read."""
    return datetime.now(UTC)


def examples(*lines: str) -> str:
    r"""Return a help epilogue whose lines stay as they are.

    Examples
    --------
    >>> examples("surtitle train")
    '\x08\nExamples:\n  surtitle train'
    """
    return "\b\nExamples:\n" + "\n".join(f"  {line}" for line in lines)
