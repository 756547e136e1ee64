"""Where outputs are posted to: ``https://HOST/PATH#secret=${NAME}``; what stands behind ``#`` is never sent."""

import base64
import binascii
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlsplit

import msgspec

from surtitle.errors import Fault, StreamError
from surtitle.project import expand_secrets
from surtitle.webhook.signing import PREFIX

__all__ = ["WebhookAddress", "parse_address"]

_REFERENCE = re.compile(r"\$\{\w+\}")
_SECRETS = re.compile(r"token|secret|password|api_?key|signature|(?<![a-z])key", re.IGNORECASE)
_HOST = re.compile(r"([A-Za-z0-9._-]+|\[[0-9a-fA-F:.]+\])(:\d{1,5})?")
_REFERENCES_ONLY = ("secret", "bearer")


class WebhookAddress(msgspec.Struct, frozen=True, kw_only=True):
    """A receiver, and how to talk to it.

    Parameters
    ----------
    name : str
        The URL without query and settings, so without secrets.
    tls : bool
        Whether it is ``https``.
    host, port
        Of the receiver.
    target : str
        Path and query, secrets already looked up.
    secret : str
        What requests are signed with; empty: they are not.
    bearer : str
        Goes into the header Authorization; empty: there is none.
    batch : int
        The most outputs in one request.
    timeout_s : float
        How long the receiver may take to answer.
    ca : str
        A file with the authority that the receiver's certificate is checked by; empty: the system's.
    """

    name: str
    tls: bool
    host: str
    port: int
    target: str
    secret: str = ""
    bearer: str = ""
    batch: int = 100
    timeout_s: float = 10.0
    ca: str = ""

    def __repr__(self) -> str:
        return f"WebhookAddress({self.name!r})"


def parse_address(address: str, environ: Mapping[str, str]) -> WebhookAddress:
    """Read an address.

    Parameters
    ----------
    address : str
        The receiver's URL, and after ``#`` settings: fields of `WebhookAddress`. Secrets must be references,
        ``${NAME}``; such may also stand in the path and in the query.
    environ : mapping of str to str
        Where references are looked up.

    Raises
    ------
    StreamError
        With everything that is wrong with the address.

    Examples
    --------
    >>> address = parse_address("https://mods.example/hook?team=7#secret=${S}&batch=10", {"S": "s3cret"})
    >>> address.host, address.port, address.target, address.secret, address.batch
    ('mods.example', 443, '/hook?team=7', 's3cret', 10)
    >>> address
    WebhookAddress('https://mods.example/hook')
    """
    parts = urlsplit(address)
    settings = dict(parse_qsl(parts.fragment, keep_blank_values=True))
    faults = [*_place_faults(parts.netloc, parts.query), *_setting_faults(settings)]
    name = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    if faults:
        raise StreamError(f"{name} is not an address to post to", faults)
    target = expand_secrets(f"{parts.path or '/'}{'?' if parts.query else ''}{parts.query}", environ)
    tls = parts.scheme == "https"
    given = {
        "name": name,
        "tls": tls,
        "host": parts.hostname,
        "port": parts.port or (443 if tls else 80),
        "target": quote(target, safe="/?%:@!$&'()*+,;=~[]"),
        **{key: expand_secrets(value, environ) for key, value in settings.items()},
    }
    made = msgspec.convert(given, WebhookAddress, strict=False)
    faults = _secret_faults(made)
    if faults:
        raise StreamError(f"{name} cannot be posted to", faults)
    return made


def _secret_faults(address: WebhookAddress) -> list[Fault]:
    """Return what is wrong with secrets, without showing them."""
    faults = []
    if not (address.bearer.isascii() and address.bearer.isprintable()):
        faults.append(Fault("bearer", "what it stands for cannot be sent in a header"))
    if address.secret.startswith(PREFIX):
        try:
            base64.b64decode(address.secret.removeprefix(PREFIX), validate=True)
        except binascii.Error:
            faults.append(Fault("secret", f"what it stands for begins with {PREFIX}, but the rest is not base64"))
    return faults


def _place_faults(server: str, query: str) -> list[Fault]:
    faults = []
    if "@" in server:
        faults.append(Fault("host", "a user does not belong before the host", "write #bearer=${NAME} at the end"))
    elif not _HOST.fullmatch(server):
        faults.append(Fault("host", f"cannot read {server!r}", "write https://HOST:PORT/PATH"))
    for key, value in parse_qsl(query):
        if _SECRETS.search(key) and not _REFERENCE.fullmatch(value):
            remedy = f"write {key}=${{NAME}} and set NAME in the environment"
            faults.append(Fault(key, "a secret does not belong into an address", remedy))
    return faults


def _setting_faults(settings: Mapping[str, str]) -> list[Fault]:
    faults = []
    for key, value in settings.items():
        if key in _REFERENCES_ONLY:
            if not _REFERENCE.fullmatch(value):
                remedy = f"write {key}=${{NAME}} and set NAME in the environment"
                faults.append(Fault(key, "a secret does not belong into an address", remedy))
        elif key == "batch":
            if not re.fullmatch(r"[1-9]\d{0,5}", value):
                faults.append(Fault(key, f"is a whole number from 1 to 999999, not {value!r}"))
        elif key == "timeout_s":
            if not re.fullmatch(r"(?=.*[1-9])\d{1,5}(\.\d+)?", value):
                faults.append(Fault(key, f"is a number of seconds, not {value!r}"))
        elif key != "ca":
            faults.append(Fault(f"#{key}", "is not a setting", "secret, bearer, batch, timeout_s, ca"))
    return faults
