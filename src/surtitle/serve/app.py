"""The application joined together: busy paths straight to their handlers, the rest to Starlette."""

from collections.abc import Callable

from surtitle.serve.decide import DecideHandler
from surtitle.serve.gateway import Gateway, Handler
from surtitle.serve.pages import rest_of
from surtitle.serve.state import State

__all__ = ["make_app"]

_NAMES = {
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

    def route(method: str, path: str) -> tuple[str, Handler | None]:
        if path == "/decide" and method == "POST":
            return "decide", decide
        return _NAMES.get(path, "other"), None

    return Gateway(state, route, rest_of(state, []), in_flight)
