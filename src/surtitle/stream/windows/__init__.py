"""Windows in event time. PURE: events and watermarks in, rows out."""

from surtitle.stream.windows.cell import Cell, Member
from surtitle.stream.windows.panes import PaneWindows
from surtitle.stream.windows.rows import Emit, Refinements, Row
from surtitle.stream.windows.sessions import SessionWindows
from surtitle.stream.windows.spec import AggregateSpec, WindowSpec, parse_aggregates, parse_window
from surtitle.stream.windows.stored import Key, Stored

__all__ = [
    "AggregateSpec",
    "Cell",
    "Emit",
    "Key",
    "Member",
    "PaneWindows",
    "Refinements",
    "Row",
    "SessionWindows",
    "Stored",
    "WindowSpec",
    "open_windows",
    "parse_aggregates",
    "parse_window",
]


def open_windows(
    spec: WindowSpec, aggregates: AggregateSpec, *, lateness_us: int, refinements: Refinements, emit: Emit
) -> PaneWindows | SessionWindows:
    """Return the windows that a spec describes, none of them open yet."""
    kind = SessionWindows if spec.kind == "session" else PaneWindows
    return kind(spec, aggregates, lateness_us, refinements, emit)
