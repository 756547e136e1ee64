"""The Open Inference Protocol's other paths: what the server and its model are, and whether they are ready."""

import asyncio

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

import surtitle
from surtitle.artefact import read_manifest
from surtitle.cycle.opening import registry_of
from surtitle.errors import ArtefactError, SurtitleError
from surtitle.serve.infer import check_name, version_of
from surtitle.serve.pages import Endpoint, json_answer
from surtitle.serve.refusal import Refusal
from surtitle.serve.state import State
from surtitle.serve.v2 import INPUT, output_tensors
from surtitle.serve.v2_wire import (
    LiveBody,
    ModelMetadata,
    ModelReadyBody,
    ServerMetadata,
    ServerReadyBody,
    Tensor,
)

__all__ = ["v2_routes"]

_EXTENSIONS = ["binary_tensor_data"]
_MODEL = "/v2/models/{name}"
_VERSION = _MODEL + "/versions/{version}"


def v2_routes(state: State) -> list[Route]:
    """Return the routes of one worker."""
    return [
        Route("/v2", _server),
        Route("/v2/", _server),
        Route("/v2/health/live", _live),
        Route("/v2/health/ready", _ready(state)),
        *(Route(f"{path}/ready", _model_ready(state)) for path in (_MODEL, _VERSION)),
        *(Route(path, _metadata(state)) for path in (_MODEL, _VERSION)),
        # The gateway answers POST itself; here so that other methods get a 405.
        *(Route(f"{path}/infer", _server, methods=["POST"]) for path in (_MODEL, _VERSION)),
    ]


async def _server(request: Request) -> Response:  # noqa: ARG001 Starlette's signature
    return json_answer(ServerMetadata("surtitle", surtitle.__version__, _EXTENSIONS))


async def _live(request: Request) -> Response:  # noqa: ARG001 Starlette's signature
    return json_answer(LiveBody(live=True))


def _ready(state: State) -> Endpoint:
    async def ready(request: Request) -> Response:  # noqa: ARG001 Starlette's signature
        is_ready = not state.draining
        return json_answer(ServerReadyBody(live=True, ready=is_ready), 200 if is_ready else 503)

    return ready


def _model_ready(state: State) -> Endpoint:
    async def model_ready(request: Request) -> Response:
        name, version = request.path_params["name"], request.path_params.get("version")
        check_name(state, name)
        if version is not None:
            await version_of(state, version)
        is_ready = not state.draining
        return json_answer(ModelReadyBody(name, is_ready), 200 if is_ready else 503)

    return model_ready


def _metadata(state: State) -> Endpoint:
    registry = registry_of(state.project)

    def describe(name: str, version: str | None) -> ModelMetadata:
        ref: str | int = state.shelf.champion.number if version is None else version
        manifest = read_manifest(registry.find(ref).folder)
        return ModelMetadata(
            name=name,
            versions=[str(each.number) for each in registry.versions()],
            platform=f"surtitle_{manifest.kind}",
            inputs=[Tensor(INPUT, "BYTES", [-1])],
            outputs=output_tensors(len(manifest.rule.classes)),
        )

    async def metadata(request: Request) -> Response:
        name, version = request.path_params["name"], request.path_params.get("version")
        check_name(state, name)
        if version is not None and not version.isdecimal():
            raise Refusal(404, f"there is no version {version[:50]!r}; versions are numbers")
        try:
            return json_answer(await asyncio.to_thread(describe, name, version))
        except ArtefactError as error:
            raise Refusal(503, str(error)) from error
        except SurtitleError as error:
            raise Refusal(404, str(error)) from error

    return metadata
