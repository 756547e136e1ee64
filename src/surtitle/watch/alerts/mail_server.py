"""Where mails are handed in: ``smtp://USER:${PASSWORD}@HOST:587``; the password never leaves this module."""

import re
import smtplib
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import parse_qsl, unquote, urlsplit

import msgspec

from surtitle.errors import Fault, SettingsError
from surtitle.project import expand_secrets

__all__ = ["MailServer", "parse_mail_server"]

_HERE = ("localhost", "127.0.0.1", "::1")
_PORTS = {"smtp": 587, "smtps": 465}
_SETTINGS = ("tls", "ca", "timeout_s")


class MailServer(msgspec.Struct, frozen=True, kw_only=True):
    """A mail server, and how to talk to it.

    Parameters
    ----------
    host, port
        Of the server.
    tls : {"from-the-start", "starttls", "off"}
        When the connection becomes a safe one; never, on this machine only.
    user, password : str
        Empty: do not log in.
    ca : str
        A file with the authority that its certificate is checked by; empty: the system's.
    timeout_s : float
        How long each of its answers may take.
    """

    host: str
    port: int
    tls: str
    user: str = ""
    password: str = ""
    ca: str = ""
    timeout_s: float = 10.0

    def __repr__(self) -> str:
        return f"MailServer({self.host!r}, {self.port})"

    @contextmanager
    def connect(self) -> Iterator[smtplib.SMTP]:
        """Give a connection that is safe, and logged in.

        Raises
        ------
        OSError
            smtplib's own errors among them.
        """
        with self._open() as smtp:
            if self.tls == "starttls":
                smtp.starttls(context=self._trust())
            if self.user:
                smtp.login(self.user, self.password)
            yield smtp

    def _open(self) -> smtplib.SMTP:
        if self.tls == "from-the-start":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_s, context=self._trust())
        return smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)

    def _trust(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.ca or None)


def parse_mail_server(address: str, environ: Mapping[str, str]) -> MailServer:
    """Read an address.

    Parameters
    ----------
    address : str
        ``smtp://`` (STARTTLS) or ``smtps://`` (TLS from the start), user and password if there are any, and the host;
        after ``#`` the settings `ca`, `timeout_s`, and ``tls=off``.
    environ : mapping of str to str
        Where secrets are looked up.

    Raises
    ------
    SettingsError
        With everything that is wrong with it; or if the environment lacks a secret.

    Examples
    --------
    >>> server = parse_mail_server("smtp://bot:${PW}@mail.example", {"PW": "s3cret"})
    >>> server, server.tls, server.password
    (MailServer('mail.example', 587), 'starttls', 's3cret')
    """
    parts = urlsplit(address)
    given = dict(parse_qsl(parts.fragment, keep_blank_values=True))
    faults = [*_faults(parts.scheme, parts.hostname or "", given), *_port_faults(address)]
    if faults:
        raise SettingsError("alerts.smtp is no mail server", faults)
    tls = "from-the-start" if parts.scheme == "smtps" else "starttls"
    return MailServer(
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        tls="off" if given.get("tls") == "off" else tls,
        user=unquote(expand_secrets(parts.username or "", environ)),
        password=expand_secrets(parts.password or "", environ),
        ca=given.get("ca", ""),
        timeout_s=float(given.get("timeout_s", 10.0)),
    )


def _faults(scheme: str, host: str, given: Mapping[str, str]) -> Iterator[Fault]:
    if scheme not in _PORTS or not host:
        yield Fault("alerts.smtp", "cannot be read", "write smtp://USER:${PASSWORD}@HOST:587, or smtps://")
    for name, value in given.items():
        if name not in _SETTINGS:
            yield Fault(f"#{name}", "is not a setting", ", ".join(_SETTINGS))
        elif name == "timeout_s" and not re.fullmatch(r"(?=.*[1-9])\d{1,3}(\.\d+)?", value):
            yield Fault("#timeout_s", f"is a number of seconds, not {value!r}")
        elif name == "tls" and value != "off":
            yield Fault("#tls", f"may only be off, not {value!r}")
        elif name == "tls" and host not in _HERE:
            yield Fault("#tls", "is off for a server that is not on this machine", "leave it out")


def _port_faults(address: str) -> Iterator[Fault]:
    try:
        _ = urlsplit(address).port
    except ValueError as error:
        yield Fault("alerts.smtp", str(error))
