"""Which column is what, told from names and first rows. PURE: a proposal that a person confirms or corrects."""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Literal

import msgspec

from surtitle.times import parse_time

__all__ = ["ROLES", "Proposal", "Role", "propose_columns"]

Role = Literal["text", "label", "time", "client", "id"]
ROLES: tuple[Role, ...] = ("text", "label", "time", "client", "id")

# Telling names, the most telling first. A longer name counts when one of its words is telling: is_spam, tweet_text.
_NAMES: Mapping[Role, tuple[str, ...]] = {
    "text": ("text", "body", "comment", "tweet", "message", "review", "content", "sentence", "document", "post"),
    "label": (
        *("label", "labels", "class", "target", "y", "removed", "spam", "toxic", "sentiment", "category", "flagged"),
        *("offensive", "hate", "polarity", "stance", "rating", "stars"),
    ),
    "time": ("created_utc", "created_at", "timestamp", "time", "datetime", "date", "created", "published", "posted"),
    "client": (
        *("client", "tenant", "subreddit", "community", "airline", "event", "domain", "market", "shop", "forum"),
        *("channel", "site", "brand", "customer", "country"),
    ),
    "id": ("id", "uuid", "guid", "key"),
}
_MAX_LABELS = 30
_MAX_CLIENTS = 500


class Proposal(msgspec.Struct, frozen=True):
    """What each column seems to be; empty where none fits, or where several fit as well as each other.

    Parameters
    ----------
    text, label, time, client, id : str
        Columns.
    candidates : mapping of str to tuple of str
        For each role every column that would fit, the best first.
    """

    text: str
    label: str
    time: str
    client: str
    id: str
    candidates: Mapping[str, tuple[str, ...]]


def propose_columns(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Proposal:
    """Say which column is the text, the label, the time, the client and the identifier.

    Parameters
    ----------
    names : sequence of str
        The columns' names; an unnamed column is never proposed.
    rows : sequence of sequences of str
        Some rows, each as long as `names`; missing values as empty texts.

    Examples
    --------
    >>> rows = [["1", "you are kind", "0", "chess"], ["2", "you are a dummy", "1", "chess"], ["3", "hi all", "0", "go"]]
    >>> found = propose_columns(["id", "body", "removed", "subreddit"], rows)
    >>> found.text, found.label, found.time, found.client, found.id
    ('body', 'removed', '', 'subreddit', 'id')
    """
    columns = [
        _Column(name, [row[place].strip() for row in rows if row[place].strip()], len(rows))
        for place, name in enumerate(names)
        if name.strip()
    ]
    candidates: dict[str, tuple[str, ...]] = {}
    chosen: dict[str, str] = {}
    for role in ("text", "time", "label", "client", "id"):
        free = [column for column in columns if column.name not in chosen.values()]
        scores = [(fit, column.name) for column in free if (fit := _FITS[role](column))]
        ranked = sorted(scores, key=lambda scored: -scored[0])  # equals stay in the file's order
        candidates[role] = tuple(name for _, name in ranked)
        chosen[role] = _unless_tied(ranked)
    return Proposal(candidates=candidates, **chosen)


def _unless_tied(ranked: Sequence[tuple[float, str]]) -> str:
    if not ranked or (len(ranked) > 1 and ranked[1][0] > 0.8 * ranked[0][0]):
        return ""
    return ranked[0][1]


class _Column:
    """A column's name, its values that are not empty, and figures about them."""

    def __init__(self, name: str, values: Sequence[str], n_rows: int) -> None:
        self.name = name
        self.values = values
        self.filled = len(values) / max(n_rows, 1)
        self.distinct = len(set(values))
        self.mean_chars = sum(map(len, values)) / max(len(values), 1)
        self.mean_words = sum(len(value.split()) for value in values) / max(len(values), 1)

    def share(self, test: Callable[[str], bool]) -> float:
        """Return the share of values for which `test` holds."""
        return sum(map(test, self.values)) / max(len(self.values), 1)

    @cached_property
    def is_time(self) -> bool:
        """Most values are dates; plain numbers count as seconds only under a telling name."""
        numbers_count = _rank(self.name, "time") > 0
        return bool(self.values) and self.share(lambda value: _is_time(value, numbers_count=numbers_count)) > 0.9


def _rank(name: str, role: Role) -> float:
    """Return how telling a name is: 0 (not at all) to 1, a whole name above one of several words."""
    known = _NAMES[role]
    plain = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name.strip()).lower().replace(" ", "_")
    if plain in known:
        return 1 - known.index(plain) / (2 * len(known))
    words = [word for word in re.split(r"[^a-z0-9]+", plain) if word in known]
    return (1 - known.index(words[-1]) / (2 * len(known))) / 2 if words else 0.0


def _is_time(value: str, *, numbers_count: bool) -> bool:
    return (numbers_count or not _is_number(value)) and parse_time(value) is not None


def _text_fit(column: _Column) -> float:
    if column.is_time or not column.values or column.share(_is_number) > 0.5:
        return 0.0
    named = _rank(column.name, "text")
    if column.distinct < 0.3 * len(column.values) or (column.mean_words < 2 and not named):
        return 0.0
    return column.mean_chars * column.filled * (1 + 3 * named)


def _label_fit(column: _Column) -> float:
    if column.is_time or not 1 <= column.distinct <= min(_MAX_LABELS, max(2, len(column.values) // 2)):
        return 0.0
    named = _rank(column.name, "label")
    if named:
        return column.filled * named
    # Without a telling name a column can still be the label, if nothing else can; more values make it less likely.
    unlikely = column.distinct < 2 or column.mean_chars > 40 or _rank(column.name, "client") or column.filled < 0.9
    return 0.0 if unlikely else 0.1


def _time_fit(column: _Column) -> float:
    # The time of a late label is not the time of its text.
    if not column.is_time or "label" in column.name.lower():
        return 0.0
    return column.filled * (0.1 + _rank(column.name, "time"))


def _client_fit(column: _Column) -> float:
    named = _rank(column.name, "client")
    few = 1 <= column.distinct <= min(_MAX_CLIENTS, max(2, len(column.values) // 3))
    if not named or not few or column.is_time or column.mean_chars > 60:
        return 0.0
    return column.filled * named


def _id_fit(column: _Column) -> float:
    unique = len(column.values) > 0 and column.distinct == len(column.values) and column.filled == 1
    return _rank(column.name, "id") if unique and column.mean_words < 1.5 else 0.0


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


_FITS: Mapping[Role, Callable[[_Column], float]] = {
    "text": _text_fit,
    "label": _label_fit,
    "time": _time_fit,
    "client": _client_fit,
    "id": _id_fit,
}
