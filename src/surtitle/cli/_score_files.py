"""Files in, files out, a chunk at a time: every column kept, four added."""

import csv
import gzip
import io
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, cast

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from surtitle.cli._terminal import storable
from surtitle.errors import UsageError
from surtitle.models import Scorer
from surtitle.prepare.compression import open_unpacked
from surtitle.prepare.findings import BadRow, unreadable
from surtitle.prepare.layout import Layout
from surtitle.prepare.peek import Peek, peek
from surtitle.prepare.readers import CsvForm, read_csv, read_jsonl
from surtitle.prepare.sources import SourceFile, find_sources
from surtitle.progress import Reporter
from surtitle.records import Scored
from surtitle.replacing import replacing

__all__ = ["JsonLines", "Tally", "Target", "open_target", "plain_values", "score_file"]

_ADDED = ("score", "label", "action", "version")
_BATCH_ROWS = 4096


class Tally(msgspec.Struct):
    """What came of a file: rows scored, how many of each action, rows that could not be read."""

    rows: int = 0
    actions: Counter[str] = msgspec.field(default_factory=Counter)
    dead_letters: int = 0


class _Piece(msgspec.Struct, frozen=True):
    """Some consecutive rows, by column; columns of a Parquet file stay Arrow's."""

    columns: Mapping[str, Any]
    n_rows: int
    bad: tuple[BadRow, ...] = ()


class Target(Protocol):
    """Where scored rows go."""

    def write(self, columns: Mapping[str, Any]) -> None:
        """Write some rows, given by column.

        Raises
        ------
        DataError
            If the target needs all rows to have the same columns, and these have others than the first.
        """

    def close(self) -> None:
        """Finish what is written."""


def score_file(
    scorer: Scorer,
    version: int,
    source: Path,
    target: Target,
    *,
    column: str | None,
    usual: str,
    max_row_bytes: int,
    dead_letter: Callable[[BadRow], None],
    reporter: Reporter,
) -> Tally:
    """Score the texts of a file, keeping its columns and adding score, label, action and version.

    Parameters
    ----------
    scorer, version, source, target
        Which model, from where, to where.
    column, usual : str
        The column asked for, and the one that the project's own data has.
    max_row_bytes : int
        A longer row is a dead letter.
    dead_letter : callable
        Given every row that could not be read.
    reporter : Reporter
        Told of the rows.

    Raises
    ------
    DataError
        If the file cannot be read.
    UsageError
        If the column is not there, or not plain.
    """
    file = find_sources(source.parent, source.name)[0]
    seen = peek(file.path.parent, file.path.name)
    text = _text_column(seen, column, usual)
    tally = Tally()
    reporter.start(f"scoring {file.name}")
    for piece in _pieces(file, seen.layout, max_row_bytes):
        for row in piece.bad:
            dead_letter(row)
        tally.dead_letters += len(piece.bad)
        if piece.n_rows:
            texts = ["" if value is None else str(value) for value in plain_values(piece.columns[text])]
            scored = scorer.score(texts)
            target.write({**piece.columns, **_added(piece.columns, scored, version)})
            tally.rows += piece.n_rows
            tally.actions.update(each.action for each in scored)
        reporter.advance(piece.n_rows)
    reporter.done(f"scored {tally.rows:,} rows of {file.name}")
    return tally


def _text_column(seen: Peek, wanted: str | None, usual: str) -> str:
    there = ", ".join(name or '""' for name in seen.names)
    if wanted is not None and wanted not in seen.names:
        raise UsageError(f"{seen.file} has no column {wanted!r}; there are: {there}")
    chosen = wanted or (usual if usual in seen.names else seen.proposal.text)
    if not chosen:
        raise UsageError(f"which column of {seen.file} is the text? say --text-column NAME; there are: {there}")
    return chosen


def _pieces(file: SourceFile, layout: Layout | None, max_row_bytes: int) -> Iterator[_Piece]:
    if file.format == "parquet":
        yield from _parquet_pieces(file)
        return
    with open_unpacked(file) as (stream, _):
        if layout is None:
            chunks = read_jsonl(stream, file.name, max_row_bytes=max_row_bytes)
        else:
            names = () if layout.header else layout.names
            form = CsvForm(
                layout.delimiter, layout.quote, header=layout.header, columns=names, max_row_bytes=max_row_bytes
            )
            chunks = read_csv(stream, file.name, form)
        for chunk in chunks:
            yield _Piece(chunk.columns, len(chunk.rows), chunk.bad)


def _parquet_pieces(file: SourceFile) -> Iterator[_Piece]:
    try:
        with pq.ParquetFile(file.path) as opened:
            for batch in opened.iter_batches(batch_size=_BATCH_ROWS):
                yield _Piece(dict(zip(batch.schema.names, batch.columns, strict=True)), batch.num_rows)
    except pa.ArrowException as error:
        raise unreadable(file.name, f"is not a whole Parquet file: {error}", "get the file again") from error


class _Figures(list[float]):
    """Numbers that stay numbers in every format."""


