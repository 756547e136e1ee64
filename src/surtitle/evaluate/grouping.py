"""Ways of cutting the test examples into slices: by a column's values, by length, by time."""

import math
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from surtitle.evaluate._arrays import IntArray

__all__ = ["Grouping", "by_length", "by_time", "by_value", "to_times"]

MOST_VALUES = 20
MOST_PERIODS = 12
_FEWEST_PERIODS = 3
_LENGTH_BINS = 5
_MISSING = "(none)"
_DAYS_TO_MONDAY = 3  # 1970-01-01 was a Thursday


class Grouping(msgspec.Struct, frozen=True):
    """A name per group, and for each example the index of its group (-1: in none)."""

    names: tuple[str, ...]
    codes: IntArray


def by_value(values: Sequence[str | None]) -> Grouping:
    """Group by equal values: the 20 most frequent ones, the most frequent first, and one group for the rest.

    Examples
    --------
    >>> by_value(["chess", "chess", None]).names
    ('chess', '(none)')
    """
    named = [_MISSING if value is None or value == "" else str(value) for value in values]
    counts = Counter(named)
    ranked = sorted(counts, key=lambda name: (-counts[name], name))
    kept = ranked if len(ranked) <= MOST_VALUES + 1 else ranked[:MOST_VALUES]
    index = {name: k for k, name in enumerate(kept)}
    codes = np.array([index.get(name, len(kept)) for name in named], dtype=np.int64)
    rest = len(ranked) - len(kept)
    return Grouping((*kept, f"other ({rest:,} values)") if rest else tuple(kept), codes)


def by_length(texts: Sequence[str]) -> Grouping:
    """Group into fifths by the number of characters; fewer groups where many texts are of one length.

    Examples
    --------
    >>> by_length(["a" * k for k in range(1, 11)]).names
    ('1 to 2 characters', '3 to 4 characters', '5 to 6 characters', '7 to 8 characters', '9 to 10 characters')
    """
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    shares = np.arange(1, _LENGTH_BINS + 1) / _LENGTH_BINS
    tops = np.unique(np.quantile(lengths, shares, method="inverted_cdf"))
    codes = np.searchsorted(tops, lengths)
    spans = [(lengths[codes == k].min(), lengths[codes == k].max()) for k in range(len(tops))]
    return Grouping(tuple(_span(int(low), int(high)) for low, high in spans), codes)


def _span(low: int, high: int) -> str:
    return f"{low:,} characters" if low == high else f"{low:,} to {high:,} characters"


def to_times(values: Any) -> NDArray[np.datetime64]:
    """Return datetime64 in microseconds, UTC; NaT where there is none.

    Examples
    --------
    >>> to_times([datetime(2026, 5, 1, tzinfo=UTC), None]).astype(str).tolist()
    ['2026-05-01T00:00:00.000000', 'NaT']
    """
    if isinstance(values, np.ndarray):
        return values.astype("datetime64[us]")
    return np.array([_naive_utc(value) for value in values], dtype="datetime64[us]")


def _naive_utc(value: Any) -> Any:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value.astimezone(UTC).replace(tzinfo=None)
    return "NaT" if value is None else value


def by_time(times: NDArray[np.datetime64], *, fewest: int = 1) -> Grouping:
    """Group into days, weeks (from Monday), months, quarters or years.

    The shortest of these is taken that gives at most 12 periods, of `fewest` examples on average; when none gives so
    many examples, the longest that still gives 3 periods. Examples of unknown time are in no group, and a period
    without examples gets none.

    Examples
    --------
    >>> by_time(to_times(["2026-01-30", "2026-03-02", "2026-09-01"])).names
    ('2026-01', '2026-03', '2026-09')
    """
    known = ~np.isnat(times)
    codes = np.full(len(times), -1, dtype=np.int64)
    if not known.any():
        return Grouping((), codes)
    numbers, unit = _periods(times[known], fewest)
    distinct, positions = np.unique(numbers, return_inverse=True)
    codes[known] = positions
    return Grouping(tuple(_period_name(int(number), unit) for number in distinct), codes)


def _periods(times: NDArray[np.datetime64], fewest: int) -> tuple[IntArray, str]:
    days = times.astype("datetime64[D]").astype(np.int64)
    months = times.astype("datetime64[M]").astype(np.int64)
    units = {"day": days, "week": (days + _DAYS_TO_MONDAY) // 7, "month": months, "quarter": months // 3}
    short = {unit: numbers for unit, numbers in units.items() if numbers.max() - numbers.min() < MOST_PERIODS}
    if not short:
        return _years(months // 12)
    counts = {unit: len(np.unique(numbers)) for unit, numbers in short.items()}
    full = [unit for unit, count in counts.items() if len(times) >= fewest * count]
    long = [unit for unit, count in counts.items() if count >= _FEWEST_PERIODS]
    unit = next(iter([*full[:1], *long[-1:], *short]))
    return short[unit], unit


def _years(years: IntArray) -> tuple[IntArray, str]:
    first = int(years.min())
    step = math.ceil((int(years.max()) - first + 1) / MOST_PERIODS)
    return first + (years - first) // step * step, f"{step} years"


def _period_name(number: int, unit: str) -> str:
    if unit == "day":
        return str(np.datetime64(number, "D"))
    if unit == "week":
        return f"week of {np.datetime64(number * 7 - _DAYS_TO_MONDAY, 'D')}"
    if unit == "month":
        return str(np.datetime64(number, "M"))
    if unit == "quarter":
        return f"{1970 + number // 4} Q{number % 4 + 1}"
    step = int(unit.split()[0])
    return str(1970 + number) if step == 1 else f"{1970 + number} to {1970 + number + step - 1}"
