"""The application's outer skin: ids, keys, limits, counting and logging around whatever answers a request."""

import logging
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime

import msgspec

from surtitle.serve.access_log import Entry
from surtitle.serve.body import Disconnected, Receive, Scope, Send
from surtitle.serve.refusal import Refusal
from surtitle.serve.state import State, new_request_ids
from surtitle.serve.wire import ErrorBody

__all__ = ["Answer", "Gateway", "Request", "refused"]

_log = logging.getLogger("surtitle.serve")
_JSON = (b"content-type", b"application/json")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
_encode = msgspec.json.Encoder().encode
_OPEN = frozenset({"/healthz", "/readyz", "/v2/health/live", "/v2/health/ready", "/docs", "/openapi.json"})
_ASSETS = "/docs/"


class Request:
    """One request on its way through, with what the log and the counters want to know of it."""

    __slots__ = ("begun", "bodies", "endpoint", "id", "key", "receive", "scope", "texts", "version")

    def __init__(self, request_id: str, scope: Scope, receive: Receive, endpoint: str) -> None:
        self.id = request_id
        self.scope = scope
        self.receive = receive
        self.endpoint = endpoint
        self.begun = False
        self.key: str | None = None
        self.texts = 0
        self.version: int | None = None
        self.bodies: tuple[str, ...] = ()


class Answer:
    """A whole answer, sent at once."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, body: bytes, status: int = 200, headers: tuple[tuple[bytes, bytes], ...] = (_JSON,)) -> None:
        self.body = body
        self.status = status
        self.headers = headers


Handler = Callable[[Request], Awaitable[Answer]]


class Gateway:
    """An ASGI application: the handlers of the busy paths, called with nothing in between, and another for the rest.

    Parameters
    ----------
    state : State
        Of this worker.
    route : callable
        From method and path to the endpoint's name and its handler, or None for the rest.
    rest : ASGI application
        Starlette's.
    in_flight : callable
        How many requests this process is busy with.
    """

    def __init__(
        self,
        state: State,
        route: Callable[[str, str], tuple[str, Handler | None]],
        rest: Callable[[Scope, Receive, Send], Awaitable[None]],
        in_flight: Callable[[], int],
    ) -> None:
        self._state = state
        self._route = route
        self._rest = rest
        self._in_flight = in_flight
        self._new_id = new_request_ids()
        self._limit = state.project.settings.serve.concurrency

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        began = time.perf_counter()
        endpoint, handler = self._route(scope["method"], scope["path"])
        request = Request(self._id_of(scope), scope, receive, endpoint)
        answer: Answer | None = None
        try:
            self._admit(request)
            if handler is None:
                status = await self._pass_on(request, send)
            else:
                answer = await handler(request)
        except Refusal as refusal:
            answer = refused(refusal)
        except Disconnected:
            return
        except Exception:
            _log.exception("request %s failed: this is a defect of Surtitle", request.id)
            what = f"a defect of the service; its log tells more of {request.id}"
            answer = Answer(_encode(ErrorBody(what)), 500)
            if request.begun:
                status, answer = 500, None
        if answer is not None:
            status = answer.status
            await self._send(request, answer, send)
        self._note(request, status, time.perf_counter() - began)

    def _id_of(self, scope: Scope) -> str:
        for name, value in scope["headers"]:
            if name == b"x-request-id" and _REQUEST_ID.fullmatch(value):
                return str(value, "ascii")
        return self._new_id()

    def _admit(self, request: Request) -> None:
        state, path = self._state, request.scope["path"]
        if path in _OPEN or path.startswith(_ASSETS):
            return
        if request.scope["method"] == "POST" and _is_foreign(request.scope["headers"]):
            raise Refusal(403, "a web page of another origin may not use this service")
        if self._in_flight() > self._limit:
            what = f"more than serve.concurrency = {self._limit:,} requests in flight; try again"
            raise Refusal(503, what, retry_after_s=1)
        if state.keys:
            request.key = state.keys.name_of(request.scope["headers"])
            if request.key is None:
                raise Refusal(401, "an API key is needed: send the header 'Authorization: Bearer KEY'")
        state.check_rate(request.key, time.monotonic())

    async def _send(self, request: Request, answer: Answer, send: Send) -> None:
        length = b"%d" % len(answer.body)
        headers = [*answer.headers, (b"content-length", length), (b"x-request-id", request.id.encode())]
        if self._state.draining:
            headers.append((b"connection", b"close"))
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": answer.body})

    async def _pass_on(self, request: Request, send: Send) -> int:
        status = 500

        async def noting(message: dict[str, object]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                request.begun = True
                status = message["status"]  # type: ignore[assignment]  # ASGI
                headers = message["headers"]
                headers.append((b"x-request-id", request.id.encode()))  # type: ignore[attr-defined]  # ASGI
                if self._state.draining:
                    headers.append((b"connection", b"close"))  # type: ignore[attr-defined]  # ASGI
            await send(message)

        await self._rest(request.scope, request.receive, noting)  # type: ignore[arg-type]  # ASGI
        return status

    def _note(self, request: Request, status: int, seconds: float) -> None:
        state = self._state
        state.metrics.answered(request.endpoint, status, seconds)
        if state.log.on:
            state.log.add(
                Entry(
                    time=datetime.now(UTC),
                    request=request.id,
                    method=request.scope["method"],
                    path=request.scope["path"],
                    status=status,
                    ms=round(seconds * 1000, 3),
                    key=request.key,
                    texts=request.texts,
                    version=request.version,
                    bodies=request.bodies,
                )
            )


def _is_foreign(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Say whether a browser sent this for a page of another site, which could else write labels behind a firewall."""
    origin = host = None
    for name, value in headers:
        if name == b"origin":
            origin = value
        elif name == b"host":
            host = value
    return origin is not None and (host is None or origin.partition(b"://")[2] != host)


def refused(refusal: Refusal) -> Answer:
    """Return the answer that turns a request away."""
    headers = [_JSON]
    if refusal.retry_after_s is not None:
        headers.append((b"retry-after", b"%d" % refusal.retry_after_s))
    if refusal.close:
        headers.append((b"connection", b"close"))
    if refusal.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    return Answer(_encode(ErrorBody(refusal.message)), refusal.status, tuple(headers))
