"""Progress on stderr: bars on a terminal, nothing elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from surtitle.cli._terminal import console, visible
from surtitle.progress import SILENT, Reporter

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

__all__ = ["reporting"]


@contextmanager
def reporting() -> Iterator[Reporter]:
    """Give a reporter that shows progress while the block runs."""
    if not sys.stderr.isatty():
        yield SILENT
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        *(SpinnerColumn(), TextColumn("{task.description}", markup=False)),
        *(BarColumn(bar_width=30), MofNCompleteColumn(), TimeElapsedColumn()),
    )
    with Progress(*columns, console=console(sys.stderr), transient=True) as progress:
        yield _Bars(progress)


class _Bars:
    """Shows a bar for the stage under way."""

    def __init__(self, progress: "Progress") -> None:
        self._progress = progress
        self._task: TaskID | None = None

    def start(self, stage: str, total: int | None = None) -> None:
        """Show a bar; one of unknown length only moves."""
        self._drop()
        self._task = self._progress.add_task(visible(stage), total=total)

    def advance(self, steps: int) -> None:
        """Move the bar."""
        if self._task is not None:
            self._progress.advance(self._task, steps)

    def done(self, message: str) -> None:
        """Put a line in the bar's place."""
        self._drop()
        self._progress.console.print(f"✓ {visible(message)}")

    def _drop(self) -> None:
        if self._task is not None:
            self._progress.remove_task(self._task)
            self._task = None
