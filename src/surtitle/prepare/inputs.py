"""Where the rows come from: files or a query, through the user's function if there is one."""

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
import pyarrow as pa

from surtitle.errors import DataError
from surtitle.prepare.compression import open_unpacked
from surtitle.prepare.findings import BadRow, unreadable
from surtitle.prepare.readers import Chunk, CsvForm, batch_to_chunk, read_csv, read_jsonl, read_parquet
from surtitle.prepare.sources import SourceFile, find_sources
from surtitle.prepare.user_function import apply_function, function_sources
from surtitle.progress import Reporter
from surtitle.project import Project
from surtitle.settings import DataSettings

__all__ = ["Inputs", "open_inputs"]

_READ = 1 << 20


class Inputs(msgspec.Struct, frozen=True):
    """The labelled data, not yet read, or with a query already run.

    Parameters
    ----------
    project : Project
        Whose data it is.
    files : tuple of SourceFile
        Empty for a query.
    folder : Path
        Where the query's rows are.
    fingerprint : str
        A hash of all that the rows come from.
    stamps : tuple of (int, int)
        Size and time of change of each file when it was hashed.
    """

    project: Project
    files: tuple[SourceFile, ...]
    folder: Path
    fingerprint: str
    stamps: tuple[tuple[int, int], ...]

    @property
    def n_bytes(self) -> int | None:
        """How many bytes there are to read, where it is known."""
        return sum(size for size, _ in self.stamps) if self.files else None

    @property
    def n_sources(self) -> int:
        """How many sources the rows are numbered in."""
        return 1 if self.project.settings.data.prepare else max(1, len(self.files))

    def chunks(self, reporter: Reporter, faults: list[DataError]) -> Iterator[Chunk]:
        """Yield all rows; what is wrong with a whole source is added to `faults`, and the next one is read."""
        chunks = self._read(reporter, faults)
        name = self.project.settings.data.prepare
        return self._through_function(chunks, name, faults) if name else chunks

    def _read(self, reporter: Reporter, faults: list[DataError]) -> Iterator[Chunk]:
        if not self.files:
            from surtitle.prepare.readers.sql import read_staged

            for chunk in read_staged(self.folder / "query.arrow"):
                reporter.advance(len(chunk.rows))
                yield chunk
        for file, stamp in zip(self.files, self.stamps, strict=True):
            try:
                yield from _read_file(file, self.project.settings.data, reporter)
                if _stamp(file.path) != stamp:
                    raise unreadable(file.name, "changed while it was read", "run again when it is complete")
            except DataError as error:
                faults.append(error)

    def _through_function(self, chunks: Iterator[Chunk], name: str, faults: list[DataError]) -> Iterator[Chunk]:
        tables, bad = [], list[BadRow]()
        for chunk in chunks:
            bad.extend(chunk.bad)
            if chunk.rows:
                tables.append(pa.table({column: _to_array(values) for column, values in chunk.columns.items()}))
        if faults:
            return
        table = pa.concat_tables(tables, promote_options="permissive") if tables else pa.table({})
        try:
            table = apply_function(self.project.root, name, table)
        except DataError as error:
            faults.append(error)
            return
        yield Chunk(name, [], {}, tuple(bad))
        first = 1
        for batch in table.to_batches(max_chunksize=4096):
            yield batch_to_chunk(batch, name, first)
            first += batch.num_rows


def _to_array(values: object) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        texts = [None if value is None else str(value) for value in values]  # type: ignore[attr-defined]  # a column
        return pa.array([t if t is None else t.encode("utf-8", "replace").decode() for t in texts])


def open_inputs(project: Project, folder: Path, environ: Mapping[str, str], reporter: Reporter) -> Inputs:
    """Find the sources and hash them; run the query if there is one. The stage is left for the caller to end.

    Parameters
    ----------
    project : Project
        With `data.source` or `data.sql`.
    folder : Path
        For temporary files.
    environ : mapping of str to str
        Where secrets are.
    reporter : Reporter
        Told of the bytes hashed.

    Raises
    ------
    DataError
        If there is nothing to read, or the query is wrong.
    """
    data = project.settings.data
    digest = hashlib.blake2b(digest_size=16)
    files: list[SourceFile] = []
    stamps: list[tuple[int, int]] = []
    if data.sql:
        from surtitle.prepare.readers.sql import run_query  # DuckDB, which files do without

        reporter.start("run the query")
        digest.update(run_query(data, project.root, folder, environ).encode())
    else:
        files = find_sources(project.root, data.source, data.format)
        stamps = [_stamp(file.path) for file in files]
        reporter.start("look for changes", sum(size for size, _ in stamps))
        for file in files:
            digest.update(file.name.encode() + b"\0" + _hash_file(file.path, file.name, reporter))
    if data.prepare:
        for path in function_sources(project.root, data.prepare):
            digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return Inputs(project, tuple(files), folder, digest.hexdigest(), tuple(stamps))


def _stamp(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns


def _hash_file(path: Path, name: str, reporter: Reporter) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    try:
        with path.open("rb") as file:
            while block := file.read(_READ):
                digest.update(block)
                reporter.advance(len(block))
    except PermissionError as error:
        raise unreadable(name, f"cannot be opened: {error.strerror}") from error
    return digest.digest()


def _read_file(file: SourceFile, data: DataSettings, reporter: Reporter) -> Iterator[Chunk]:
    if file.format == "parquet":
        yield from read_parquet(file.path, file.name)
        reporter.advance(file.path.stat().st_size)
        return
    with open_unpacked(file) as (stream, position):
        if file.format == "jsonl":
            chunks = read_jsonl(stream, file.name, encoding=data.encoding, max_row_bytes=data.max_row_bytes)
        else:
            chunks = read_csv(stream, file.name, _csv_form(file, data))
        before = 0
        for chunk in chunks:
            yield chunk
            now = position()
            reporter.advance(now - before)
            before = now


def _csv_form(file: SourceFile, data: DataSettings) -> CsvForm:
    if data.header and data.columns:
        raise unreadable("data.columns", "is set although data.header is true", "leave one of the two out")
    delimiter = data.delimiter or ("\t" if file.format == "tsv" else ",")
    if len(delimiter) != 1 or delimiter in (data.quote, "\n", "\r"):
        raise unreadable("data.delimiter", f"must be one character, not a quote or a line's end, got {delimiter!r}")
    return CsvForm(
        delimiter=delimiter,
        quote=data.quote,
        encoding=data.encoding,
        header=data.header,
        columns=data.columns,
        max_row_bytes=data.max_row_bytes,
    )
