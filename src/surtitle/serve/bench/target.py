"""Whom a load test asks, and what: an address and ready-made requests."""

import ipaddress
import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from surtitle.errors import SurroundingsError, UsageError

__all__ = ["Target", "is_loopback", "make_requests", "parse_target"]

_PATH = "/decide"


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed URL.

    Parameters
    ----------
    url : str
        Whole, with the path that is asked.
    host, port
        Where to connect.
    path : str
        With its query.
    tls : bool
        https.
    """

    url: str
    host: str
    port: int
    path: str
    tls: bool


def parse_target(url: str) -> Target:
    """Read the address of a service; without a path, `/decide` is asked.

    Raises
    ------
    UsageError
        If it is not one of http or https.

    Examples
    --------
    >>> parse_target("http://127.0.0.1:8080").url
    'http://127.0.0.1:8080/decide'
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{url!r} is not an address: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname or not url.isascii() or not url.isprintable():
        raise UsageError(f"{url!r} is not an address; give one such as http://127.0.0.1:8080")
    if parts.username is not None:
        raise UsageError("an address holds no user and no password here; the key comes from SURTITLE_KEY")
    path = parts.path if parts.path not in ("", "/") else _PATH
    query = f"?{parts.query}" if parts.query else ""
    tls = parts.scheme == "https"
    whole = f"{parts.scheme}://{parts.netloc}{path}{query}"
    return Target(url=whole, host=parts.hostname, port=port or (443 if tls else 80), path=path + query, tls=tls)


def is_loopback(target: Target) -> bool:
    """Say whether every address of the host is this machine's own.

    Raises
    ------
    SurroundingsError
        If the host has no address.
    """
    try:
        found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise SurroundingsError(f"{target.host} cannot be found: {error.strerror}") from error
    return all(ipaddress.ip_address(str(address[0]).partition("%")[0]).is_loopback for *_, address in found)


def make_requests(
    target: Target, texts: Sequence[str], *, texts_per_request: int = 1, client: str | None = None, key: str = ""
) -> list[bytes]:
    r"""Return whole HTTP requests, so that nothing is left to do while time is taken.

    Parameters
    ----------
    target : Target
        Whom to ask.
    texts : sequence of str
        At least one; they are taken in turn until every text has been in a request.
    texts_per_request : int
        1: an object in each body, more: a list of them.
    client : str, optional
        Named with each text.
    key : str
        Sent as the bearer token.

    Raises
    ------
    UsageError
        If there are no texts, or the key cannot stand in a header.

    Examples
    --------
    >>> target = parse_target("http://127.0.0.1:8080")
    >>> make_requests(target, ["so kind"])[0].split(b"\r\n\r\n")[1]
    b'{"text":"so kind"}'
    """
    if not texts:
        raise UsageError("there are no texts to send; give a file with a text on each line")
    if texts_per_request < 1:
        raise UsageError(f"at least one text goes into a request, got {texts_per_request}")
    if not (key.isascii() and key.isprintable()):
        raise UsageError("the key in SURTITLE_KEY holds characters that no header may hold")
    events = [{"text": text} if client is None else {"text": text, "client": client} for text in texts]
    return [_request(target, body, key) for body in _bodies(events, texts_per_request)]


def _bodies(events: list[dict[str, str]], size: int) -> list[bytes]:
    if size == 1:
        return [msgspec.json.encode(event) for event in events]
    n_requests = -(-len(events) // size)
    turns = [[events[(number * size + i) % len(events)] for i in range(size)] for number in range(n_requests)]
    return [msgspec.json.encode(turn) for turn in turns]


def _request(target: Target, body: bytes, key: str) -> bytes:
    host = f"[{target.host}]" if ":" in target.host else target.host
    lines = [
        f"POST {target.path} HTTP/1.1",
        f"Host: {host}:{target.port}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *([f"Authorization: Bearer {key}"] if key else []),
    ]
    return "\r\n".join([*lines, "", ""]).encode("ascii") + body
