"""The application joined together: busy paths straight to their handlers, the rest to Starlette."""

import re
from collections.abc import Callable

from surtitle.serve.decide import DecideHandler
from surtitle.serve.docs_pages import docs_routes
from surtitle.serve.gateway import Gateway, Handler
from surtitle.serve.infer import InferHandler
from surtitle.serve.pages import rest_of
from surtitle.serve.state import State
from surtitle.serve.v2_pages import v2_routes

__all__ = ["make_app"]

_INFER = re.compile(r"/v2/models/[^/]+(?:/versions/[^/]+)?/infer")
_NAMES = {
    "/events": "events",
    "/labels": "labels",
    "/models": "models",
    "/metrics": "metrics",
    "/healthz": "health",
    "/readyz": "health",
    "/docs": "docs",
    "/openapi.json": "docs",
    "/decide": "decide",
}


def make_app(state: State, in_flight: Callable[[], int]) -> Gateway:
    """Return the ASGI application of one worker.

    Parameters
    ----------
    state : State
        Of this worker.
    in_flight : callable
        How many requests the server has that are not answered yet.
    """
    decide: Handler = DecideHandler(state)
    infer: Handler = InferHandler(state)

    def route(method: str, path: str) -> tuple[str, Handler | None]:
        if method == "POST":
            if path == "/decide":
                return "decide", decide
            if _INFER.fullmatch(path):
                return "infer", infer
        if path.startswith("/v2"):
            return "health" if path.startswith("/v2/health/") else "v2", None
        return "docs" if path.startswith("/docs/") else _NAMES.get(path, "other"), None

    return Gateway(state, route, rest_of(state, [*v2_routes(state), *docs_routes(state)]), in_flight)
