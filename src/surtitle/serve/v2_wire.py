"""The Open Inference Protocol's JSON, typed. Liberal in what is read: unknown fields are passed over. PURE."""

from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

__all__ = [
    "InferBody",
    "InferIn",
    "LiveBody",
    "ModelMetadata",
    "ModelReadyBody",
    "OutputTensor",
    "RequestedOutput",
    "ServerMetadata",
    "ServerReadyBody",
    "Tensor",
    "TensorIn",
    "decode_infer",
]

Parameters = dict[str, Any]
# As deep as texts are sensibly nested: [n], [n, 1], [n, 1, 1].
Texts = list[str | list[str | list[str]]]


class TensorIn(msgspec.Struct, frozen=True):
    """The texts to decide on."""

    name: Annotated[str, Meta(examples=["text"])]
    shape: Annotated[list[Annotated[int, Meta(ge=-1, le=2**63 - 1)]], Meta(description="[n] or [n, 1]", examples=[[1]])]
    datatype: Annotated[str, Meta(examples=["BYTES"])]
    data: Annotated[
        Texts | UnsetType, Meta(description="left out where the binary extension is used", examples=[["you dummy"]])
    ] = UNSET
    parameters: Parameters | None = None


class RequestedOutput(msgspec.Struct, frozen=True):
    """An output that is wanted."""

    name: Annotated[str, Meta(examples=["score"])]
    parameters: Parameters | None = None


class InferIn(msgspec.Struct, frozen=True):
    """A request for inference."""

    inputs: list[TensorIn]
    id: Annotated[str, Meta(max_length=200)] | None = None
    parameters: Annotated[Parameters | None, Meta(description="`client`: whose texts these are")] = None
    outputs: Annotated[list[RequestedOutput] | None, Meta(description="left out: all of them")] = None


class OutputTensor(msgspec.Struct, frozen=True, omit_defaults=True):
    """One output, a row per text."""

    name: str
    shape: list[int]
    datatype: Literal["FP64", "BYTES"]
    data: Sequence[float | str] | UnsetType = UNSET
    parameters: dict[str, int] | UnsetType = UNSET


class InferBody(msgspec.Struct, frozen=True):
    """The answer to a request for inference."""

    model_name: str
    model_version: str
    outputs: list[OutputTensor]
    parameters: Annotated[dict[str, str], Meta(description="`alias`: what chose the version")]
    id: str | UnsetType = UNSET


class Tensor(msgspec.Struct, frozen=True):
    """What an input or output is like; -1 is any size."""

    name: str
    datatype: str
    shape: list[int]


class ModelMetadata(msgspec.Struct, frozen=True):
    """What a model takes and gives."""

    name: str
    versions: list[str]
    platform: str
    inputs: list[Tensor]
    outputs: list[Tensor]


class ServerMetadata(msgspec.Struct, frozen=True):
    """What this server is."""

    name: str
    version: str
    extensions: list[str]


class LiveBody(msgspec.Struct, frozen=True):
    """The server answers."""

    live: bool


class ServerReadyBody(msgspec.Struct, frozen=True):
    """Whether the server takes requests.

    The protocol's text calls the field `live`, and its sense is `ready`: both are given.
    """

    live: bool
    ready: bool


class ModelReadyBody(msgspec.Struct, frozen=True):
    """Whether a model answers."""

    name: str
    ready: bool


decode_infer = msgspec.json.Decoder(InferIn).decode
"""Bytes -> a request for inference."""
