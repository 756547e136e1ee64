"""How long work tells of its progress without printing: the caller passes a `Reporter`."""

from typing import Protocol

__all__ = ["SILENT", "Reporter"]


class Reporter(Protocol):
    """Told of the progress of one stage after another; calls come from one thread, in order."""

    def start(self, stage: str, total: int | None = None) -> None:
        """Begin `stage`; `total` is the number of steps where it is known."""

    def advance(self, steps: int) -> None:
        """Say that `steps` more steps are done."""

    def done(self, message: str) -> None:
        """End the stage with one line that says what came of it."""


class _Silent:
    def start(self, stage: str, total: int | None = None) -> None:
        """Ignore it."""

    def advance(self, steps: int) -> None:
        """Ignore it."""

    def done(self, message: str) -> None:
        """Ignore it."""


SILENT: Reporter = _Silent()
"""Says nothing."""
