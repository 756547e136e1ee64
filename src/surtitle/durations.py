"""Durations as people write them. PURE.

All durations are whole microseconds, so that sums and comparisons are exact.
"""

import re

__all__ = ["parse_duration"]

_UNITS = {"ms": 1_000, "s": 1_000_000, "m": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
_LONGEST_US = 36_500 * _UNITS["d"]
_DURATION = re.compile(r"(\d{1,9})(ms|s|m|h|d)")


def parse_duration(text: str) -> int:
    """Return a duration in microseconds.

    Parameters
    ----------
    text : str
        A whole number and a unit: ``ms``, ``s``, ``m``, ``h`` or ``d``.

    Raises
    ------
    ValueError
        If it is anything else, or longer than a hundred years; the message says what was expected.

    Examples
    --------
    >>> parse_duration("90s"), parse_duration("0s")
    (90000000, 0)
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a duration; write a whole number and ms, s, m, h or d, such as 90s")
    duration = int(match[1]) * _UNITS[match[2]]
    if duration > _LONGEST_US:
        raise ValueError(f"{text!r} is longer than a hundred years")
    return duration
