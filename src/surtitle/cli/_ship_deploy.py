"""What the commands share that write deployment files: options, the plan, and what is told at the end."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surtitle.cli._progress import reporting
from surtitle.cli._terminal import print_json, say, show, table
from surtitle.errors import ExitCode

if TYPE_CHECKING:
    from surtitle.project import Project
    from surtitle.ship.deploy import Plan

__all__ = [
    "BenchOption",
    "DomainOption",
    "ForceOption",
    "ImageOption",
    "LoadOption",
    "NamespaceOption",
    "NeededImageOption",
    "OutOption",
    "TextsOption",
    "folder_of",
    "plan_for",
    "write",
]

LoadOption = Annotated[
    float, typer.Option("--load", metavar="NUMBER", help="Requests a second in the busiest minute to come.")
]
TextsOption = Annotated[int, typer.Option("--texts", metavar="NUMBER", help="Texts in a request.")]
BenchOption = Annotated[
    Path | None,
    typer.Option(
        "--bench", metavar="FILE", help="A result of surtitle bench --json; else the champion is measured now."
    ),
]
DomainOption = Annotated[str, typer.Option("--domain", metavar="NAME", help="The host name; _ is any.")]
ImageOption = Annotated[
    str | None, typer.Option("--image", metavar="NAME@sha256:...", help="The image of the service, by its digest.")
]
NeededImageOption = Annotated[
    str, typer.Option("--image", metavar="NAME@sha256:...", help="The image of the service, by its digest.")
]
NamespaceOption = Annotated[str, typer.Option("--namespace", metavar="NAME", help="Of the cluster.")]
OutOption = Annotated[
    Path | None, typer.Option("--out", metavar="DIR", help="Where to write; without it, deploy/ in the project.")
]
ForceOption = Annotated[bool, typer.Option("--force", help="Overwrite files that were edited.")]


def folder_of(project: "Project", kind: str, out: Path | None) -> Path:
    """Return where the files of a kind go."""
    return project.root / "deploy" / kind if out is None else (Path.cwd() / out).resolve()


def plan_for(
    project: "Project",
    load: float,
    texts: int,
    bench: Path | None,
    *,
    domain: str = "_",
    image: str | None = None,
    workers: int | None = None,
) -> "Plan":
    """Find the size that the load takes."""
    from surtitle.ship.deploy import Load, make_plan, parse_image

    asked = Load(requests_per_s=load, texts_per_request=texts)
    named = None if image is None else parse_image(image)
    with reporting() as reporter:
        return make_plan(project, asked, bench=bench, domain=domain, image=named, workers=workers, reporter=reporter)


def write(  # each is an option of the command
    plan: "Plan",
    kind: str,
    folder: Path,
    files: Mapping[str, str],
    next_steps: str,
    *,
    executable: frozenset[str] = frozenset(),
    force: bool,
    json: bool,
) -> int:
    """Write the files, show the sum, and say what comes next."""
    from surtitle.ship.deploy import write_deployment

    done = write_deployment(plan, kind, folder, files, executable=executable, force=force)
    if json:
        print_json(done)
        return ExitCode.DONE
    show(table(["file", ""], [[f"{folder}/{each.path}", each.change] for each in done.files]), "")
    show(*plan.size.words, "")
    say(next_steps)
    return ExitCode.DONE
