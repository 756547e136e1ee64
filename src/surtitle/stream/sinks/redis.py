"""Outputs to Redis streams; exactly once, from any source, because outputs and epoch are added in one step."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from surtitle.errors import StreamError, SurroundingsError
from surtitle.stream.ports import DELIVERIES, Channel, Delivery, Lines, Opening, Source
from surtitle.stream.redis.address import RedisAddress, parse_address
from surtitle.stream.redis.connection import Connection
from surtitle.stream.redis.errors import is_passing, translate
from surtitle.stream.redis.transaction import Epochs, Output

# After our own modules, which explain how to install it.
from redis.exceptions import RedisError  # isort: skip

__all__ = ["RedisSink", "open_sink"]


def open_sink(addresses: Mapping[Channel, str], opening: Opening, source: Source) -> "RedisSink":  # noqa: ARG001 a port
    """Make a sink of streams; nothing is connected to before `recover`.

    Parameters
    ----------
    addresses : mapping of channel to str
        A stream for each channel, all on one server.
    opening : Opening
        The stream's name, patience, and the environment for secrets.
    source : Source
        Where the events are from.

    Raises
    ------
    StreamError
        If an address cannot be read, or they name more than one server.
    """
    parsed = {channel: parse_address(address, opening.environ, ["maxlen"]) for channel, address in addresses.items()}
    servers = {address.server for address in parsed.values()}
    if len(servers) != 1:
        raise StreamError(f"outputs go to one Redis server and database, not to {' and '.join(sorted(servers))}")
    return RedisSink(parsed, opening)


class RedisSink:
    """One stream for each channel.

    An output's entry has the fields `value` and, if the record that was decided had one, `key`; except in exactly-once
    mode, where nothing comes twice, also `id`, the idempotency key.

    Parameters
    ----------
    addresses : mapping of channel to RedisAddress
        Where outputs go.
    opening : Opening
        The stream's name and patience.
    """

    guarantees: frozenset[Delivery] = frozenset(DELIVERIES)
    why_not = ""
    transactional = True
    keyed = True

    def __init__(self, addresses: Mapping[Channel, RedisAddress], opening: Opening) -> None:
        self.delivery: Delivery = "exactly-once"
        self._addresses = dict(addresses)
        self._connection = Connection(next(iter(addresses.values())), opening.patience)
        self._epochs = Epochs(f"surtitle:{opening.stream}", secrets.token_hex(8))
        self._outputs: list[Output] = []

    @property
    def _transacts(self) -> bool:
        return self.delivery == "exactly-once"

    def recover(self, scope: str, position: str | None) -> None:  # noqa: ARG002 the server knows what is committed
        """Forget what was not committed, and see that the server is there and the outputs' keys are streams."""
        self._outputs = []
        self._connection.insist(self._refuse_other_types)

    def _refuse_other_types(self) -> None:
        for address in self._addresses.values():
            kind = self._client.type(address.stream).decode()
            if kind not in ("stream", "none"):
                raise StreamError(f"{address.name}: the key holds a {kind}, not a stream; choose another")

    @property
    def _client(self) -> Any:
        return self._connection.client

    def write(self, lines: Sequence[Lines]) -> None:
        """Keep outputs until `flush` or `commit`; see `surtitle.stream.ports.Sink.write`."""
        for each in lines:
            if each.channel not in self._addresses:
                raise StreamError(f"no stream was given for {each.channel}")
            address = self._addresses[each.channel]
            keys = each.keys or [None] * len(each.values)
            names = [None] * len(each.values) if self._transacts else each.ids
            for value, key, name in zip(each.values, keys, names, strict=True):
                fields: list[bytes | str] = ["value", value]
                fields += [] if key is None else ["key", key]
                fields += [] if name is None else ["id", name]
                self._outputs.append(Output(address.stream, address.maxlen, fields))

    def flush(self) -> None:
        """Add all that was written; see `surtitle.stream.ports.Sink.flush`."""
        outputs, self._outputs = self._outputs, []
        if self.delivery == "at-least-once":
            self._connection.insist(lambda: self._add(outputs))
            return
        self._connection.insist(self._client.ping)
        try:
            self._add(outputs)
        except RedisError as error:
            if is_passing(error):  # it may have happened, and must not happen twice
                raise SurroundingsError(
                    f"{self._connection.address.server}: the connection broke while outputs were written ({error}); "
                    "some may be missing, as at-most-once allows. Start the stream again"
                ) from error
            raise translate(error, self._connection.address.server) from error

    def _add(self, outputs: Sequence[Output]) -> None:
        pipeline = self._client.pipeline(transaction=False)
        for each in outputs:
            pipeline.execute_command(*each.command)
        pipeline.execute()

    def position(self) -> str:
        """Return nothing: what was not committed never becomes visible."""
        return ""

    def commit(self, epochs: Mapping[str, int], positions: Mapping[str, str]) -> None:  # noqa: ARG002 the state has them
        """Add outputs and epochs in one step; see `surtitle.stream.ports.Sink.commit`."""
        outputs, self._outputs = self._outputs, []
        if not self._connection.insist(lambda: self._epochs.commit(self._client, epochs, outputs)):
            raise SurroundingsError(
                f"{self._connection.address.server}: {self._epochs.key} is not as we left it: another process "
                "of this stream has taken over, or the server has lost what it had acknowledged. Start again; "
                "if it refuses, the latter is so"
            )

    def committed(self, scope: str) -> int:
        """Return the epoch committed last, and shut out whoever committed it; see `surtitle.stream.ports.Sink`."""
        return self._connection.insist(lambda: self._epochs.claim(self._client, scope))

    def close(self) -> None:
        """Give up what is not committed."""
        self._outputs = []
        self._connection.close()
