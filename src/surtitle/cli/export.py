"""`surtitle export`: a registered model for a runtime that is not Python."""

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from surtitle.cli._options import JsonOption, ProjectOption, examples, open_project
from surtitle.cli._terminal import print_json, visible
from surtitle.errors import ExitCode

__all__ = ["EPILOG", "command"]

EPILOG = examples("surtitle export --onnx model.onnx", "surtitle export --onnx model.onnx --model 2 --force")


def command(
    onnx: Annotated[Path, typer.Option("--onnx", metavar="FILE", help="The ONNX file to write.")],
    model: Annotated[str, typer.Option(metavar="VERSION", help="A version or an alias.")] = "champion",
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> int:
    """Write a version as a file for other runtimes.

    An ONNX graph of its weights, which takes the terms of a text as numbers;
    cleaning and tokens stay outside.
    """
    opened = open_project(project)
    from surtitle.cycle import export_onnx

    exported = export_onnx(opened, onnx, ref=model, overwrite=force)
    if json:
        print_json(msgspec.structs.asdict(exported))
    else:
        classes = ", ".join(exported.classes)
        typer.echo(visible(f"Wrote {onnx}: version {exported.version}, {exported.bytes:,} bytes, classes {classes}"))
    return ExitCode.DONE
