"""Decisions that were answered, handed to the inbox of the watch a batch at a time, off the path of the requests."""

import asyncio
import logging
from collections.abc import Sequence

from surtitle.errors import SurroundingsError
from surtitle.inbox import DecisionInbox
from surtitle.records import Decision
from surtitle.serve.metrics import Metrics

__all__ = ["Keeping"]

_WAITING_LIMIT = 100_000
_log = logging.getLogger("surtitle.serve")


class Keeping:
    """Notes decisions when they are answered, and writes them down twice a second.

    Parameters
    ----------
    inbox : DecisionInbox
        Where to.
    metrics : Metrics
        Told of what is kept, and of what had to be dropped.
    """

    def __init__(self, inbox: DecisionInbox, metrics: Metrics) -> None:
        self._inbox = inbox
        self._metrics = metrics
        self._waiting: list[Decision] = []

    def offer(self, decisions: Sequence[Decision]) -> None:
        """Note decisions; costs next to nothing."""
        if len(self._waiting) < _WAITING_LIMIT:
            self._waiting.extend(decisions)
        else:
            self._metrics.kept("dropped", len(decisions))

    async def work_off(self) -> None:
        """Write down what is waiting."""
        waiting, self._waiting = self._waiting, []
        if waiting:
            await asyncio.to_thread(self._keep, waiting)

    def close(self) -> None:
        """Write down the rest, and let go of the file."""
        if self._waiting:
            self._keep(self._waiting)
            self._waiting = []
        self._inbox.close()

    def _keep(self, decisions: Sequence[Decision]) -> None:
        try:
            self._inbox.add(decisions)
        except SurroundingsError as error:
            self._metrics.kept("dropped", len(decisions))
            _log.error("decisions are not kept for the watch: %s", error)
        else:
            self._metrics.kept("kept", len(decisions))
