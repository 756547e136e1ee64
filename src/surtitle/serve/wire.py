"""What goes over the wire, typed: requests are decoded straight into these, and OpenAPI is made from them. PURE."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from surtitle.records import Decision, Interval

__all__ = [
    "ErrorBody",
    "EventsBody",
    "HealthBody",
    "LabelIn",
    "LabelsBody",
    "ModelBody",
    "ModelsBody",
    "ReadyBody",
    "TextIn",
    "decode_decide",
    "decode_events",
    "decode_labels",
]

Name = Annotated[str, Meta(min_length=1, max_length=200)]
Moment = Annotated[datetime, Meta(tz=True)]


class TextIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One event: a text to decide on."""

    text: Annotated[str, Meta(description="the text", examples=["You are a DUMMY!!!!"])]
    id: Annotated[Name | None, Meta(description="comes back in the decision; made up when it is left out")] = None
    time: Annotated[Moment | None, Meta(description="when it was written, with its offset from UTC")] = None
    client: Annotated[
        Name | None, Meta(description="whose text it is; one with a model of its own is decided by that model")
    ] = None


class LabelIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A late label: what an earlier decision should have been."""

    id: Annotated[Name, Meta(description="the id of the decision", examples=["c1"])]
    label: Annotated[Name, Meta(description="the true class", examples=["1"])]
    labelled_at: Annotated[Moment | None, Meta(description="when it was found; left out: now")] = None


class LabelsBody(msgspec.Struct, frozen=True):
    """How many late labels are safely on disk."""

    stored: Annotated[int, Meta(ge=0, description="labels of this request that were not known yet")]
    known: Annotated[int, Meta(ge=0, description="labels of this request that had been stored before")]


class EventsBody(msgspec.Struct, frozen=True):
    """How many events are safely on disk, for the stream to decide."""

    stored: Annotated[int, Meta(ge=0, description="events of this request")]


class ModelBody(msgspec.Struct, frozen=True):
    """One registered version."""

    version: Annotated[int, Meta(ge=1)]
    aliases: list[str]
    created_at: datetime
    loaded: Annotated[bool, Meta(description="in the memory of the process that answers")]
    metrics: dict[str, Interval]
    data_from: datetime | None
    data_to: datetime | None


class ModelsBody(msgspec.Struct, frozen=True):
    """All versions, newest first."""

    model: str
    champion: Annotated[int, Meta(ge=1, description="the version that decides now")]
    versions: list[ModelBody]


class HealthBody(msgspec.Struct, frozen=True):
    """The process answers."""

    status: str


class ReadyBody(msgspec.Struct, frozen=True):
    """Whether it takes requests."""

    ready: bool
    champion: int | None


class ErrorBody(msgspec.Struct, frozen=True):
    """What is wrong, and where."""

    error: str


Decisions = Decision | list[Decision]

decode_decide = msgspec.json.Decoder(TextIn | list[TextIn]).decode
"""Bytes -> one event or a list of them."""

Event = dict[str, Any]

decode_events = msgspec.json.Decoder(Event | list[Event]).decode
"""Bytes -> one event for the stream, with whatever fields, or a list of them."""

decode_labels = msgspec.json.Decoder(LabelIn | list[LabelIn]).decode
"""Bytes -> one late label or a list of them."""
