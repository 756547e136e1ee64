"""The loop at work: told line by line, and kept on until a signal ends it."""

import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import typer

from surtitle.cli._options import now
from surtitle.cli._terminal import say, table, visible
from surtitle.errors import ExitCode, SurtitleError

if TYPE_CHECKING:
    from rich.console import RenderableType

    from surtitle.watch.acts import Act

__all__ = ["acts_table", "keep_on", "tell"]


def acts_table(acts: "Sequence[Act]") -> "RenderableType":
    """Return decisions of the loop as a table."""
    rows = [
        [f"{act.at:%Y-%m-%d %H:%M:%S}", _whose(act), act.kind, act.outcome.replace("_", " "), act.reason]
        for act in acts
    ]
    return table(("when", "whose", "by", "outcome", "why"), rows)


def tell(acts: "Sequence[Act]") -> None:
    """Print decisions of the loop to stdout as lines of a log."""
    for act in acts:
        outcome = act.outcome.replace("_", " ")
        typer.echo(visible(f"{act.at:%Y-%m-%d %H:%M:%S} {_whose(act)}, {act.kind}: {outcome}. {act.reason}"))


def _whose(act: "Act") -> str:
    return f"champion@{act.client}" if act.client else "champion"


def keep_on(once: Callable[[], int], pause_s: float) -> int:
    """Do `once` every `pause_s` seconds until SIGINT or SIGTERM comes; return the exit code.

    A signal cuts off whatever is under way, a training too: what was begun is taken up by the next start. What goes
    wrong at the first time ends it; later it is told, and tried again when it is time.
    """
    first = True
    with _interrupted_by_signals() as came, suppress(KeyboardInterrupt):
        while not came:
            begun = time.monotonic()
            try:
                once()
            except SurtitleError as error:
                if first:
                    raise
                say(f"{now():%Y-%m-%d %H:%M:%S}: {error}", failed=True)
            first = False
            sys.stdout.flush()  # whoever reads a pipe wants each pass when it is over
            time.sleep(max(0.0, begun + pause_s - time.monotonic()))
    return ExitCode.INTERRUPTED if signal.SIGINT in came else ExitCode.DONE


@contextmanager
def _interrupted_by_signals() -> Iterator[list[int]]:
    """Raise KeyboardInterrupt for SIGTERM as for SIGINT, wherever the program is; give the signals that came."""
    came: list[int] = []

    def stop(number: int, _: object) -> None:
        came.append(number)
        raise KeyboardInterrupt

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
