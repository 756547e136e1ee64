"""All commands joined into one program, and the one place where exceptions become messages and exit codes."""

import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

import surtitle
from surtitle.cli import check, config, demo, models, new, plan, promote, rollback, score, train
from surtitle.cli._guard import PipeClosedError, guarded
from surtitle.errors import ExitCode

__all__ = ["app", "main"]


@contextmanager
def _hiding_closed_pipes() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError as error:
        raise PipeClosedError from error


class _Commands(TyperGroup):
    """Keeps a closed pipe from typer, which would exit with 1, the code for a check or gate that said no."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        with _hiding_closed_pipes():  # --help prints while arguments are read
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        with _hiding_closed_pipes():
            return super().invoke(ctx)


# Plain help: rich's panels would cost more time than everything else that --help does.
app = typer.Typer(
    name="surtitle",
    cls=_Commands,
    help="Carry a text model through its whole life: labelled text, check, train, evaluate, register, score, promote.",
    epilog="Begin with: surtitle demo",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for module in (new, check, train, score, models, promote, rollback, plan, config, demo):
    app.command(name=module.__name__.rpartition(".")[2], epilog=module.EPILOG)(module.command)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"surtitle {surtitle.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code, one of `surtitle.errors.ExitCode`.

    Parameters
    ----------
    argv : sequence of str or None
        Arguments without the program's name; None: those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character gets its number instead of a crash.
            stream.reconfigure(errors="backslashreplace")
    arguments = list(sys.argv[1:] if argv is None else argv)
    return guarded(lambda: int(app(arguments, prog_name="surtitle", standalone_mode=False) or ExitCode.DONE))
