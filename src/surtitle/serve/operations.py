"""Every operation of the API, with the types that it takes and gives. PURE."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from surtitle.serve import v2_wire as v2
from surtitle.serve import wire

__all__ = ["Operation", "operations"]


class Operation(NamedTuple):
    """One method of one path.

    Parameters
    ----------
    path, method, tag, name, summary, description
        As in OpenAPI.
    answer, body : type
        What is encoded, and what is decoded, if anything is.
    example : Any
        Of the body.
    errors : sequence of int
        Statuses beside those that every operation may have.
    parameters : sequence of mapping
        As in OpenAPI.
    is_open : bool
        Needs no key.
    """

    path: str
    method: str
    tag: str
    name: str
    summary: str
    description: str
    answer: Any
    body: Any = None
    example: Any = None
    errors: Sequence[int] = ()
    parameters: Sequence[Mapping[str, Any]] = ()
    is_open: bool = False


_EXPLAIN = {
    "name": "explain",
    "in": "query",
    "description": "Give the terms that pushed each score most.",
    "schema": {"type": "boolean", "default": False},
}
_NAME = {"name": "name", "in": "path", "required": True, "schema": {"type": "string", "minLength": 1}}
_VERSION = {
    "name": "version",
    "in": "path",
    "required": True,
    "schema": {"type": "string", "pattern": "^[0-9]{1,18}$"},
}
_TENSORS = {
    "id": "42",
    "inputs": [{"name": "text", "shape": [1], "datatype": "BYTES", "data": ["You are a DUMMY!!!!"]}],
}


def _own_operations() -> list[Operation]:
    return [
        Operation(
            "/decide",
            "post",
            "Decisions",
            "decide",
            "Decide on texts",
            "One event or a list of them; a decision each, in order. A client with a model of its own is decided by "
            "that model. For any other, the general champion decides, and `alias` says so.",
            wire.Decisions,
            wire.TextIn | list[wire.TextIn],
            {"text": "You are a DUMMY!!!!", "client": "science"},
            (400, 413),
            (_EXPLAIN,),
        ),
        Operation(
            "/events",
            "post",
            "Decisions",
            "events",
            "Hand events to the stream",
            "One or a list, with the fields that the stream reads. When the answer comes they are on disk, and "
            "`surtitle stream --in spool://` will decide them. With 503, more wait than may, and none is stored.",
            wire.EventsBody,
            wire.Event | list[wire.Event],
            {"id": "c1", "text": "You are a DUMMY!!!!"},
            (400, 413),
        ),
        Operation(
            "/labels",
            "post",
            "Decisions",
            "labels",
            "Send late labels",
            "The truth about earlier decisions, one or a list. When the answer comes they are on disk. Sending "
            "them again does no harm.",
            wire.LabelsBody,
            wire.LabelIn | list[wire.LabelIn],
            {"id": "c1", "label": "1", "labelled_at": "2026-11-25T12:00:00Z"},
            (400, 413),
        ),
        Operation(
            "/models",
            "get",
            "Decisions",
            "models",
            "List versions",
            "Every registered version, newest first.",
            wire.ModelsBody,
        ),
        Operation(
            "/healthz",
            "get",
            "Operations",
            "healthz",
            "Is the process alive?",
            "Never touches a model.",
            wire.HealthBody,
            is_open=True,
        ),
        Operation(
            "/readyz",
            "get",
            "Operations",
            "readyz",
            "Does it take requests?",
            "No longer, with 503, once the service has been told to end.",
            wire.ReadyBody,
            is_open=True,
        ),
        Operation(
            "/metrics",
            "get",
            "Operations",
            "metrics",
            "Counters for Prometheus",
            "Of all worker processes together.",
            str,
        ),
    ]


def _v2_operations() -> list[Operation]:
    tag = "Open Inference Protocol"
    found = [
        Operation("/v2", "get", tag, "v2", "Server metadata", "Name, version, extensions.", v2.ServerMetadata),
        Operation(
            "/v2/health/live",
            "get",
            tag,
            "v2Live",
            "Server live",
            "Whether the server answers.",
            v2.LiveBody,
            is_open=True,
        ),
        Operation(
            "/v2/health/ready",
            "get",
            tag,
            "v2Ready",
            "Server ready",
            "Whether the server takes requests.",
            v2.ServerReadyBody,
            is_open=True,
        ),
    ]
    for path, suffix, parameters, which in (
        ("/v2/models/{name}", "", (_NAME,), "The champion"),
        ("/v2/models/{name}/versions/{version}", "Version", (_NAME, _VERSION), "This version"),
    ):
        found += [
            Operation(
                path,
                "get",
                tag,
                f"v2Model{suffix}",
                "Model metadata",
                f"{which}: inputs and outputs.",
                v2.ModelMetadata,
                errors=(404,),
                parameters=parameters,
            ),
            Operation(
                f"{path}/ready",
                "get",
                tag,
                f"v2ModelReady{suffix}",
                "Model ready",
                f"{which} is loaded and answers.",
                v2.ModelReadyBody,
                errors=(404,),
                parameters=parameters,
            ),
            Operation(
                f"{path}/infer",
                "post",
                tag,
                f"v2Infer{suffix}",
                "Inference",
                f"{which} scores the texts. `parameters.client` says whose they are. Binary tensors are understood.",
                v2.InferBody,
                v2.InferIn,
                _TENSORS,
                (400, 404, 413),
                parameters,
            ),
        ]
    return found


def operations() -> list[Operation]:
    """Return all of them, in the order in which they are shown.

    Examples
    --------
    >>> operations()[0].path
    '/decide'
    """
    return [*_own_operations(), *_v2_operations()]
