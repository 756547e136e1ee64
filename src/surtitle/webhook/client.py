"""One request after the other to one receiver, over a connection that is kept."""

import contextlib
import ssl
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection

import msgspec

from surtitle.errors import StreamError
from surtitle.webhook.address import WebhookAddress

__all__ = ["Answer", "Client", "NotSentError", "UnansweredError"]

_MOST_READ = 65_536  # of an answer: the rest does not matter
_SHOWN = 300


class NotSentError(Exception):
    """The receiver was not reached, so it has seen nothing."""


class UnansweredError(Exception):
    """The request may have been taken, or not."""


class Answer(msgspec.Struct, frozen=True):
    """What the receiver said.

    Parameters
    ----------
    status : int
        Of HTTP.
    text : str
        The beginning of the body, for a message.
    retry_after_s : float
        How long it wants to be left alone.
    location : str
        Where it would have the request sent instead.
    """

    status: int
    text: str
    retry_after_s: float = 0.0
    location: str = ""


class Client:
    """Posts to one address.

    Parameters
    ----------
    address : WebhookAddress
        The receiver.
    keep_alive : bool
        Whether the connection is used again. One that was idle may turn out to be closed just as a request is sent, and
        then nobody knows whether that was taken.

    Raises
    ------
    StreamError
        If the authority's certificate cannot be read.
    """

    def __init__(self, address: WebhookAddress, *, keep_alive: bool) -> None:
        self._address = address
        try:
            self._trust = ssl.create_default_context(cafile=address.ca or None) if address.tls else None
        except OSError as error:
            raise StreamError(f"{address.name}: the certificate ca={address.ca} cannot be used: {error}") from error
        self._keep_alive = keep_alive
        self._connection: HTTPConnection | None = None

    def post(self, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Post and return the answer.

        Raises
        ------
        NotSentError
            If the receiver cannot be reached.
        UnansweredError
            If the connection breaks, or the answer does not come in time or is not HTTP.
        ssl.SSLCertVerificationError
            If it is not who it should be.
        """
        connection = self._connect()
        try:
            connection.request("POST", self._address.target, body, dict(headers))
            answer = self._read(connection.getresponse())
        except (OSError, HTTPException) as error:
            self.close()
            raise UnansweredError(str(error) or type(error).__name__) from error
        if not self._keep_alive:
            self.close()
        return answer

    def _connect(self) -> HTTPConnection:
        if self._connection is None:
            address = self._address
            place, timeout_s = (address.host, address.port), address.timeout_s
            if self._trust is None:
                connection = HTTPConnection(*place, timeout=timeout_s)
            else:
                connection = HTTPSConnection(*place, timeout=timeout_s, context=self._trust)
            try:
                connection.connect()
            except ssl.SSLCertVerificationError:
                raise
            except OSError as error:
                raise NotSentError(str(error) or type(error).__name__) from error
            self._connection = connection
        return self._connection

    def _read(self, response: HTTPResponse) -> Answer:
        until = time.monotonic() + self._address.timeout_s
        content = b""
        while len(content) < _MOST_READ and time.monotonic() < until:
            part = response.read1(_MOST_READ - len(content))
            if not part:
                break
            content += part
        if not response.isclosed():  # there is more, which nobody will read
            self.close()
        text = " ".join(content[:_SHOWN].decode(errors="replace").split())
        return Answer(
            response.status,
            "".join(each if each.isprintable() else "?" for each in text),
            _seconds(response.headers.get("Retry-After", ""), time.time()),
            response.headers.get("Location", ""),
        )

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _seconds(retry_after: str, now_s: float) -> float:
    """Read the header Retry-After, which is a number of seconds or a date.

    Examples
    --------
    >>> _seconds("7", 0), _seconds("Thu, 01 Jan 1970 00:01:00 GMT", 50), _seconds("soon", 0)
    (7.0, 10.0, 0.0)
    """
    if retry_after.isascii() and retry_after.isdigit():
        return float(retry_after[:9])
    with contextlib.suppress(ValueError):
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - now_s)
    return 0.0
