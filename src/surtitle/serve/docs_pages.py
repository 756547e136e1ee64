"""`/openapi.json`, and `/docs`: a page of our own that reads it, and needs nothing from the internet."""

from importlib.resources import files

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import surtitle
from surtitle.serve.openapi import openapi
from surtitle.serve.pages import Endpoint
from surtitle.serve.state import State

__all__ = ["docs_routes"]

_FILES = {
    "/docs": ("docs.html", "text/html"),
    "/docs/style.css": ("style.css", "text/css"),
    "/docs/page.js": ("page.js", "text/javascript"),
    "/docs/icon.svg": ("icon.svg", "image/svg+xml"),
}
# The page may run its own script, and talk to this service alone.
_HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-cache",
}


def docs_routes(state: State) -> list[Route]:
    """Return the routes of one worker."""
    project = state.project.settings
    document = openapi(
        model=project.project.name,
        version=surtitle.__version__,
        settings=project.serve,
        needs_key=len(state.keys) > 0,
    )
    folder = files("surtitle.serve") / "page"
    routes = [Route(path, _fixed((folder / name).read_bytes(), kind)) for path, (name, kind) in _FILES.items()]
    return [*routes, Route("/openapi.json", _fixed(msgspec.json.encode(document), "application/json"))]


def _fixed(content: bytes, kind: str) -> Endpoint:
    async def fixed(request: Request) -> Response:  # noqa: ARG001 Starlette's signature
        return Response(content, headers=_HEADERS, media_type=kind)

    return fixed
