"""Where a Redis stream is, and how to get in: ``redis://HOST:PORT/DB/STREAM?user=me&password=${NAME}``."""

import re
from collections.abc import Collection, Mapping
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from surtitle.errors import Fault, StreamError
from surtitle.project import expand_secrets

__all__ = ["RedisAddress", "parse_address"]

_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?")
_REFERENCE = re.compile(r"\$\{\w+\}")
_LOGIN = ("user", "password", "ca", "cert", "key")


class RedisAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A stream on a server.

    Parameters
    ----------
    tls : bool
        Whether to connect by TLS (``rediss://``).
    host, port
        Of the server.
    db : int
        The database's number.
    stream : str
        The stream's key.
    group : str
        The consumer group that is told how far the stream was read; empty: none.
    start : "earliest" or "latest"
        Where to begin if neither the state nor the group knows.
    field : str
        The field of an entry that holds the record.
    maxlen : int
        About how many outputs to keep in the stream; 0: all.
    user, password : str
        To log in with; empty: as the server's default user.
    ca, cert, key : str
        Files: the authority that the server's certificate is checked by, and our own certificate and its key.
    """

    host: str
    stream: str
    tls: bool = False
    port: int = 6379
    db: int = 0
    group: str = ""
    start: Literal["earliest", "latest"] = "earliest"
    field: str = "value"
    maxlen: int = 0
    user: str = ""
    password: str = ""
    ca: str = ""
    cert: str = ""
    key: str = ""

    @property
    def server(self) -> str:
        """Server and database, without secrets."""
        return f"{'rediss' if self.tls else 'redis'}://{self.host}:{self.port}{f'/{self.db}' if self.db else ''}"

    @property
    def name(self) -> str:
        """The address without settings, so without secrets."""
        return f"{self.server}/{self.stream}"

    def __repr__(self) -> str:
        return f"RedisAddress({self.name!r})"


def parse_address(address: str, environ: Mapping[str, str], known: Collection[str]) -> RedisAddress:
    """Read an address.

    Parameters
    ----------
    address : str
        ``redis://HOST[:PORT][/DB]/STREAM``, or ``rediss://`` for TLS, and after a question mark settings: fields of
        `RedisAddress`. The password must be a reference: ``password=${NAME}``.
    environ : mapping of str to str
        Where references are looked up.
    known : collection of str
        The settings that mean something here, beside those that it takes to get in.

    Raises
    ------
    StreamError
        With everything that is wrong with the address.

    Examples
    --------
    >>> address = parse_address("redis://localhost/2/comments?group=g&password=${PW}", {"PW": "s3cret"}, ["group"])
    >>> address.port, address.db, address.stream, address.password
    (6379, 2, 'comments', 's3cret')
    >>> address
    RedisAddress('redis://localhost:6379/2/comments')
    """
    parts = urlsplit(address, allow_fragments=False)
    db, stream = _database_and_stream(parts.path)
    query = dict(parse_qsl(parts.query, keep_blank_values=True, encoding="utf-8"))
    faults = [*_place_faults(parts.netloc, stream), *_query_faults(query, known)]
    if faults:
        shown = re.sub(r"//[^/]*@", "//", address.split("?")[0])  # what is wrong may be a secret
        raise StreamError(f"{shown} is not an address of a Redis stream", faults)
    host, port = _host_and_port(parts.netloc)
    settings = {name: expand_secrets(value, environ) for name, value in query.items()}
    given = {"host": host, "port": port, "db": db, "stream": stream, "tls": parts.scheme == "rediss", **settings}
    return msgspec.convert(given, RedisAddress, strict=False)


def _database_and_stream(path: str) -> tuple[int, str]:
    first, _, rest = path.removeprefix("/").partition("/")
    if rest and first.isascii() and first.isdigit():
        return int(first), unquote(rest)
    return 0, unquote(path.removeprefix("/"))


def _host_and_port(server: str) -> tuple[str, int]:
    found = re.fullmatch(r"(.*?)(?::(\d+))?", server)
    host, port = found.groups() if found else (server, None)
    return host.strip("[]"), int(port or 6379)


def _place_faults(server: str, stream: str) -> list[Fault]:
    faults = []
    if "@" in server:
        remedy = "write ?user=NAME&password=${NAME} behind the stream"
        faults.append(Fault("host", "a user does not belong before the host", remedy))
    elif not _HOST.fullmatch(server):
        faults.append(Fault("host", f"cannot read {server!r}", "write redis://HOST:PORT/STREAM"))
    if not stream:
        faults.append(Fault("stream", "is missing", "write redis://HOST:PORT/STREAM"))
    return faults


def _query_faults(query: Mapping[str, str], known: Collection[str]) -> list[Fault]:
    faults = []
    for name, value in query.items():
        if name not in {*known, *_LOGIN}:
            faults.append(Fault(name, "is not known here", ", ".join([*known, *_LOGIN])))
        elif name == "password" and not _REFERENCE.fullmatch(value):
            remedy = "write password=${NAME} and set NAME in the environment"
            faults.append(Fault(name, "a secret does not belong into an address", remedy))
        elif name == "start" and value not in {"earliest", "latest"}:
            faults.append(Fault(name, f"is earliest or latest, not {value!r}"))
        elif name == "maxlen" and not (value.isascii() and value.isdigit()):
            faults.append(Fault(name, f"is a whole number, not {value!r}"))
    return faults
