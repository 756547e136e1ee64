"""One HTTP/1.1 connection that asks, waits for the whole answer, and asks again."""

import asyncio
import ssl
from typing import cast

from surtitle.serve.bench.target import Target

__all__ = ["Connection", "open_connection"]

_END = b"\r\n\r\n"
_LAST_CHUNK = b"0\r\n\r\n"
_LARGEST_ANSWER = 64_000_000


class Connection(asyncio.Protocol):
    """A client of one request at a time, with no more of HTTP than a service's answers need."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._got = bytearray()
        self._answer: asyncio.Future[int] | None = None
        self.usable = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take note that it is open."""
        self._transport = cast("asyncio.Transport", transport)
        self.usable = True

    def connection_lost(self, exc: Exception | None) -> None:
        """Take note that either side has closed it."""
        self.usable = False
        self._fail(ConnectionResetError("closed by the service" if exc is None else str(exc)))

    def data_received(self, data: bytes) -> None:
        """Take in a part of an answer."""
        self._got += data
        try:
            status = self._whole()
        except ValueError as error:
            self.close()
            self._fail(ConnectionResetError(f"not an HTTP answer: {error}"))
            return
        if status is not None and self._answer is not None and not self._answer.done():
            self._got.clear()
            self._answer.set_result(status)

    async def ask(self, request: bytes) -> int:
        """Send a request and return the status of its answer, once all of it has come.

        Raises
        ------
        ConnectionError
            If the connection is closed before that.
        """
        if not self.usable or self._transport is None:
            raise ConnectionResetError("closed by the service")
        self._got.clear()
        self._answer = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._answer

    def close(self) -> None:
        """Close it at once."""
        self.usable = False
        if self._transport is not None:
            self._transport.abort()

    def _fail(self, error: Exception) -> None:
        if self._answer is not None and not self._answer.done():
            self._answer.set_exception(error)

    def _whole(self) -> int | None:
        """Return the status if the answer has come in full."""
        end = self._got.find(_END)
        if end < 0:
            if len(self._got) > _LARGEST_ANSWER:
                raise ValueError("its head does not end")
            return None
        head = bytes(self._got[:end]).lower()
        if not head.startswith(b"http/1."):
            raise ValueError(bytes(self._got[:20]))
        status = int(head[9:12])
        if b"\r\nconnection: close" in head:
            self.usable = False
        if b"\r\ntransfer-encoding: chunked" in head:
            return status if self._got.endswith(_LAST_CHUNK) else None
        _, found, rest = head.partition(b"\r\ncontent-length:")
        length = int(rest.partition(b"\r\n")[0]) if found else 0
        return status if len(self._got) >= end + len(_END) + length else None


async def open_connection(target: Target) -> Connection:
    """Connect.

    Raises
    ------
    OSError
        If nobody answers there.
    """
    secure = ssl.create_default_context() if target.tls else None
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(Connection, target.host, target.port, ssl=secure)
    return connection
