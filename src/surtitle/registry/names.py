"""Names of versions: `3`, `v3`, `champion`, `champion@CLIENT`. Pure."""

import re
import unicodedata

from surtitle.errors import RegistryError

__all__ = ["alias_of", "is_client", "parse_alias", "parse_ref"]

MAX_CLIENT_LENGTH = 200
_NUMBER = re.compile(r"v?([0-9]{1,18})")
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}")


def parse_ref(ref: str | int) -> int | str:
    """Return a version's number, or an alias that is well formed.

    Raises
    ------
    RegistryError
        If it can be neither.

    Examples
    --------
    >>> parse_ref("v3"), parse_ref("champion@science")
    (3, 'champion@science')
    """
    if isinstance(ref, int):
        return ref
    number = _NUMBER.fullmatch(ref)
    return int(number[1]) if number else parse_alias(ref)


def parse_alias(alias: str) -> str:
    """Return `alias` if it is well formed: a small-letter name, then perhaps ``@`` and a client.

    A client is any printable text of at most 200 characters without slashes, which cannot be mistaken for a path.

    Raises
    ------
    RegistryError
        If it is not.

    Examples
    --------
    >>> parse_alias("champion@../x")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    surtitle.errors.RegistryError: '../x' cannot be a client's name in an alias; it must be 1 to 200 printable ...
    """
    name, at, client = alias.partition("@")
    if not _NAME.fullmatch(name) or _NUMBER.fullmatch(name):
        raise RegistryError(
            f"{alias[:100]!r} is neither a version nor an alias; write a number (3), champion, challenger, "
            "or an alias for one client (champion@CLIENT)"
        )
    if at and not is_client(client):
        raise RegistryError(
            f"{client[:100]!r} cannot be a client's name in an alias; it must be 1 to {MAX_CLIENT_LENGTH} printable "
            "characters without / or \\ or spaces around"
        )
    return alias


def is_client(client: str) -> bool:
    """Say whether `client` can have an alias of its own."""
    if not 0 < len(client) <= MAX_CLIENT_LENGTH or client != client.strip() or client in (".", ".."):
        return False
    return not any(char in "/\\" or unicodedata.category(char) in _UNPRINTABLE for char in client)


_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def alias_of(alias: str, client: str | None) -> str:
    """Return the alias of one client, or the general one without a client."""
    return alias if client is None else f"{alias}@{client}"
