"""The user's columns -> the columns of an example."""

import difflib
import math
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from surtitle.errors import Fault
from surtitle.prepare.findings import MAX_PLACES, BadRow, Kind
from surtitle.prepare.identity import text_key, value_key
from surtitle.prepare.readers.chunk import Chunk
from surtitle.settings import Settings
from surtitle.times import parse_time

__all__ = ["Examples", "Mapped", "Mapper", "column_faults"]

_OWN_COLUMNS = ("row", "source", "id", "text", "label", "time", "client", "key")
_EXCERPT = 200


class Mapped(msgspec.Struct, frozen=True):
    """Which of the user's columns is what; empty where there is none.

    Parameters
    ----------
    text, label, id, time, client, group : str
        Names of the user's columns.
    extras : tuple of str
        Columns kept under their own names: those to slice by, and the group.
    need_time : bool
        Whether an example without a time is of no use.
    slices : tuple of str
        Those of `extras` that are there to slice by.
    """

    text: str
    label: str
    id: str
    time: str
    client: str
    group: str
    extras: tuple[str, ...]
    need_time: bool
    slices: tuple[str, ...] = ()

    @classmethod
    def of(cls, settings: Settings) -> "Mapped":
        """Read the mapping from the settings."""
        data, split = settings.data, settings.split
        by_group = split.by == "group" or (split.by == "auto" and not data.time)
        wanted = dict.fromkeys((*settings.evaluate.slices, split.group))
        same = {name for name in ("text", "label", "client") if getattr(data, name) == name}
        return cls(
            text=data.text,
            label=data.label,
            id=data.id,
            time=data.time,
            client=data.client,
            group=split.group if by_group else "",
            extras=tuple(name for name in wanted if name and name not in same),
            need_time=bool(data.time) and split.by in ("auto", "time"),
            slices=settings.evaluate.slices,
        )

    @property
    def used(self) -> dict[str, str]:
        """The user's columns that are used -> the settings that name them."""
        found: dict[str, str] = {}
        for key in ("text", "label", "id", "time", "client"):
            if name := getattr(self, key):
                found.setdefault(name, f"data.{key}")
        for name in self.extras:
            found.setdefault(name, "evaluate.slices" if name in self.slices else "split.group")
        return found

    @property
    def reserved(self) -> list[str]:
        """The kept columns whose names the prepared table needs for its own."""
        return [name for name in self.extras if name in _OWN_COLUMNS]


def column_faults(mapped: Mapped, available: Sequence[str], source: str) -> list[Fault]:
    """Say which of the columns that the settings name are not there.

    Examples
    --------
    >>> mapped = Mapped("body", "label", "", "", "", "", (), False)
    >>> print(*column_faults(mapped, ["boddy", "label"], "a.csv"))
    data.text: a.csv has no column 'body'; did you mean 'boddy'? there are: boddy, label
    """
    faults = []
    for name, key in mapped.used.items():
        if name not in available:
            lower = {column.lower(): column for column in available}
            close = difflib.get_close_matches(name.lower(), lower, n=1, cutoff=0.5)
            near = f"did you mean {lower[close[0]]!r}? " if close else ""
            there = ", ".join(available[:30]) + (", ..." if len(available) > 30 else "")
            faults.append(Fault(key, f"{source} has no column {name!r}", f"{near}there are: {there}"))
    return faults


class Examples(msgspec.Struct):
    """The usable rows of a chunk, by column; `time` in microseconds, hashes of 64 bits."""

    at: list[int] = []
    row: list[int] = []
    id: list[str | None] = []
    text: list[str] = []
    label: list[str] = []
    time: list[int | None] = []
    client: list[str | None] = []
    key: list[int] = []
    exact: list[int] = []
    group: list[int] = []
    extras: dict[str, list[str | None]] = {}