def _added(columns: Mapping[str, Any], scored: Sequence[Scored], version: int) -> dict[str, list[Any]]:
    values: dict[str, list[Any]] = {
        "score": _Figures(each.score for each in scored),
        "label": [each.label for each in scored],
        "action": [each.action for each in scored],
        "version": _Figures([version] * len(scored)),
    }
    # A file to be scored often has a label of its own, which is not to be lost.
    return {f"surtitle_{name}" if name in columns else name: values[name] for name in _ADDED}


def plain_values(column: Any) -> Sequence[Any]:
    """Return a column as Python values."""
    if not isinstance(column, pa.Array):
        return cast(Sequence[Any], column)
    if pa.types.is_timestamp(column.type) and column.type.unit == "ns":
        # Python's datetime has no nanoseconds.
        column = column.cast(pa.timestamp("us", column.type.tz), safe=False)
    return cast(Sequence[Any], column.to_pylist())


class JsonLines:
    """Writes one JSON object per row."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._encoder = msgspec.json.Encoder(enc_hook=str)

    def write(self, columns: Mapping[str, Any]) -> None:
        """Write some rows."""
        names, values = list(columns), [plain_values(column) for column in columns.values()]
        for row in zip(*values, strict=True):
            self._stream.write(self._encoder.encode(dict(zip(names, map(storable, row), strict=True))) + b"\n")

    def close(self) -> None:
        """Finish."""
        self._stream.flush()


class _Delimited:
    """Writes rows with a header."""

    def __init__(self, stream: IO[bytes], delimiter: str) -> None:
        self._stream = stream
        self._delimiter = delimiter
        self._names: list[str] = []

    def write(self, columns: Mapping[str, Any]) -> None:
        """Write some rows."""
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self._delimiter, lineterminator="\n")
        if not self._names:
            self._names = list(columns)
            writer.writerow(self._names)
        writer.writerows(zip(*map(plain_values, _same(columns, self._names).values()), strict=True))
        self._stream.write(text.getvalue().encode("utf-8", "replace"))

    def close(self) -> None:
        """Finish."""
        self._stream.flush()


class _Parquet:
    """Writes row groups; columns that did not come from Parquet are text."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._writer: pq.ParquetWriter | None = None

    def write(self, columns: Mapping[str, Any]) -> None:
        """Write some rows."""
        names = self._writer.schema.names if self._writer else list(columns)
        table = pa.table({name: _array(column) for name, column in _same(columns, names).items()})
        if self._writer is None:
            self._writer = pq.ParquetWriter(self._stream, table.schema)
        self._writer.write_table(table)

    def close(self) -> None:
        """Finish."""
        if self._writer is None:  # no rows came, but an empty file is no Parquet
            self.write({name: [] for name in _ADDED})
        if self._writer is not None:
            self._writer.close()


def _same(columns: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Bring columns into the order of the first ones; a column that is missing here is empty."""
    new = [name for name in columns if name not in names]
    if new:
        raise unreadable(
            "a later row", f"has columns that the first rows lack: {', '.join(new)}", "write to a .jsonl file instead"
        )
    n_rows = len(next(iter(columns.values())))
    return {name: columns.get(name, [None] * n_rows) for name in names}


def _array(column: Any) -> pa.Array:
    if isinstance(column, pa.Array):
        return column
    if isinstance(column, _Figures):
        return pa.array(column)
    return pa.array([None if value is None else storable(str(value)) for value in column], pa.string())


@contextmanager
def open_target(path: Path, *, overwrite: bool) -> Iterator[Target]:
    """Open a file to write scored rows to, by its name; it appears when all is written, or not at all.

    Raises
    ------
    UsageError
        If it exists and may not be overwritten, or its name is of no known kind.
    """
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists; choose another name, or overwrite it with --force")
    make, packing = _kind_of(path)
    with replacing(path) as beside, beside.open("wb") as raw, _packed(raw, packing) as stream:
        target = make(stream)
        try:
            yield target
        finally:
            target.close()


def _kind_of(path: Path) -> tuple[Callable[[IO[bytes]], Target], str]:
    packing = path.suffix.lower() if path.suffix.lower() in (".gz", ".zst") else ""
    kind = (path.with_suffix("") if packing else path).suffix.lower()
    kinds: dict[str, Callable[[IO[bytes]], Target]] = {
        ".csv": lambda stream: _Delimited(stream, ","),
        ".tsv": lambda stream: _Delimited(stream, "\t"),
        ".jsonl": JsonLines,
        ".parquet": _Parquet,
    }
    if kind not in kinds or (kind == ".parquet" and packing):
        raise UsageError(f"{path}: unknown kind of file; known: .csv, .tsv, .jsonl, each also .gz or .zst; .parquet")
    return kinds[kind], packing


@contextmanager
def _packed(raw: IO[bytes], packing: str) -> Iterator[IO[bytes]]:
    if packing == ".gz":
        with gzip.GzipFile(fileobj=raw, mode="wb", mtime=0) as stream:
            yield cast(IO[bytes], stream)
    elif packing == ".zst":
        with pa.CompressedOutputStream(raw, "zstd") as stream:
            yield stream
    else:
        yield raw
