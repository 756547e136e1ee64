"""uvicorn's HTTP protocol with the limits that it lacks: the size of a request's head, and slow clients."""

import asyncio
from collections.abc import Callable, Collection

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from surtitle.settings import ServeSettings

__all__ = ["LimitedProtocol", "close_slow_clients", "limited_protocol"]

_TOO_LARGE = b"Request Header Fields Too Large"
_SILENT_S = 1.0
_LAST_LOOK_S = 0.01  # for what the kernel has already


class LimitedProtocol(HttpToolsProtocol):
    """A connection that knows since when it has been waiting for its client."""

    limits: ServeSettings
    note_refusal: Callable[[int], None]
    too_long: str

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Begin to wait for a request."""
        # Since when a request has been on its way; None while there is none.
        self.arriving_since: float | None = self.loop.time()
        self.blocked_since: float | None = None
        self.in_head = True
        self.head_bytes = 0
        super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """Let uvicorn read, and count what belongs to an unfinished head."""
        self.head_bytes += len(data)
        super().data_received(data)
        if not self.in_head:
            self.head_bytes = 0
        elif self.head_bytes > self.limits.max_header_bytes and not self.transport.is_closing():
            self.refuse(431, _TOO_LARGE, self.too_long)

    def on_message_begin(self) -> None:
        """Begin a head."""
        self.in_head = True
        self.header_bytes = 0
        self.arriving_since = self.loop.time()
        super().on_message_begin()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header, within the limits."""
        self.header_bytes += len(name) + len(value)
        if len(self.headers) >= self.limits.max_headers:
            self.refuse(431, _TOO_LARGE, f"more headers than serve.max_headers = {self.limits.max_headers:,}")
        elif self.header_bytes > self.limits.max_header_bytes:
            self.refuse(431, _TOO_LARGE, self.too_long)
        else:
            super().on_header(name, value)
            return
        raise httptools.HttpParserError(self.too_long)

    def on_headers_complete(self) -> None:
        """End a head."""
        if self.transport.is_closing():
            raise httptools.HttpParserError("the connection is closing")
        self.in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Stop waiting: the request is here."""
        self.arriving_since = None
        super().on_message_complete()

    def pause_writing(self) -> None:
        """Note since when the client does not read."""
        self.blocked_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """Note that it reads again."""
        self.blocked_since = None
        super().resume_writing()

    def shutdown(self) -> None:
        """End, after the answer to a request that is on its way.

        While the service drains it keeps no connection, so most that are open now are new ones whose request is about
        to come. Whoever sends it cannot tell whether it was taken, and so may not ask another service. Where nothing
        comes within a second, nothing is lost.
        """
        if self._is_busy():
            super().shutdown()
        else:
            self.loop.call_later(_LAST_LOOK_S if self.arriving_since is None else _SILENT_S, self._end_if_silent)

    def _is_busy(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _end_if_silent(self) -> None:
        arriving = self.arriving_since is not None and not (self.in_head and self.head_bytes == 0)
        if not arriving and not self._is_busy():
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Answer what is not HTTP, in the words of the API."""
        if not self.transport.is_closing():
            self.refuse(400, b"Bad Request", msg)

    def refuse(self, status: int, phrase: bytes, what: str) -> None:
        """Answer by hand, where there is no request yet that the application could answer."""
        body = b'{"error":"%b"}' % what.encode()
        head = b"HTTP/1.1 %d %b\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: %d\r\n\r\n"
        self.transport.write(head % (status, phrase, len(body)) + body)
        self.note_refusal(status)
        self.transport.close()


def limited_protocol(settings: ServeSettings, note: Callable[[int], None]) -> type[LimitedProtocol]:
    """Return a protocol class that holds the limits of the settings.

    Parameters
    ----------
    settings : ServeSettings
        The limits.
    note : callable
        Given the status of each request that is refused before the application sees it.
    """

    class Limited(LimitedProtocol):
        limits = settings
        note_refusal = staticmethod(note)
        too_long = f"the head of the request is longer than serve.max_header_bytes = {settings.max_header_bytes:,}"

    return Limited


def close_slow_clients(connections: Collection[LimitedProtocol], now: float, slow_s: float) -> int:
    """Close the connections whose request takes too long to arrive, or whose client does not read; return how many.

    Parameters
    ----------
    connections : set of protocols
        Of `limited_protocol`.
    now : float
        The loop's time.
    slow_s : float
        What a client is given.
    """
    closed = 0
    for connection in list(connections):
        if connection.blocked_since is not None and now - connection.blocked_since > slow_s:
            connection.transport.abort()
        elif connection.arriving_since is not None and now - connection.arriving_since > slow_s:
            answered = connection.cycle is not None and connection.cycle.response_started
            if connection.transport.is_closing() or answered:
                connection.transport.abort()
            else:
                what = f"the request took longer to arrive than serve.slow_s = {slow_s:g}"
                connection.refuse(408, b"Request Timeout", what)
        else:
            continue
        closed += 1
    return closed
