"""The OpenAPI 3.1 document, made from the types that requests are decoded into and answers encoded from. PURE."""

from collections.abc import Mapping
from typing import Any

import msgspec

from surtitle.serve import wire
from surtitle.serve.operations import Operation, operations
from surtitle.settings import ServeSettings

__all__ = ["openapi"]

_REF = "#/components/schemas/{name}"
# Names in the document, where a type is called otherwise in the code.
_NAMES = {
    "TextIn": "Event",
    "LabelIn": "Label",
    "LabelsBody": "LabelsStored",
    "EventsBody": "EventsStored",
    "ModelsBody": "Models",
    "ModelBody": "Version",
    "HealthBody": "Health",
    "ReadyBody": "Readiness",
    "ErrorBody": "Error",
    "InferIn": "InferenceRequest",
    "InferBody": "InferenceResponse",
    "TensorIn": "InputTensor",
    "LiveBody": "ServerLive",
    "ServerReadyBody": "ServerReady",
    "ModelReadyBody": "ModelReady",
}
_ERRORS = {
    400: "The body is not JSON, or has the wrong shape; the message names the field.",
    401: "An API key is needed, or the one sent is not known.",
    403: "A web page of another origin asked.",
    404: "There is no such model or version.",
    408: "The request took too long to arrive.",
    413: "The body, a text or the number of texts is over the limit.",
    429: "The key's rate is used up; Retry-After says for how many seconds.",
    431: "The head of the request is over the limit.",
    503: "Too many requests at once, or the service is about to end; Retry-After says when to try again.",
}
_COMMON = (401, 408, 429, 431, 503)


def openapi(*, model: str, version: str, settings: ServeSettings, needs_key: bool) -> dict[str, Any]:
    """Return the document.

    Parameters
    ----------
    model : str
        The project's name.
    version : str
        Of Surtitle.
    settings : ServeSettings
        For the limits.
    needs_key : bool
        Whether an API key is asked for.

    Examples
    --------
    >>> document = openapi(model="moderation", version="0.1.0", settings=ServeSettings(), needs_key=False)
    >>> document["openapi"], "/decide" in document["paths"]
    ('3.1.0', True)
    """
    known = operations()
    types = [kind for each in known for kind in (each.answer, each.body) if kind is not None]
    schemas, components = msgspec.json.schema_components([*types, wire.ErrorBody], ref_template=_REF)
    shapes = dict(zip(map(id, types), schemas, strict=False))
    paths: dict[str, dict[str, Any]] = {}
    for each in known:
        paths.setdefault(each.path, {})[each.method] = _described(each, shapes, needs_key=needs_key)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": model, "version": version, "description": _introduction(model, settings)},
        "tags": [{"name": name} for name in ("Decisions", "Operations", "Open Inference Protocol")],
        "paths": paths,
        "components": {"schemas": {name: _short(schema) for name, schema in components.items()}},
    }
    if needs_key:
        document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    return _renamed(document)


def _introduction(model: str, settings: ServeSettings) -> str:
    return (
        f"Decisions of the model {model}. At most {settings.max_texts:,} texts of {settings.max_text_chars:,} "
        f"characters and {settings.max_body_bytes:,} bytes in a request. Every error is an object with a field `error`."
    )


def _described(each: Operation, shapes: Mapping[int, Any], *, needs_key: bool) -> dict[str, Any]:
    kind = "text/plain" if each.answer is str else "application/json"
    answers: dict[str, Any] = {"200": {"description": "Done.", "content": {kind: {"schema": shapes[id(each.answer)]}}}}
    posts = {403} if each.body is not None else set[int]()
    for status in sorted({*each.errors, *_COMMON, *posts}):
        if status != 401 or (needs_key and not each.is_open):
            error = {"schema": {"$ref": _REF.format(name="ErrorBody")}}
            answers[str(status)] = {"description": _ERRORS[status], "content": {"application/json": error}}
    if each.is_open:
        not_ready = {"schema": shapes[id(each.answer)]}
        answers["503"] = {"description": "Not ready.", "content": {"application/json": not_ready}}
    made: dict[str, Any] = {
        "operationId": each.name,
        "tags": [each.tag],
        "summary": each.summary,
        "description": each.description,
        "responses": answers,
    }
    if each.parameters:
        made["parameters"] = list(each.parameters)
    if each.body is not None:
        content = {"schema": shapes[id(each.body)], "example": each.example}
        made["requestBody"] = {"required": True, "content": {"application/json": content}}
    if needs_key and not each.is_open:
        made["security"] = [{"key": []}]
    return made


def _short(schema: dict[str, Any]) -> dict[str, Any]:
    """Cut a description to its first paragraph: the rest of a docstring speaks to programmers."""
    if "description" in schema:
        schema["description"] = schema["description"].partition("\n\n")[0]
    return schema


def _renamed(document: dict[str, Any]) -> dict[str, Any]:
    text = msgspec.json.encode(document).decode()
    for name, shown in _NAMES.items():
        text = text.replace(f'/schemas/{name}"', f'/schemas/{shown}"').replace(f'"{name}":{{', f'"{shown}":{{')
        text = text.replace(f'"title":"{name}"', f'"title":"{shown}"')
    found: dict[str, Any] = msgspec.json.decode(text)
    return found
