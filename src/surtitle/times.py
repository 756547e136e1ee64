"""Times as people write them -> microseconds since 1970 in UTC."""

import re
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

__all__ = ["parse_time"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NUMBER = re.compile(r"\d{9,19}(\.\d*)?")
_TWITTER = re.compile(r"([A-Z][a-z]{2} [A-Z][a-z]{2} \d{2} [\d:]{8}) ([+-]\d{4}) (\d{4})")
_SPACED_OFFSET = re.compile(r"\s+(UTC|GMT|Z|[+-]\d{2}:?\d{2})$")
_NUMBERS = (int, float, Decimal)
# A count of seconds stays below the first limit until the year 5138; then come milli-, micro- and nanoseconds.
_UNITS = ((1e11, 1_000_000), (1e14, 1_000), (1e17, 1))


def parse_time(value: Any) -> int | None:
    """Return microseconds since 1970 in UTC, or None if `value` is not a time.

    Understood are dates and times of Python, ISO 8601 (``2017-03-01``, ``2017-03-01T12:00:00Z``, also with a space or
    slashes), the forms of e-mail and Twitter, and counts of seconds, milli-, micro- or nanoseconds since 1970 (from
    1973 on; smaller numbers are more likely something else). Times without a zone are UTC. Forms that could be read
    in two ways, such as 03/04/2017, are not guessed at.

    Examples
    --------
    >>> parse_time("1970-01-01T00:00:01Z"), parse_time("1488326400"), parse_time("03/04/2017")
    (1000000, 1488326400000000, None)
    """
    try:
        if isinstance(value, str):
            return _parse_text(value.strip())
        if isinstance(value, date):
            return _micros(value if isinstance(value, datetime) else datetime(value.year, value.month, value.day))
        if isinstance(value, _NUMBERS) and not isinstance(value, bool):
            return _from_number(value)
    except (ValueError, OverflowError, ArithmeticError):
        return None
    return None


def _parse_text(text: str) -> int | None:
    try:
        return _micros(datetime.fromisoformat(text))
    except ValueError:
        pass
    if _NUMBER.fullmatch(text):
        return _from_number(Decimal(text))
    if twitter := _TWITTER.fullmatch(text):
        return _micros(datetime.strptime(f"{twitter[1]} {twitter[2]} {twitter[3]}", "%a %b %d %H:%M:%S %z %Y"))
    if text[:4].isdigit() and len(text) > 4:
        text = _SPACED_OFFSET.sub(lambda m: "Z" if m[1].isalpha() else m[1], text.replace("/", "-"))
        return _micros(datetime.fromisoformat(text))
    return _micros(parsedate_to_datetime(text)) if "," in text else None


def _from_number(value: float | Decimal) -> int | None:
    if not 1e8 <= value < 1e19:
        return None
    for limit, factor in _UNITS:
        if value < limit:
            return int(value * factor)
    return int(value) // 1000


def _micros(moment: datetime) -> int:
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - _EPOCH) // _MICROSECOND
