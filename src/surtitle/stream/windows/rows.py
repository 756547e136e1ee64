"""What a window says when it is looked at, and how what is said later relates to what was said before. PURE."""

from collections.abc import Callable
from typing import Any, Literal

import msgspec

__all__ = ["Emit", "Refinements", "Row"]

Refinements = Literal["accumulate", "retract"]
"""How a later row of a window relates to an earlier one.

`accumulate`: it takes its place. `retract`: the earlier one comes again, with ``retract`` true, before the later one; a
sum over all rows, those with ``retract`` counted negatively, is then right at any time. In both, a row whose window is
gone because sessions were merged is retracted.
"""


class Row(msgspec.Struct, frozen=True):
    """One statement about one window.

    Parameters
    ----------
    window : str
        Which windows, in the words of the settings.
    key : tuple
        The values of the key's columns.
    start_us, end_us : int
        The window: from `start_us` on, before `end_us`. Of a session, the first event, and the last plus the gap.
    revision : int
        0 for the first row of this window and key, then 1, 2, ...
    final : bool
        No further row of this window will come.
    retract : bool
        Takes back the row of the same revision.
    totals : dict
        What is told of the events.
    """

    window: str
    key: tuple[str | None, ...]
    start_us: int
    end_us: int
    revision: int
    final: bool
    retract: bool
    totals: dict[str, Any]


Emit = Callable[[Row], None]
"""Takes the rows in the order in which they are said."""
