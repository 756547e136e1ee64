"""`surtitle ship image`: a Dockerfile and all that it needs, and the image itself."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, open_project
from surtitle.cli._progress import reporting
from surtitle.cli._terminal import print_json, say, visible
from surtitle.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from surtitle.ship.image import Built, ImageFiles

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    "surtitle ship image",
    "surtitle ship image --build",
    "surtitle ship image --build --tag registry.example/moderation:7 -- --no-cache --secret id=pip.conf,src=pip.conf",
    "surtitle ship image --wheels dist --set ship.base=python:3.13.15-slim-bookworm@sha256:...",
)


def command(
    build: Annotated[bool, typer.Option("--build", help="Build it too, with docker, podman or buildah.")] = False,
    tag: Annotated[str | None, typer.Option(metavar="NAME:TAG", help="Name the image; else MODEL:VERSION.")] = None,
    builder: Annotated[
        Literal["docker", "podman", "buildah"] | None, typer.Option(help="What builds; else the first that works.")
    ] = None,
    format: Annotated[  # noqa: A002 the builders' own word
        Literal["oci", "docker"],
        typer.Option(help="With podman and buildah: oci repeats its digest, docker keeps the health check."),
    ] = "oci",
    wheels: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Wheels that no index has; they go into the image's folder.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite files that were edited.")] = False,
    keep_edited: Annotated[
        bool, typer.Option("--keep-edited", help="Leave edited files as they are, and write the others.")
    ] = False,
    more: Annotated[
        list[str] | None, typer.Argument(metavar="-- ARGUMENTS", help="Passed on to the builder, after --.")
    ] = None,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Write a Dockerfile and all that it needs, and build the image.

    Into the project's folder go Dockerfile, .dockerignore, a lock with hashes and a bill of materials; into
    .surtitle/image the champion and its settings. The image holds what the service imports and no more, and runs as
    a user of its own on a file system that is read only.
    """
    if not build and (tag or builder or more):
        raise UsageError("--tag, --builder and arguments after -- are for --build")
    opened = open_project(project, set_)
    from surtitle.ship.image import build as build_image
    from surtitle.ship.image import choose_builder, default_tag, make_files

    chosen = choose_builder(builder) if build else None
    with reporting() as reporter:
        files = make_files(opened, wheels=wheels, force=force, keep=keep_edited, reporter=reporter)
    built = None
    if chosen is not None:
        built = build_image(
            files,
            tag=tag or default_tag(opened.settings.project.name, files.version),
            builder=chosen,
            format=format,
            more=more or (),
            environ=os.environ,
            on_line=say,
        )
    if json:
        print_json({"files": files.files, **_told(files), "image": built})
    else:
        _render(files, built)
    return ExitCode.DONE


def _told(files: "ImageFiles") -> dict[str, object]:
    return {name: getattr(files, name) for name in ("version", "port", "packages", "machines", "notes")}


def _render(files: "ImageFiles", built: "Built | None") -> None:
    for each in files.files:
        typer.echo(visible(f"{each.change:9} {each.path}"))
    typer.echo(f"version {files.version} is in it, and {files.packages} packages, for {', '.join(files.machines)}")
    for note in files.notes:
        say(f"note: {note}")
    if built is None:
        typer.echo("Next: surtitle ship image --build")
        return
    typer.echo(visible(f"image     {built.tag}, by {built.builder} in {built.seconds:.0f} s"))
    typer.echo(f"id        {built.id}")
    typer.echo(f"digest    {built.digest or 'known after a push'}")
    typer.echo(f"size      {built.bytes / 1e6:,.0f} MB")
    typer.echo(
        f"Next: {built.builder if built.builder != 'buildah' else 'podman'} run --read-only --tmpfs /tmp "
        f"--cap-drop ALL --publish {files.port}:{files.port} {built.tag}"
    )
