"""Reading a request's body, up to a limit."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from surtitle.serve.refusal import Refusal

__all__ = ["Disconnected", "Receive", "Scope", "Send", "read_body"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


class Disconnected(Exception):  # noqa: N818 not an error of ours: there is nobody left to answer
    """The client has gone."""


# So much over the limit is read and thrown away, so that the client sees the answer rather than a broken connection.
_DRAINED = 4_000_000


async def read_body(headers: Iterable[tuple[bytes, bytes]], receive: Receive, *, limit: int) -> bytes:
    """Return the whole body.

    How long it may take to arrive is the protocol's business (`surtitle.serve.protocol`).

    Raises
    ------
    Refusal
        413 if it is longer than `limit`; of a much longer one, the rest is not read.
    Disconnected
        If the client goes away half-way.
    """
    if _declared(headers) > limit + _DRAINED:
        raise _too_long(limit)
    message = await receive()
    if message["type"] != "http.request":
        raise Disconnected
    body: bytes = message["body"]
    if message["more_body"]:
        body = await _read_on(body, receive, limit)
    if len(body) > limit:
        raise _too_long(limit)
    return body


def _declared(headers: Iterable[tuple[bytes, bytes]]) -> int:
    # The parser has seen to it that it is a number.
    return next((int(value) for name, value in headers if name == b"content-length"), 0)


async def _read_on(body: bytes, receive: Receive, limit: int) -> bytes:
    parts, length, more = [body], len(body), True
    while more and length <= limit + _DRAINED:
        message = await receive()
        if message["type"] != "http.request":
            raise Disconnected
        length += len(message["body"])
        more = message["more_body"]
        if length <= limit:
            parts.append(message["body"])
        elif parts:
            parts.clear()
    if length > limit:
        raise _too_long(limit)
    return b"".join(parts)


def _too_long(limit: int) -> Refusal:
    return Refusal(413, f"the body is longer than serve.max_body_bytes = {limit:,}; send fewer texts", close=True)
