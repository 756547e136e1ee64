"""Decisions, window rows and late events as lines of JSON: the output schema. PURE."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from surtitle.records import Reason
from surtitle.stream.decode import moment
from surtitle.stream.windows import Row, WindowSpec

__all__ = ["DecisionLine", "LateLine", "WindowLine", "encode_line", "window_line"]

encode_line = msgspec.json.Encoder().encode
"""Turns a line's structure into JSON, without a line end."""


class DecisionLine(msgspec.Struct, frozen=True, gc=False):
    """What is said of one event; the fields of `surtitle.records.Decision`, and where the event is from.

    Parameters
    ----------
    kind : str
        ``decision``.
    id, model, version, client, score, action, reasons, event_time, decided_at, alias
        As of `Decision`. The rule that decided before the model, if any, is the first reason.
    partition, position : str, int
        Where the event is from. With the model's version they name this decision: a reader that sees it twice, in a
        mode that allows it, may drop one.
    """

    kind: Literal["decision"]
    id: str
    model: str
    version: int | None
    client: str | None
    score: float
    action: str
    reasons: tuple[Reason, ...]
    event_time: datetime
    decided_at: datetime
    alias: str
    partition: str
    position: int


class LateLine(msgspec.Struct, frozen=True, gc=False):
    """An event that came when windows that it belongs to were over. It is decided all the same.

    Parameters
    ----------
    kind : str
        ``late``.
    windows : tuple of str
        Those that it is not counted in.
    watermark : datetime
        How far event time had come.
    id, client, score, action, event_time, decided_at, partition, position
        As of the decision.
    """

    kind: Literal["late"]
    id: str
    client: str | None
    score: float
    action: str
    windows: tuple[str, ...]
    watermark: datetime
    event_time: datetime
    decided_at: datetime
    partition: str
    position: int


class WindowLine(msgspec.Struct, frozen=True):
    """What is said of one window.

    Parameters
    ----------
    kind : str
        ``window``.
    window : str
        Which windows, in the words of the settings.
    scope : str
        The partition that it is of, where each has windows of its own; else empty.
    key : dict
        The values of the key's columns.
    start, end : datetime
        From `start` on, before `end`.
    revision, final, retract
        As of `surtitle.stream.windows.Row`.
    totals : dict
        What is told of the events.
    """

    kind: Literal["window"]
    window: str
    scope: str
    key: dict[str, str | None]
    start: datetime
    end: datetime
    revision: int
    final: bool
    retract: bool
    totals: dict[str, Any]


def window_line(row: Row, spec: WindowSpec, scope: str) -> bytes:
    """Return a window's row as JSON.

    Examples
    --------
    >>> from surtitle.stream.windows import parse_window
    >>> row = Row("tumbling 1s", (), 0, 1_000_000, 0, True, False, {"count": 3})
    >>> window_line(row, parse_window("tumbling 1s"), "").decode()[:70]
    '{"kind":"window","window":"tumbling 1s","scope":"","key":{},"start":"1'
    """
    names: Sequence[str] = spec.key
    return encode_line(
        WindowLine(
            kind="window",
            window=row.window,
            scope=scope,
            key=dict(zip(names, row.key, strict=True)),
            start=moment(row.start_us),
            end=moment(row.end_us),
            revision=row.revision,
            final=row.final,
            retract=row.retract,
            totals=row.totals,
        )
    )
