"""The paths that are not busy: events, labels, models, health, metrics, documentation. Starlette routes."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from surtitle.cycle.opening import registry_of
from surtitle.errors import SurtitleError
from surtitle.serve.body import Disconnected, read_body
from surtitle.serve.gateway import refused
from surtitle.serve.metrics import CONTENT_TYPE_LATEST, render
from surtitle.serve.refusal import Refusal, malformed
from surtitle.serve.state import State
from surtitle.serve.wire import (
    ErrorBody,
    EventsBody,
    HealthBody,
    LabelIn,
    ModelBody,
    ModelsBody,
    ReadyBody,
    decode_events,
    decode_labels,
)

__all__ = ["json_answer", "rest_of"]

_encode = msgspec.json.Encoder().encode
Endpoint = Callable[[Request], Awaitable[Response]]


def json_answer(body: Any, status: int = 200) -> Response:
    """Return an answer of one JSON value."""
    return Response(_encode(body), status, media_type="application/json")


def rest_of(state: State, more: list[Route]) -> Starlette:
    """Return the application for every path that the gateway does not answer itself.

    Parameters
    ----------
    state : State
        Of this worker.
    more : list of Route
        Of the Open Inference Protocol and the documentation.
    """
    routes = [
        Route("/healthz", _healthz),
        Route("/readyz", _readyz(state)),
        Route("/metrics", _metrics(state)),
        Route("/models", _models(state)),
        Route("/events", _events(state), methods=["POST"]),
        Route("/labels", _labels(state), methods=["POST"]),
        # The gateway answers POST itself; here so that other methods get a 405.
        Route("/decide", _healthz, methods=["POST"]),
        *more,
    ]
    app = Starlette(
        routes=routes, exception_handlers={HTTPException: _wrong_path, Refusal: _turned_away, Disconnected: _gone}
    )
    app.router.redirect_slashes = False
    return app


async def _healthz(request: Request) -> Response:  # noqa: ARG001 Starlette's signature
    return json_answer(HealthBody("ok"))


def _readyz(state: State) -> Endpoint:
    async def readyz(request: Request) -> Response:  # noqa: ARG001 Starlette's signature
        ready = not state.draining
        return json_answer(ReadyBody(ready, state.shelf.champion.number), 200 if ready else 503)

    return readyz


def _metrics(state: State) -> Endpoint:
    async def metrics(request: Request) -> Response:  # noqa: ARG001 Starlette's signature
        return Response(await asyncio.to_thread(render, state.metrics_folder), media_type=CONTENT_TYPE_LATEST)

    return metrics


def _labels(state: State) -> Endpoint:
    settings = state.project.settings.serve

    async def labels(request: Request) -> Response:
        body = await read_body(request.scope["headers"], request.receive, limit=settings.max_body_bytes)
        try:
            parsed = decode_labels(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise malformed(error) from error
        batch = [parsed] if isinstance(parsed, LabelIn) else parsed
        try:
            stored = await asyncio.to_thread(state.labels.add, batch, now=datetime.now(UTC))
        except SurtitleError as error:
            raise Refusal(503, str(error), retry_after_s=5) from error
        state.metrics.labels_stored(stored.stored)
        return json_answer(stored)

    return labels


def _events(state: State) -> Endpoint:
    settings = state.project.settings.serve

    async def events(request: Request) -> Response:
        body = await read_body(request.scope["headers"], request.receive, limit=settings.max_body_bytes)
        try:
            parsed = decode_events(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise malformed(error) from error
        batch = parsed if isinstance(parsed, list) else [parsed]
        if len(batch) > settings.max_texts:
            raise Refusal(413, f"{len(batch):,} events are more than serve.max_texts = {settings.max_texts:,}")
        values = [_encode(event) for event in batch]
        try:
            await asyncio.to_thread(state.spool.add, values, limit_bytes=settings.spool_mb * 1_000_000)
        except SurtitleError as error:
            raise Refusal(503, str(error), retry_after_s=5) from error
        state.metrics.events_stored(len(batch))
        return json_answer(EventsBody(len(batch)))

    return events


def _models(state: State) -> Endpoint:
    registry = registry_of(state.project)

    async def models(request: Request) -> Response:  # noqa: ARG001 Starlette's signature
        versions, aliases = await asyncio.to_thread(lambda: (registry.versions(), registry.aliases()))
        named: dict[int, list[str]] = {}
        for alias, number in sorted(aliases.items()):
            named.setdefault(number, []).append(alias)
        bodies = [
            ModelBody(
                version=version.number,
                aliases=named.get(version.number, []),
                created_at=version.created_at,
                loaded=version.number in state.shelf,
                metrics=version.facts.metrics,
                data_from=version.facts.data_from,
                data_to=version.facts.data_to,
            )
            for version in reversed(versions)
        ]
        return json_answer(ModelsBody(state.project.settings.project.name, state.shelf.champion.number, bodies))

    return models


async def _wrong_path(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    shown = re.sub(r"[^\x20-\x7e]", "?", request.url.path[:200])
    match error.status_code:
        case 404:
            what = f"there is no {shown}; what there is stands at /docs"
        case 405:
            what = f"{shown} does not take {request.method}; what it takes stands at /docs"
        case _:
            what = error.detail
    answer = json_answer(ErrorBody(what), error.status_code)
    answer.headers.update(error.headers or {})
    return answer


async def _turned_away(request: Request, error: Exception) -> Response:  # noqa: ARG001 Starlette's signature
    if not isinstance(error, Refusal):
        raise error
    answer = refused(error)
    headers = {str(name, "ascii"): str(value, "ascii") for name, value in answer.headers}
    return Response(answer.body, answer.status, headers)


async def _gone(request: Request, error: Exception) -> Response:  # noqa: ARG001 Starlette's signature
    return Response(status_code=400)  # nobody is there to read it
