"""Records -> events by column; what cannot be read becomes a dead letter. PURE."""

import csv
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any

import msgspec

from surtitle.stream.letters import DeadLetter
from surtitle.stream.ports import Batch
from surtitle.times import parse_time

__all__ = ["Columns", "Decoder", "Events", "moment"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_KEPT_OF_TOO_LONG = 1000
_EARLIEST = -2_208_988_800_000_000  # 1900: what is older is a fault, and a window around it might begin before year 1
_EXACT = 4 * 10**15  # until the year 2096, seconds as a float are right to a quarter of a microsecond
_Scalar = str | int | float | bool | None


class Columns(msgspec.Struct, frozen=True):
    """What the fields of a record are called.

    Parameters
    ----------
    text : str
        The field with the text; a record without it, or with something else in it than text, is a dead letter.
    id, time, client : str
        Fields with an identifier, the event time and the client; empty: there is none. Without an identifier the
        record's place takes its part, without a time that of arrival does.
    others : tuple of str
        Further fields that are needed, for windows and rules.
    whole : bool
        The record as it is, is the text; there are no fields.
    """

    text: str = "text"
    id: str = ""
    time: str = ""
    client: str = ""
    others: tuple[str, ...] = ()
    whole: bool = False


class Events(msgspec.Struct):
    """Events of one partition by column, all of the same length.

    Parameters
    ----------
    partition : str
        Where they are from.
    positions, texts, ids, times_us, clients
        One each. Times are microseconds since 1970.
    values : list of bytes
        The records.
    keys : list of bytes or None, or None
        The records' keys.
    others : dict of str to list
        The further fields, by name, as text.
    dead : list of DeadLetter
        What could not be read.
    columns : tuple of str or None
        Of the batch.
    """

    partition: str
    positions: Sequence[int]
    texts: list[str]
    ids: list[str]
    times_us: list[int]
    clients: list[str | None]
    values: list[bytes]
    keys: list[bytes | None] | None
    others: dict[str, list[str | None]]
    dead: list[DeadLetter]
    columns: tuple[str, ...] | None

    def __len__(self) -> int:
        return len(self.texts)

    def column(self, name: str, client: str) -> list[str | None]:
        """Return a field by its name; the client's may be called `client` too, whatever its field is called."""
        return self.clients if name in ("client", client) else self.others[name]

    def only(self, places: Sequence[int]) -> "Events":
        """Return the events at these places."""
        return Events(
            partition=self.partition,
            positions=[self.positions[place] for place in places],
            texts=[self.texts[place] for place in places],
            ids=[self.ids[place] for place in places],
            times_us=[self.times_us[place] for place in places],
            clients=[self.clients[place] for place in places],
            values=[self.values[place] for place in places],
            keys=None if self.keys is None else [self.keys[place] for place in places],
            others={name: [column[place] for place in places] for name, column in self.others.items()},
            dead=self.dead,
            columns=self.columns,
        )

    def dead_of(self, reasons: Mapping[int, str]) -> list[DeadLetter]:
        """Return dead letters for the events at some places."""
        return [
            DeadLetter(self.partition, self.positions[place], reason, self.values[place], self.columns)
            for place, reason in reasons.items()
        ]


class Decoder:
    """Reads records of JSON or CSV.

    Parameters
    ----------
    columns : Columns
        What the fields are called.
    max_record_bytes : int
        A longer record is a dead letter.
    max_ahead_us : int
        How far after its arrival an event may claim to have happened. One that claims more is a dead letter, because it
        would close every window.

    Examples
    --------
    >>> decoder = Decoder(Columns(id="id"), max_record_bytes=1000, max_ahead_us=0)
    >>> batch = Batch("a.jsonl", [b'{"id": 1, "text": "hello"}', b'{"id": 2}'], range(2))
    >>> events = decoder.decode(batch, now=0)
    >>> events.ids, events.texts, [letter.reason for letter in events.dead]
    (['1'], ['hello'], ['Object missing required field `text`'])
    """

    def __init__(self, columns: Columns, *, max_record_bytes: int, max_ahead_us: int) -> None:
        self._columns = columns
        self._max_bytes = max_record_bytes
        self._max_ahead = max_ahead_us
        names = list(dict.fromkeys(n for n in (columns.id, columns.time, columns.client, *columns.others) if n))
        names = [name for name in names if name != columns.text]
        self._fields = {columns.text: "text", **{name: f"field_{place}" for place, name in enumerate(names)}}
        kind = msgspec.defstruct(
            "Record",
            [("text", str), *((self._fields[name], _Scalar, None) for name in names)],
            rename={field: name for name, field in self._fields.items()},
            gc=False,
        )
        self._decode: Callable[[bytes], Any] = self._whole if columns.whole else msgspec.json.Decoder(kind).decode
        self._kind = kind

    def decode(self, batch: Batch, now: int) -> Events:
        """Read a batch that arrived at `now`, in microseconds since 1970."""
        dead: list[DeadLetter] = []
        if batch.broken:
            batch = _without_last(batch, dead)
        read = self._read_csv if batch.columns is not None else self._read_json
        kept, records = read(batch, dead)
        times = self._times(records, now)
        if None in times:
            records, kept, times = self._without_bad_times(batch, records, kept, times, now, dead)
        whole = len(kept) == len(batch.values)
        positions = batch.positions if whole else [batch.positions[place] for place in kept]
        keys = batch.keys if whole or batch.keys is None else [batch.keys[place] for place in kept]
        return Events(
            partition=batch.partition,
            positions=positions,
            texts=[record.text for record in records],
            ids=self._ids(batch.partition, records, positions),
            times_us=times,  # type: ignore[arg-type]  # None is gone
            clients=self._texts_of(self._columns.client, records),
            values=batch.values if whole else [batch.values[place] for place in kept],
            keys=keys,
            others={name: self._texts_of(name, records) for name in self._columns.others},
            dead=dead,
            columns=batch.columns,
        )

    def _whole(self, value: bytes) -> Any:
        return self._kind(text=value.decode("utf-8"))

    def _read_json(self, batch: Batch, dead: list[DeadLetter]) -> tuple[Sequence[int], list[Any]]:
        if max(map(len, batch.values), default=0) <= self._max_bytes:
            try:
                return range(len(batch.values)), list(map(self._decode, batch.values))
            except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
                pass  # one of them is bad: find out which
        return self._one_by_one(batch, self._decode, dead)

    def _read_csv(self, batch: Batch, dead: list[DeadLetter]) -> tuple[Sequence[int], list[Any]]:
        columns = batch.columns or ()

        def read(value: bytes) -> Any:
            rows = list(csv.reader([value.decode("utf-8")], strict=True))
            fields = rows[0] if rows else []
            if len(fields) != len(columns):
                raise ValueError(f"has {len(fields)} fields, the header has {len(columns)}")
            given = {name: field or None for name, field in zip(columns, fields, strict=True) if name in self._fields}
            if self._columns.text in given:
                given[self._columns.text] = given[self._columns.text] or ""
            return msgspec.convert(given, self._kind)

        return self._one_by_one(batch, read, dead)

    def _one_by_one(
        self, batch: Batch, read: Callable[[bytes], Any], dead: list[DeadLetter]
    ) -> tuple[Sequence[int], list[Any]]:
        kept, records = [], []
        for place, value in enumerate(batch.values):
            if len(value) > self._max_bytes:
                dead.append(self._letter(batch, place, f"is longer than {self._max_bytes:,} bytes"))
                continue
            try:
                records.append(read(value))
            except UnicodeDecodeError as error:
                dead.append(self._letter(batch, place, f"is not UTF-8 (byte {error.start})"))
            except RecursionError:
                dead.append(self._letter(batch, place, "is nested too deeply"))
            except (msgspec.MsgspecError, csv.Error, ValueError) as error:
                dead.append(self._letter(batch, place, str(error) if value else "is empty"))
            else:
                kept.append(place)
        return kept, records

    def _letter(self, batch: Batch, place: int, reason: str) -> DeadLetter:
        value = batch.values[place]
        kept = value if len(value) <= self._max_bytes else value[:_KEPT_OF_TOO_LONG]
        return DeadLetter(batch.partition, batch.positions[place], reason, kept, batch.columns)

    def _times(self, records: list[Any], now: int) -> list[int | None]:
        if not self._columns.time:
            return [now] * len(records)
        latest = now + self._max_ahead
        raw = map(attrgetter(self._fields[self._columns.time]), records)
        found = [now if value is None else parse_time(value) for value in raw]
        return [None if time is None or not _EARLIEST <= time <= latest else time for time in found]

    def _without_bad_times(
        self,
        batch: Batch,
        records: list[Any],
        kept: Sequence[int],
        times: Sequence[int | None],
        now: int,
        dead: list[DeadLetter],
    ) -> tuple[list[Any], list[int], list[int | None]]:
        field = attrgetter(self._fields[self._columns.time])
        for place, record, time in zip(kept, records, times, strict=True):
            if time is None:
                dead.append(self._letter(batch, place, self._what_is_wrong(field(record), now)))
        good = [place for place, time in enumerate(times) if time is not None]
        return [records[i] for i in good], [kept[i] for i in good], [times[i] for i in good]

    def _what_is_wrong(self, value: Any, now: int) -> str:
        shown = repr(value) if len(repr(value)) <= 60 else f"{repr(value)[:57]}..."
        time = parse_time(value)
        if time is None:
            return f"{self._columns.time} is {shown}, which is not a time"
        if time < _EARLIEST:
            return f"{self._columns.time} is {shown}, before 1900"
        ahead = timedelta(microseconds=self._max_ahead)
        return f"{self._columns.time} is {shown}, more than {ahead} after it arrived ({moment(now):%Y-%m-%d %H:%M:%S})"

    def _ids(self, partition: str, records: list[Any], positions: Iterable[int]) -> list[str]:
        if not self._columns.id:
            return [f"{partition}:{position}" for position in positions]
        raw = map(attrgetter(self._fields[self._columns.id]), records)
        return [
            value if type(value) is str else f"{partition}:{position}" if value is None else str(value)
            for value, position in zip(raw, positions, strict=True)
        ]

    def _texts_of(self, name: str, records: list[Any]) -> list[str | None]:
        if not name:
            return [None] * len(records)
        raw = list(map(attrgetter(self._fields[name]), records))
        return [value if value is None or type(value) is str else _text(value) for value in raw]


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def moment(time_us: int) -> datetime:
    """Return microseconds since 1970 as an aware datetime.

    Examples
    --------
    >>> moment(1_488_326_400_000_000).isoformat()
    '2017-03-01T00:00:00+00:00'
    """
    if -_EXACT < time_us < _EXACT:
        return datetime.fromtimestamp(time_us / 1_000_000, UTC)  # half the time of the sum, and as exact
    return _EPOCH + timedelta(microseconds=time_us)


def _without_last(batch: Batch, dead: list[DeadLetter]) -> Batch:
    """Take the record that is not whole away."""
    dead.append(DeadLetter(batch.partition, batch.positions[-1], batch.broken, batch.values[-1], batch.columns))
    keys = None if batch.keys is None else batch.keys[:-1]
    return Batch(batch.partition, batch.values[:-1], batch.positions[:-1], keys, batch.columns)
