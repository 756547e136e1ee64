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


async def read_body(headers: Iterable[tuple[bytes, bytes]], receive: Receive, *, limit: int) -> bytes:
    """Return the whole body.

    How long it may take to arrive is the protocol's business (`surtitle.serve.protocol`).

    Raises
    ------
    Refusal
        413 as soon as it is known to be longer than `limit`: before it is read where its length is given.
    Disconnected
        If the client goes away half-way.
    """
    for name, value in headers:
        if (name == b"content-length" and len(value) > 18) or (name == b"content-length" and int(value) > limit):
            raise _too_long(limit)
    message = await receive()
    if message["type"] != "http.request":
        raise Disconnected
    body: bytes = message["body"]
    if message["more_body"]:
        parts = [body]
        length = len(body)
        while message["more_body"] and length <= limit:
            message = await receive()
            if message["type"] != "http.request":
                raise Disconnected
            parts.append(message["body"])
            length += len(message["body"])
        body = b"".join(parts)
    if len(body) > limit:
        raise _too_long(limit)
    return body


def _too_long(limit: int) -> Refusal:
    return Refusal(413, f"the body is longer than serve.max_body_bytes = {limit:,}; send fewer texts", close=True)
