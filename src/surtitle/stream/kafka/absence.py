"""How long a cluster has been away, as seen by a client that goes on polling."""

import time
from collections.abc import Callable

from surtitle.stream.kafka.connection import Connection

# After our own module, which explains how to install it.
from confluent_kafka import KafkaException  # isort: skip

__all__ = ["Absence"]

_PROBE_EVERY_S = 1.0


class Absence:
    """Gives up when a cluster has been away for longer than patience lasts.

    Parameters
    ----------
    connection : Connection
        Keeps what librdkafka tells on the side.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._since: float | None = None
        self._probed = 0.0

    def watch(self, probe: Callable[[], object], *, heard: bool) -> None:
        """Look at what was told since the last call.

        Parameters
        ----------
        probe : callable
            Asks the cluster something short; called at most once a second, when it seems to be away.
        heard : bool
            Whether records have come.

        Raises
        ------
        SurroundingsError, StreamError
            If the cluster refuses, or was away for too long.
        """
        self._connection.check()
        if heard or not self._connection.troubled or self._answers(probe):
            self._connection.clear()
            self._since = None
            return
        patience = self._connection.patience
        self._since = patience.begin() if self._since is None else self._since
        if patience.over(self._since):
            raise self._connection.gone()

    def _answers(self, probe: Callable[[], object]) -> bool:
        if time.monotonic() - self._probed < _PROBE_EVERY_S:
            return False
        self._probed = time.monotonic()
        try:
            probe()
        except KafkaException:
            return False
        return True
