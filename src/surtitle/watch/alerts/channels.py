"""Whom alerts go to: somebody's webhook, a chat, a mail box. One attempt each; who tries again stands in `sending`."""

import smtplib
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

from surtitle import __version__
from surtitle.errors import UsageError
from surtitle.project import expand_secrets
from surtitle.settings.alerts import AlertSettings
from surtitle.watch.alerts.happenings import Happening
from surtitle.watch.alerts.mail_server import MailServer, parse_mail_server
from surtitle.watch.alerts.messages import as_json, as_mail, as_slack, message_id
from surtitle.webhook.address import WebhookAddress, parse_address
from surtitle.webhook.client import Client, NotSentError, UnansweredError
from surtitle.webhook.signing import signed_headers

__all__ = ["Channel", "NotTakenError", "channel_names", "open_channel"]

_PASSING = (408, 425, 429)


class NotTakenError(Exception):
    """A channel has not taken a message.

    Parameters
    ----------
    reason : str
        In words; without any secret.
    again : bool
        Whether trying again may help.
    pause_s : float
        How long it wants to be left alone.
    """

    def __init__(self, reason: str, *, again: bool, pause_s: float = 0.0) -> None:
        super().__init__(reason)
        self.again = again
        self.pause_s = pause_s


class Channel(Protocol):
    """Takes messages."""

    def deliver(self, happenings: Sequence[Happening]) -> None:
        """Hand over a message; when this returns it has been taken.

        Raises
        ------
        NotTakenError
            If it has not, or nobody knows.
        """


def channel_names(settings: AlertSettings) -> Iterator[str]:
    """Yield the names of the channels, by which `open_channel` knows them; they hold no secret.

    Examples
    --------
    >>> list(channel_names(AlertSettings(slack=("https://chat.example/${HOOK}",), email=("ops@example.com",))))
    ['slack https://chat.example/${HOOK}', 'mail ops@example.com']
    """
    yield from (f"webhook {address}" for address in settings.webhooks)
    yield from (f"slack {address}" for address in settings.slack)
    yield from (f"mail {address}" for address in settings.email)


def open_channel(name: str, settings: AlertSettings, environ: Mapping[str, str]) -> Channel:
    """Make a channel; nothing is connected to yet.

    Parameters
    ----------
    name : str
        One of `channel_names`.
    settings : AlertSettings
        Sender and server of mails.
    environ : mapping of str to str
        Where secrets are looked up.

    Raises
    ------
    UsageError
        If its address cannot be read, or the environment lacks a secret.
    """
    kind, _, address = name.partition(" ")
    if kind == "mail":
        return _MailBox(parse_mail_server(settings.smtp, environ), settings.email_from, address)
    if address.startswith("${"):  # all of the URL is a secret, as chats hand them out
        try:
            found = parse_address(expand_secrets(address, environ), environ)
        except UsageError:
            raise UsageError(f"{address} is not set to an address to post to, such as https://HOST/PATH") from None
    else:
        found = parse_address(address, environ)
    return _Poster(found, slack=kind == "slack")


class _Poster:
    """Posts JSON."""

    def __init__(self, address: WebhookAddress, *, slack: bool) -> None:
        self._address = address
        self._slack = slack

    def deliver(self, happenings: Sequence[Happening]) -> None:
        body = as_slack(happenings) if self._slack else as_json(happenings)
        client = Client(self._address, keep_alive=False)
        try:
            answer = client.post(body, self._headers(happenings, body))
        except NotSentError as error:
            raise NotTakenError(f"cannot be reached: {error}", again=True) from error
        except UnansweredError as error:
            raise NotTakenError(f"gave no answer: {error}", again=True) from error
        except ssl.SSLCertVerificationError as error:
            told = f"its certificate is not trusted: {error.verify_message}; name the authority's with #ca=FILE"
            raise NotTakenError(told, again=False) from error
        finally:
            client.close()
        if not 200 <= answer.status < 300:
            again = answer.status in _PASSING or answer.status >= 500
            raise NotTakenError(f"answered {answer.status}", again=again, pause_s=answer.retry_after_s)

    def _headers(self, happenings: Sequence[Happening], body: bytes) -> dict[str, str]:
        name = message_id(happenings)
        headers = signed_headers(name, body, secret=self._address.secret, now_s=int(time.time()))
        headers |= {"Content-Type": "application/json", "User-Agent": f"surtitle/{__version__}"}
        return headers | ({"Authorization": f"Bearer {self._address.bearer}"} if self._address.bearer else {})


class _MailBox:
    """Writes mails to one address."""

    def __init__(self, server: MailServer, sender: str, to: str) -> None:
        self._server = server
        self._sender = sender
        self._to = to

    def deliver(self, happenings: Sequence[Happening]) -> None:
        mail = as_mail(happenings, sender=self._sender, to=self._to, at=datetime.now(UTC))
        try:
            with self._server.connect() as smtp:
                smtp.send_message(mail)
        except smtplib.SMTPRecipientsRefused as error:
            ((code, _),) = error.recipients.values()
            raise NotTakenError(f"the mail server refuses it with {code}", again=code < 500) from error
        except smtplib.SMTPResponseException as error:
            code = error.smtp_code
            raise NotTakenError(f"the mail server answers {code}", again=code < 500) from error
        except (smtplib.SMTPNotSupportedError, ssl.SSLCertVerificationError) as error:
            raise NotTakenError(f"the mail server is not safe to use: {error}", again=False) from error
        except OSError as error:  # smtplib's own are among them
            raise NotTakenError(f"the mail server is away: {error}", again=True) from error
