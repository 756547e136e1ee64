"""All commands joined into one program; each is imported when it is asked for, so that `--help` is quick."""

import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated, Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

import surtitle
from surtitle.cli._guard import PipeClosedError

__all__ = ["COMMANDS", "app", "command_of", "run"]

COMMANDS: Mapping[str, str] = {
    "new": "Make a project from a table of text and labels.",
    "update": "Bring a newer template into this project.",
    "check": "Say what is wrong with settings or data.",
    "train": "Make a new version, and a report about it.",
    "score": "Score texts, a file, or lines from stdin.",
    "stream": "Decide comments as they are written.",
    "models": "List versions, aliases and metrics.",
    "compare": "Show a version beside the champion, for whoever reviews it.",
    "promote": "Make a version the champion, if the gate agrees.",
    "rollback": "Put the champion before back in place.",
    "prune": "Remove the files of versions that never decided anything.",
    "export": "Write a version as a file for other runtimes.",
    "label-next": "Choose the events most worth a human label.",
    "labels": "Add late labels: what decisions should have been.",
    "watch": "Show quality over time and drift; retrain by the policy if asked.",
    "serve": "Answer over HTTP with the champion's decisions.",
    "bench": "Load a running service and measure its answers.",
    "replay": "Play the loop over a labelled history.",
    "ship": "Write images, pipelines and deployment files, and lint Dockerfiles.",
    "plan": "Show the flowchart of this project.",
    "config": "Print every setting and what it means.",
    "doctor": "Say what is installed, what scores, and what is missing.",
    "demo": "Make a sample project and run all of it.",
}
"""Every command and the first line of its help."""

_STYLE: dict[str, Any] = {
    # Plain help: rich's panels would cost more time than everything else that --help does.
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


def command_of(name: str) -> Any:
    """Import one command and return it as typer's own object; one with commands of its own is a group of them."""
    module = import_module(f"surtitle.cli.{name.replace(' ', '_').replace('-', '_')}")
    if hasattr(module, "COMMANDS"):
        says = str(module.__doc__).partition(": ")[2]
        return get_command(_group(name, module.COMMANDS, help=says, epilog=module.EPILOG))
    name = name.rpartition(" ")[2]
    single = typer.Typer(add_completion=False, **_STYLE)
    single.command(name=name, epilog=module.EPILOG)(module.command)
    return get_command(single)


@contextmanager
def _hiding_closed_pipes() -> Iterator[None]:
    """Keep a closed pipe from typer, which would exit with 1, the code for a check or gate that said no."""
    try:
        yield
    except BrokenPipeError as error:
        raise PipeClosedError from error


class _Commands(TyperGroup):
    """Commands that are imported when they are asked for."""

    summaries: Mapping[str, str] = COMMANDS
    prefix = ""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        with _hiding_closed_pipes():  # --help prints while arguments are read
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        with _hiding_closed_pipes():
            return super().invoke(ctx)

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 typer's signature
        return list(self.summaries)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 typer's signature
        return command_of(f"{self.prefix}{cmd_name}") if cmd_name in self.summaries else None

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        self.commands = dict.fromkeys(self.summaries)  # type: ignore[assignment]  # only the names, for "did you mean"
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002 typer's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(self.summaries.items()))


def _group(name: str, summaries: Mapping[str, str], *, help: str, epilog: str) -> typer.Typer:  # noqa: A002 typer's word
    """Return a group of commands that has nothing but them."""
    commands = type("_Commands", (_Commands,), {"summaries": summaries, "prefix": f"{name} "})
    group = typer.Typer(
        name=name, cls=commands, help=help, epilog=epilog, invoke_without_command=True, add_completion=False, **_STYLE
    )
    group.callback()(_help_without_command)
    return group


def _help_without_command(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app = typer.Typer(
    name="surtitle",
    cls=_Commands,
    help="Carry a text model through its whole life: labelled text, check, train, evaluate, register, score, promote.",
    epilog="Begin with: surtitle demo",
    invoke_without_command=True,
    **_STYLE,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"surtitle {surtitle.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 its callback prints it
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    _help_without_command(context)


def run(argv: Sequence[str] | None) -> int:
    """Parse the arguments and run the command; whatever goes wrong is raised."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character gets its number instead of a crash.
            stream.reconfigure(errors="backslashreplace")
    arguments = list(sys.argv[1:] if argv is None else argv)
    return int(app(arguments, prog_name="surtitle", standalone_mode=False) or 0)
