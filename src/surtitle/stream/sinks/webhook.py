"""Outputs posted to somebody else's server, again and again until it has taken them."""

import random
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence

from surtitle import __version__
from surtitle.errors import SurroundingsError
from surtitle.stream.patience import Patience
from surtitle.stream.ports import Channel, Delivery, Lines, Opening, Source
from surtitle.stream.webhook.address import WebhookAddress, parse_address
from surtitle.stream.webhook.client import Answer, Client, NotSentError, UnansweredError
from surtitle.stream.webhook.signing import request_id, signed_headers

__all__ = ["WebhookSink", "open_sink"]

_MOST_BYTES = 1_000_000  # in one request, unless a single output is larger
_LONGEST_WAIT_S = 30.0
_NOT_TAKEN = (429, 503)  # whoever answers so has not taken the request
_PASSING = (408, 425, *_NOT_TAKEN)


def open_sink(addresses: Mapping[Channel, str], opening: Opening, source: Source) -> "WebhookSink":  # noqa: ARG001 a port
    """Make a sink of URLs; nothing is connected to before the first output.

    Raises
    ------
    StreamError
        If an address cannot be read.
    """
    parsed = {channel: parse_address(address, opening.environ) for channel, address in addresses.items()}
    return WebhookSink(parsed, opening.patience)


class WebhookSink:
    """Posts outputs as JSON lists, in order, one request at a time.

    Each request has a name, made from the idempotency keys of its outputs and the same when they are sent again: it is
    in the headers ``webhook-id`` and ``Idempotency-Key``.

    Parameters
    ----------
    addresses : mapping of channel to WebhookAddress
        Where outputs go.
    patience : Patience
        How long to try again when a receiver is away.
    rng : random.Random
        Spreads the waits of many streams over time.
    """

    guarantees: frozenset[Delivery] = frozenset({"at-most-once", "at-least-once"})
    why_not = "a receiver cannot be asked after a crash what it has taken; it can drop what has a webhook-id it knows"
    transactional = False
    keyed = True
    delivery: Delivery = "at-least-once"

    def __init__(
        self,
        addresses: Mapping[Channel, WebhookAddress],
        patience: Patience,
        *,
        rng: random.Random | None = None,
    ) -> None:
        self._addresses = dict(addresses)
        self._patience = patience
        self._rng = rng or random.Random()  # noqa: S311 no secret
        self._clients: dict[Channel, Client] = {}

    def recover(self, scope: str, position: str | None) -> None:  # noqa: ARG002 a port
        """Make ready to post; what was posted cannot be taken back."""
        for channel in self._addresses:
            self._client(channel)

    def write(self, lines: Sequence[Lines]) -> None:
        """Post outputs, and wait until they are taken; see `surtitle.stream.ports.Sink.write`."""
        for each in lines:
            for names, values in self._batches(each):
                self._deliver(each.channel, request_id(names), b"[" + b",".join(values) + b"]")

    def _batches(self, lines: Lines) -> Iterator[tuple[list[str], list[bytes]]]:
        most = self._addresses[lines.channel].batch
        names, values, size = list[str](), list[bytes](), 0
        for name, value in zip(lines.ids, lines.values, strict=True):
            if values and (len(values) == most or size + len(value) > _MOST_BYTES):
                yield names, values
                names, values, size = [], [], 0
            names.append(name)
            values.append(value)
            size += len(value) + 1
        if values:
            yield names, values

    def _deliver(self, channel: Channel, name: str, body: bytes) -> None:
        began, wait_s = self._patience.begin(), 0.1
        while True:
            reason, pause_s = self._try(channel, name, body)
            if not reason:
                return
            pause_s = max(pause_s, wait_s * self._rng.uniform(0.5, 1.0))
            if self._patience.over(began, ahead_s=pause_s):
                raise SurroundingsError(
                    f"{self._addresses[channel].name} has not taken outputs for {self._patience} ({reason}). "
                    f"{self._kept}"
                )
            self._patience.wait(pause_s)
            wait_s = min(_LONGEST_WAIT_S, 2 * wait_s)

    def _try(self, channel: Channel, name: str, body: bytes) -> tuple[str, float]:
        """Post once; return why it has to be done again, if it has, and after how many seconds at least."""
        try:
            answer = self._client(channel).post(body, self._headers(channel, name, body))
        except NotSentError as error:
            return str(error), 0.0
        except UnansweredError as error:
            return self._in_doubt(channel, str(error)), 0.0
        except ssl.SSLCertVerificationError as error:
            raise SurroundingsError(
                f"{self._addresses[channel].name}: its certificate is not trusted: {error.verify_message}; name the "
                "authority's with #ca=FILE"
            ) from error
        if 200 <= answer.status < 300:
            return "", 0.0
        told = f"{answer.status} {answer.text}".strip()
        if answer.status in _NOT_TAKEN:
            return told, answer.retry_after_s
        if answer.status in _PASSING or answer.status >= 500:
            return self._in_doubt(channel, told), answer.retry_after_s
        raise self._refusal(channel, answer, told)

    def _in_doubt(self, channel: Channel, reason: str) -> str:
        if self.delivery == "at-most-once":
            raise SurroundingsError(
                f"{self._addresses[channel].name}: it is not known whether it has taken a request ({reason}), and "
                "at-most-once does not send it again; start the stream again, and it goes on with the events after"
            )
        return reason

    def _refusal(self, channel: Channel, answer: Answer, told: str) -> SurroundingsError:
        address = self._addresses[channel]
        match answer.status:
            case 401 | 403:
                remedy = "check #bearer and #secret"
            case 413:
                remedy = f"send fewer at once with #batch, which is {address.batch}"
            case status if status < 400:
                remedy = f"it points to {answer.location[:200] or 'elsewhere'}, and that address is for you to give"
            case _:
                remedy = "mend the receiver or the address"
        return SurroundingsError(f"{address.name} refuses outputs: {told}; {remedy}. {self._kept}")

    @property
    def _kept(self) -> str:
        if self.delivery == "at-least-once":
            return "They are kept in the state, and sent when the stream is started again"
        return "At most once is not again: they are not sent any more"

    def _client(self, channel: Channel) -> Client:
        if channel not in self._clients:
            self._clients[channel] = Client(self._addresses[channel], keep_alive=self.delivery == "at-least-once")
        return self._clients[channel]

    def _headers(self, channel: Channel, name: str, body: bytes) -> dict[str, str]:
        address = self._addresses[channel]
        headers = signed_headers(name, body, secret=address.secret, now_s=int(time.time()))
        headers |= {"Content-Type": "application/json", "User-Agent": f"surtitle/{__version__}"}
        return headers | ({"Authorization": f"Bearer {address.bearer}"} if address.bearer else {})

    def flush(self) -> None:
        """Do nothing: what was written has been taken."""

    def position(self) -> str:
        """Return nothing: there is no position."""
        return ""

    def commit(self, epochs: Mapping[str, int], positions: Mapping[str, str]) -> None:
        """Do nothing: HTTP has no transactions."""

    def committed(self, scope: str) -> int:  # noqa: ARG002 a port
        """Return 0: HTTP has no transactions."""
        return 0

    def close(self) -> None:
        """Close the connections."""
        while self._clients:
            self._clients.popitem()[1].close()