class Mapper:
    """Turns chunks into examples and bad rows.

    Parameters
    ----------
    mapped : Mapped
        Which column is what.
    max_text_bytes : int
        A longer text makes a bad row.

    Attributes
    ----------
    bad_times : list of BadRow
        The first rows that are kept although their time cannot be read.
    n_bad_times : int
        How many such rows there are.
    """

    def __init__(self, mapped: Mapped, max_text_bytes: int) -> None:
        self._mapped = mapped
        self._limit = max_text_bytes
        self.bad_times: list[BadRow] = []
        self.n_bad_times = 0

    def map(self, chunk: Chunk) -> tuple[Examples, list[BadRow]]:
        """Return the examples of a chunk and the rows that cannot be any."""
        names = self._mapped
        examples, bad = Examples(extras={name: [] for name in names.extras}), []
        nothing = [None] * len(chunk.rows)
        columns = [chunk.columns.get(name, nothing) for name in (names.text, names.label, names.time)]
        for at, (text, label, time) in enumerate(zip(*columns, strict=True)):
            wrong = self._take(examples, at, chunk, text, label, time)
            if wrong:
                kind, reason = wrong
                excerpt = str(text)[:_EXCERPT] if text is not None else ""
                bad.append(BadRow(chunk.source, chunk.rows[at], kind, reason, excerpt=excerpt))
        self._add_plain_columns(examples, chunk.columns, nothing)
        return examples, bad

    def _take(
        self, examples: Examples, at: int, chunk: Chunk, text: Any, label: Any, time: Any
    ) -> tuple[Kind, str] | None:
        text = text if isinstance(text, str) else plain(text)
        if not text or text.isspace():
            return "text", "has no text"
        if len(text) > self._limit // 4 and len(text.encode("utf-8", "surrogatepass")) > self._limit:
            return "long", f"has a text of more than data.max_row_bytes = {self._limit:,}"
        label = (label if isinstance(label, str) else plain(label) or "").strip()
        if not label:
            return "label", "has no label"
        micros = parse_time(time) if self._mapped.time else None
        if micros is None and self._mapped.time:
            blank = time is None or time == ""
            reason = "has no time" if blank else f"has a time that cannot be read: {str(time)[:60]!r}"
            if self._mapped.need_time:
                return "time", reason
            if not blank:
                self.n_bad_times += 1
                if len(self.bad_times) < MAX_PLACES:
                    self.bad_times.append(BadRow(chunk.source, chunk.rows[at], "time", reason))
        examples.at.append(at)
        examples.row.append(chunk.rows[at])
        examples.text.append(text)
        examples.label.append(label)
        examples.time.append(micros)
        examples.key.append(text_key(text))
        examples.exact.append(hash(text))  # of this process only, where it says which texts are equal
        return None

    def _add_plain_columns(
        self, examples: Examples, columns: Mapping[str, Sequence[Any]], nothing: Sequence[None]
    ) -> None:
        names = self._mapped

        def taken(name: str) -> list[str | None]:
            values = columns.get(name, nothing)
            return [plain(values[at]) for at in examples.at]

        examples.id = taken(names.id)
        examples.client = taken(names.client)
        for name in names.extras:
            examples.extras[name] = taken(name)
        if names.group:
            groups = examples.extras.get(names.group) or taken(names.group)
            # A row without a group is a group of its own.
            examples.group = [
                key if group is None else value_key(group) for group, key in zip(groups, examples.key, strict=True)
            ]


def plain(value: Any) -> str | None:
    """Return a value as text: whole numbers without a point, dates as ISO 8601; None for nothing and for nested data.

    Examples
    --------
    >>> plain(1.0), plain(True), plain(""), plain([1])
    ('1', 'true', None, None)
    """
    if isinstance(value, str):
        return value or None
    if value is None or isinstance(value, list | dict | bytes):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float | Decimal):
        if math.isnan(value):
            return None
        return str(int(value)) if math.isfinite(value) and value == int(value) else str(value)
    return value.isoformat() if isinstance(value, date) else str(value)
