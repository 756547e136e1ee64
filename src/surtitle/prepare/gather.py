"""One pass over all rows: examples to disk, and of each only a few numbers in memory."""

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from surtitle.errors import DataError
from surtitle.prepare.columns import Examples, Mapped, Mapper, column_faults
from surtitle.prepare.findings import MAX_PLACES, BadRow, BadRows, Finding, Kind, findings_of, unreadable
from surtitle.prepare.identity import value_key
from surtitle.prepare.inputs import Inputs
from surtitle.prepare.leaks import Sample
from surtitle.prepare.numbers import NO_TIME, Int32Array, Int64Array, KeyArray
from surtitle.prepare.readers import Chunk
from surtitle.prepare.staging import Stage
from surtitle.progress import Reporter

__all__ = ["Gathered", "gather"]

_MAX_LABELS = 1000
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


_ARRAYS: dict[str, type[np.generic]] = {
    "keys": np.uint64,
    "exact": np.int64,
    "groups": np.uint64,
    "clients": np.uint64,
    "labels": np.int32,
    "times": np.int64,
    "rows": np.int64,
    "source": np.int32,
}


class Gathered(msgspec.Struct, frozen=True):
    """What is known of the data after it was read once; arrays have one place per example, in the order of reading.

    Parameters
    ----------
    rows_read : int
        All rows, bad ones too.
    classes : tuple of str
        The labels, sorted; `labels` are indices of it.
    sources : tuple of str
        Names of the sources; `source` are indices of it.
    keys, groups, clients : uint64
        Hashes of the normal form, of the group, of the client (0: none); `groups` is empty without one.
    exact : int64
        Python's hash of the text as it is.
    times : int64
        Microseconds; `NO_TIME` where there is none.
    rows : int64
        Row numbers.
    bad_counts : dict of str to int
        Rows left out, by kind.
    bad_first : dict of str to list of BadRow
        The first few of each kind.
    bad_times : tuple of BadRow
        Rows kept although their time cannot be read: the first few; `n_bad_times` counts all.
    damaged, nul : tuple of (int, tuple of str)
        How many texts hold U+FFFD or NUL, and the first places.
    faults : tuple of Finding
        What is wrong with whole sources.
    sample : Sample
        Of all columns.
    """

    rows_read: int
    classes: tuple[str, ...]
    sources: tuple[str, ...]
    keys: KeyArray
    exact: Int64Array
    groups: KeyArray
    clients: KeyArray
    labels: Int32Array
    times: Int64Array
    rows: Int64Array
    source: Int32Array
    bad_counts: dict[Kind, int]
    bad_first: dict[Kind, list[BadRow]]
    bad_times: tuple[BadRow, ...]
    n_bad_times: int
    damaged: tuple[int, tuple[str, ...]]
    nul: tuple[int, tuple[str, ...]]
    faults: tuple[Finding, ...]
    sample: Sample

    def place(self, index: int) -> str:
        """Where example `index` stands, as ``file:row``."""
        return f"{self.sources[self.source[index]]}:{self.rows[index]}"

    def places(self, indices: Int64Array) -> tuple[str, ...]:
        """Where the first few of some examples stand."""
        return tuple(self.place(int(index)) for index in indices[:MAX_PLACES])


class _Marks:
    """Counts texts that hold a character."""

    def __init__(self, character: str) -> None:
        self._character = character
        self.count = 0
        self.places: list[str] = []

    def look(self, source: str, rows: list[int], texts: list[str]) -> None:
        for row, text in zip(rows, texts, strict=True):
            if self._character in text:
                self.count += 1
                if len(self.places) < MAX_PLACES:
                    self.places.append(f"{source}:{row}")


