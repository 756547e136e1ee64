"""Reaching a cluster: the settings that every client has, and calls that are tried again while a broker is away."""

import logging
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Protocol, TypeVar

from surtitle.errors import SurtitleError
from surtitle.stream.kafka.address import KafkaAddress
from surtitle.stream.kafka.errors import gone, is_passing, missing_topic, translate
from surtitle.stream.patience import Patience

# After our own module, which explains how to install it.
from confluent_kafka import KafkaError, KafkaException  # isort: skip

__all__ = ["Connection"]

Result = TypeVar("Result")

_LOGGER = logging.getLogger("surtitle.stream.kafka")
_CALL_S = 2.0


class _Client(Protocol):
    """What consumers and producers have in common, by which they are asked."""

    def list_topics(self, topic: str = ..., timeout: float = ...) -> Any: ...

    def poll(self, timeout: float = ...) -> Any: ...


class Connection:
    """What a client needs to know of its cluster, and what librdkafka told about it.

    Parameters
    ----------
    address : KafkaAddress
        Where to connect to.
    patience : Patience
        How long to try again when the cluster is away.
    """

    def __init__(self, address: KafkaAddress, patience: Patience) -> None:
        self.address = address
        self.patience = patience
        self._trouble: KafkaError | None = None
        self._fatal: KafkaError | None = None
        self._told = False  # that nobody answers

    def settings(self, defaults: Mapping[str, Any], ours: Mapping[str, Any]) -> dict[str, Any]:
        """Return a client's settings: `defaults`, which the address may change, and `ours`, which it may not."""
        return {
            "client.id": "surtitle",
            "reconnect.backoff.max.ms": 1000,
            # A second transaction that comes before the first one's markers are written is told to wait; not for long.
            "retry.backoff.ms": 5,
            "retry.backoff.max.ms": 200,
            **defaults,
            **self.address.settings,
            **ours,
            "bootstrap.servers": self.address.servers,
            "error_cb": self.note,
            # What matters comes to `note` as well; the log would have a line for each attempt to connect.
            "log_level": 2,
            "logger": _LOGGER,
        }

    def note(self, error: KafkaError) -> None:
        """Keep what librdkafka tells on the side; `check` raises it if it is not going to pass."""
        if error.fatal() or error.code() == KafkaError._FATAL:
            self._fatal = error
        if error.code() == KafkaError._ALL_BROKERS_DOWN and not self._told:
            self._told = True
            _LOGGER.warning("%s: no broker answers; trying again for %s", self.address.name, self.patience)
        self._trouble = error

    @property
    def troubled(self) -> bool:
        """Whether the cluster was found to be away since the last `clear`."""
        return self._trouble is not None

    def clear(self) -> None:
        """Forget trouble: the cluster has answered."""
        if self._told:
            _LOGGER.warning("%s: a broker answers again", self.address.name)
        self._trouble, self._told = None, False

    def begin_anew(self) -> None:
        """Forget what a client that is closed now was told."""
        self._trouble = self._fatal = None

    def check(self) -> None:
        """Raise trouble that will not pass."""
        trouble = self._fatal or self._trouble
        if trouble is not None and not is_passing(trouble):
            raise self.error(trouble)

    def error(self, error: KafkaError) -> SurtitleError:
        """Return `error` in our words."""
        return translate(error, self.address.name)

    def gone(self) -> SurtitleError:
        """Return the error for a cluster that was away for longer than we wait."""
        return gone(self.address.name, self.patience, self._trouble.str() if self._trouble else "no answer")

    def insist(self, call: Callable[[float], Result]) -> Result:
        """Call with a time limit in seconds, again and again while the cluster is away.

        Raises
        ------
        SurroundingsError
            If it stays away, or refuses.
        StreamError
            If what was asked for is not there.
        """
        for _ in self.patience.attempts():
            try:
                result = call(min(_CALL_S, max(0.1, self.patience.limit_s)))
            except KafkaException as exception:
                error = exception.args[0]
                if not is_passing(error):
                    raise self.error(error) from exception
                self.check()
                self._trouble = self._trouble or error
            else:
                self.clear()
                return result
        raise self.gone()

    def require_topics(self, client: _Client, topics: Sequence[str]) -> None:
        """Make sure that topics exist and may be seen; for a client that has not subscribed yet.

        Raises
        ------
        StreamError
            If one does not exist.
        SurroundingsError
            If the cluster stays away, or refuses.
        """
        for topic in topics:
            found = self.insist(partial(_describe, client, topic))
            if found is None:
                listing = self.insist(lambda limit_s: client.list_topics(timeout=limit_s))
                known = sorted(name for name in listing.topics if not name.startswith("__"))
                if topic in known:  # made between the two questions
                    continue
                raise missing_topic(f"kafka://{self.address.servers}/{topic}", known)


def _describe(client: _Client, topic: str, limit_s: float) -> Any:
    """Return what the cluster says of a topic, None if there is none; an error of the topic is raised like another."""
    try:
        found = client.list_topics(topic, timeout=limit_s).topics.get(topic)
    finally:
        client.poll(0)  # why a connection is refused is told in a callback, which runs only now
    if found is None or not found.error:
        return found
    if found.error.code() in {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC}:
        return None
    raise KafkaException(found.error)
