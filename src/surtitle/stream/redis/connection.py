"""Reaching a server: calls that are tried again while it is away."""

from collections.abc import Callable
from typing import TypeVar

from surtitle.stream.patience import Patience
from surtitle.stream.redis.address import RedisAddress
from surtitle.stream.redis.errors import gone, is_passing, translate

# After our own module, which explains how to install it.
from redis import Redis  # isort: skip
from redis.backoff import NoBackoff  # isort: skip
from redis.exceptions import RedisError  # isort: skip
from redis.retry import Retry  # isort: skip

__all__ = ["Connection"]

Result = TypeVar("Result")

_CALL_S = 10.0
_CONNECT_S = 5.0


class Connection:
    """A client, and how long its server has been away.

    Parameters
    ----------
    address : RedisAddress
        Where to connect to.
    patience : Patience
        How long to try again when the server is away.
    """

    def __init__(self, address: RedisAddress, patience: Patience) -> None:
        self.address = address
        self._patience = patience
        self._client: Redis | None = None
        self._away_since: float | None = None
        self._wait_s = 0.0
        self._not_before = 0.0

    @property
    def client(self) -> Redis:
        """The client; nothing is connected to before it is used."""
        if self._client is None:
            address = self.address
            self._client = Redis(
                host=address.host,
                port=address.port,
                db=address.db,
                username=address.user or None,
                password=address.password or None,
                ssl=address.tls,
                protocol=2,
                client_name="surtitle",
                socket_timeout=_CALL_S,
                socket_connect_timeout=_CONNECT_S,
                retry=Retry(NoBackoff(), 0),  # we know which calls may be made twice
                ssl_ca_certs=address.ca or None,
                ssl_certfile=address.cert or None,
                ssl_keyfile=address.key or None,
            )
        return self._client

    @property
    def away(self) -> bool:
        """Whether the last `attempt` found nobody."""
        return self._away_since is not None

    def attempt(self, call: Callable[[], Result]) -> Result | None:
        """Call once, for whoever comes back soon; while the server is `away`, return None, and call seldom.

        Raises
        ------
        SurroundingsError
            If it stays away, or refuses.
        StreamError
            If the key is of another type.
        """
        now = self._patience.begin()
        if now < self._not_before:
            return None
        try:
            result = call()
        except RedisError as error:
            if not is_passing(error):
                raise translate(error, self.address.name) from error
            self._away_since = now if self._away_since is None else self._away_since
            if self._patience.over(self._away_since):
                raise gone(self.address.name, self._patience, error) from error
            self._wait_s = min(2.0, max(0.1, 2 * self._wait_s))
            self._not_before = now + self._wait_s
            return None
        self._away_since, self._wait_s, self._not_before = None, 0.0, 0.0
        return result

    def insist(self, call: Callable[[], Result]) -> Result:
        """Call again and again while the server is away; only for what may happen twice.

        Raises
        ------
        SurroundingsError
            If it stays away, or refuses.
        StreamError
            If a key is of another type.
        """
        last: RedisError | None = None
        for _ in self._patience.attempts():
            try:
                return call()
            except RedisError as error:
                if not is_passing(error):
                    raise translate(error, self.address.name) from error
                last = error
        raise gone(self.address.name, self._patience, last or RedisError("no answer"))

    def close(self) -> None:
        """Let go of the server."""
        client, self._client = self._client, None
        if client is not None:
            client.close()