class _Gatherer:
    def __init__(self, mapped: Mapped, stage: Stage, bad: BadRows, max_text_bytes: int) -> None:
        self.mapped, self.stage, self.bad = mapped, stage, bad
        self.mapper = Mapper(mapped, max_text_bytes)
        self.sample = Sample()
        self.rows_read = 0
        self.codes: dict[str, int] = {}
        self.sources: dict[str, int] = {}
        self.arrays: dict[str, list[Any]] = {name: [] for name in _ARRAYS}
        self.damaged, self.nul = _Marks(_REPLACEMENT), _Marks("\0")

    def add(self, chunk: Chunk) -> None:
        self.rows_read += len(chunk.rows) + len(chunk.bad)
        examples, bad = self.mapper.map(chunk)
        self.bad.add(sorted((*chunk.bad, *bad), key=lambda row: row.row))
        if not examples.at:
            return
        self.stage.add(chunk.source, examples)
        self.sample.add(examples.at, examples.label, chunk.columns)
        for marks in (self.damaged, self.nul):
            marks.look(chunk.source, examples.row, examples.text)
        self._note(chunk.source, examples)
        if len(self.codes) > _MAX_LABELS:
            what = f"has more than {_MAX_LABELS:,} different values, such as {', '.join(list(self.codes)[:3])!r}"
            raise unreadable("data.label", f"column {self.mapped.label!r} {what}", "is it the label's column?")

    def _note(self, source: str, examples: Examples) -> None:
        codes, n = self.codes, len(examples.at)
        labels = [codes.setdefault(label, len(codes)) for label in examples.label]
        times = [NO_TIME if time is None else time for time in examples.time]
        number = self.sources.setdefault(source, len(self.sources))
        values = {
            "keys": examples.key,
            "exact": examples.exact,
            "groups": examples.group,
            "clients": [0 if client is None else value_key(client) for client in examples.client],
            "labels": labels,
            "times": times,
            "rows": examples.row,
            "source": [number] * n,
        }
        for name, kind in _ARRAYS.items():
            self.arrays[name].append(np.array(values[name], dtype=kind))

    def finish(self, faults: tuple[Finding, ...]) -> Gathered:
        classes = tuple(sorted(self.codes))
        # Codes were given out in order of appearance; classes are sorted.
        recode = np.zeros(len(classes), dtype=np.int32)
        for rank, label in enumerate(classes):
            recode[self.codes[label]] = rank
        labels = self._take("labels")
        return Gathered(
            rows_read=self.rows_read,
            classes=classes,
            sources=tuple(self.sources),
            keys=self._take("keys"),
            exact=self._take("exact"),
            groups=self._take("groups"),
            clients=self._take("clients"),
            labels=recode[labels] if len(classes) else labels,
            times=self._take("times"),
            rows=self._take("rows"),
            source=self._take("source"),
            bad_counts=dict(self.bad.counts),
            bad_first=self.bad.first,
            bad_times=tuple(self.mapper.bad_times),
            n_bad_times=self.mapper.n_bad_times,
            damaged=(self.damaged.count, tuple(self.damaged.places)),
            nul=(self.nul.count, tuple(self.nul.places)),
            faults=faults,
            sample=self.sample,
        )

    def _take(self, name: str) -> Any:
        """Return an array of all chunks' values, and let go of the chunks'."""
        parts = self.arrays.pop(name)
        return np.concatenate(parts) if parts else np.zeros(0, dtype=_ARRAYS[name])


def gather(inputs: Inputs, stage: Stage, bad_rows: Path, reporter: Reporter) -> Gathered:
    """Read everything once.

    Parameters
    ----------
    inputs : Inputs
        What to read.
    stage : Stage
        Where examples go.
    bad_rows : Path
        The file for rows that cannot be used.
    reporter : Reporter
        Told of the bytes read, or rows of a query.
    """
    settings = inputs.project.settings
    mapped = Mapped.of(settings)
    errors: list[DataError] = []
    seen: dict[str, dict[str, None]] = {}
    skipped: set[str] = set()
    with BadRows(bad_rows) as bad:
        gatherer = _Gatherer(mapped, stage, bad, settings.data.max_row_bytes)
        for chunk in inputs.chunks(reporter, errors):
            columns = seen.setdefault(chunk.source, {})
            columns.update(dict.fromkeys(chunk.columns))
            if chunk.fixed and chunk.columns and column_faults(mapped, list(columns), chunk.source):
                skipped.add(chunk.source)
            if chunk.source in skipped:
                continue
            try:
                gatherer.add(chunk)
            except DataError as error:
                errors.append(error)
                break
    faults = [
        Finding("error", "columns", f"{fault.where}: {fault.what}", 1, (), fault.remedy)
        for source, columns in seen.items()
        if columns
        for fault in column_faults(mapped, list(columns), source)
    ]
    faults += [finding for error in errors for finding in findings_of(error, "source")]
    return gatherer.finish(tuple(faults))
