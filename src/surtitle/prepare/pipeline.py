"""Labelled data in: read, checked, divided, and kept until something changes."""

import errno
import hashlib
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import numpy as np

from surtitle.errors import DataError, SurroundingsError
from surtitle.prepare.cache import Cache
from surtitle.prepare.checks import REFUSED_ROWS
from surtitle.prepare.classes import order_classes
from surtitle.prepare.columns import Mapped
from surtitle.prepare.divide import divide
from surtitle.prepare.findings import Finding, findings_of, raise_for
from surtitle.prepare.gather import Gathered, gather
from surtitle.prepare.inputs import open_inputs
from surtitle.prepare.numbers import NO_TIME, Int64Array, SplitArray
from surtitle.prepare.prepared import Checked, Facts, Prepared
from surtitle.prepare.sources import find_sources
from surtitle.prepare.splits import LEFT_OUT, SPLITS
from surtitle.prepare.staging import Stage, write_in_order
from surtitle.progress import SILENT, Reporter
from surtitle.project import Project
from surtitle.settings import Settings

__all__ = ["check", "find_prepared", "prepare"]

FORMAT = 1
"""Number of what is written; to be raised with every change of what the same data becomes."""

_SEVERITIES = ("error", "warning", "info")
_BAD_ROWS = "bad_rows.jsonl"


def prepare(project: Project, *, now: datetime, environ: Mapping[str, str], reporter: Reporter = SILENT) -> Prepared:
    """Read the project's labelled data, check it, divide it into splits, and keep the result.

    If nothing has changed since the last time (the files' bytes or the query's rows, the user's function, the
    settings), the kept result is returned at once.

    Parameters
    ----------
    project : Project
        With ``[data]``, ``[split]`` and `evaluate.slices`.
    now : datetime
        Later times are reported.
    environ : mapping of str to str
        Where secrets of `data.database` are.
    reporter : Reporter
        Told of the progress.

    Raises
    ------
    DataError
        With everything that keeps the data from being used.
    SurroundingsError
        If the disk is full or cannot be written, or the database cannot be reached.
    """
    checked = check(project, now=now, environ=environ, reporter=reporter)
    raise_for(checked.findings)
    if checked.prepared is None:
        raise DataError("the labelled data could not be prepared")
    return checked.prepared


def check(project: Project, *, now: datetime, environ: Mapping[str, str], reporter: Reporter = SILENT) -> Checked:
    """Do the work of `prepare` and return everything that was noticed, errors too.

    Faults of the data are findings here, not exceptions; without an error among them the result is kept, so that
    `prepare` has nothing left to do. The parameters are those of `prepare`.

    Raises
    ------
    SurroundingsError
        If the disk is full or cannot be written, or the database cannot be reached.
    MissingExtraError
        If what reads the data is not installed.
    SettingsError
        If a secret is not in the environment.
    """
    cache = Cache(project.state / "cache" / "prepare")
    try:
        with cache.workspace() as workspace:
            return _check(project, cache, workspace, now, environ, reporter)
    except DataError as error:
        return Checked(tuple(findings_of(error, "source")), 0, None)
    except OSError as error:
        raise _surroundings(error, project, cache.root) from error


def find_prepared(project: Project, *, now: datetime) -> Prepared | None:
    """Return what was prepared from the data and settings as they are now, if it is kept; prepare nothing.

    Of a query nothing can be known without running it, which this does not do: the answer is None.

    Parameters
    ----------
    project : Project
        With ``[data]``, ``[split]`` and `evaluate.slices`.
    now : datetime
        As of `prepare`.

    Raises
    ------
    DataError
        If the files are not there.
    """
    if project.settings.data.sql:
        return None
    cache = Cache(project.state / "cache" / "prepare")
    inputs = open_inputs(project, cache.root, {}, SILENT)
    return cache.find(_key(project.settings, inputs.fingerprint), now)


def _surroundings(error: OSError, project: Project, folder: Path) -> SurroundingsError:
    while not folder.exists():
        folder = folder.parent
    if error.errno in (errno.ENOSPC, errno.EDQUOT) or "No space left" in str(error):
        free = shutil.disk_usage(folder).free
        needed = 4 * _source_size(project)
        need = f"about {needed / 1e6:,.1f} MB may be needed, " if needed else ""
        return SurroundingsError(
            f"no space left in {folder}: {need}{free / 1e6:,.1f} MB are free; free some, or move the project"
        )
    return SurroundingsError(f"{error.filename or folder}: {error.strerror or error}")


def _source_size(project: Project) -> int:
    """Estimate how large the sources are when unpacked."""
    data = project.settings.data
    if data.sql:
        return 0
    files = find_sources(project.root, data.source, data.format)
    return sum(file.path.stat().st_size * (4 if file.packing else 1) for file in files)


def _check(
    project: Project, cache: Cache, workspace: Path, now: datetime, environ: Mapping[str, str], reporter: Reporter
) -> Checked:
    settings = project.settings
    mapped = Mapped.of(settings)
    if mapped.reserved:
        names = ", ".join(mapped.reserved)
        message = f"evaluate.slices or split.group names {names}, which the prepared table needs for its own"
        return Checked(
            (Finding("error", "columns", message, 1, (), "rename the column with data.sql or data.prepare"),), 0, None
        )
    inputs = open_inputs(project, workspace, environ, reporter)
    key = _key(settings, inputs.fingerprint)
    if cached := cache.find(key, now):
        reporter.done("nothing has changed: the prepared data is as before")
        return Checked(cached.findings, cached.rows_read, cached)
    reporter.done("the data or its settings are new, or have changed")
    reporter.start("read the labelled data", inputs.n_bytes)
    with Stage(workspace / "staged.arrow", mapped.extras, prefix_ids=inputs.n_sources > 1) as stage:
        found = gather(inputs, stage, workspace / _BAD_ROWS, reporter)
    reporter.done(f"{found.rows_read:,} rows read")
    findings, split, by = divide(found, settings, _micros(now))
    findings.sort(key=lambda finding: _SEVERITIES.index(finding.severity))
    if findings and findings[0].severity == "error":
        _keep_bad_rows(workspace / _BAD_ROWS, cache.root / Path(REFUSED_ROWS).name)
        return Checked(tuple(findings), found.rows_read, None)
    place, ends = _order(found, split)
    reporter.start("write the splits", ends[-1][1])
    write_in_order(stage, workspace, place, ends, reporter)
    built = [workspace / f"{name}.parquet" for name in SPLITS] + [workspace / _BAD_ROWS]
    facts = _facts(found, split, tuple(findings), settings)
    prepared = cache.publish(workspace, built, facts, key, now)
    reporter.done(f"divided by {by}: " + ", ".join(f"{name} {sum(n.values()):,}" for name, n in facts.counts.items()))
    return Checked(prepared.findings, prepared.rows_read, prepared)


def _key(settings: Settings, fingerprint: str) -> str:
    """Hash everything that the result depends on."""
    data = msgspec.structs.asdict(settings.data)
    # What is behind the first three is in the fingerprint; the others do not concern the examples.
    for name in ("source", "sql", "database", "synthetic", "best_auc"):
        del data[name]
    parts = [FORMAT, data, settings.split, settings.evaluate.slices, fingerprint]
    return hashlib.blake2b(msgspec.json.encode(parts), digest_size=16).hexdigest()


def _keep_bad_rows(path: Path, target: Path) -> None:
    """Keep the list of bad rows of data that was refused, for the user to look at."""
    if path.stat().st_size:
        path.replace(target)


def _order(found: Gathered, split: SplitArray) -> tuple[Int64Array, list[tuple[str, int]]]:
    """Return the place of each example, through all splits, by time and then as read; and where each split ends."""
    kept = np.flatnonzero(split != LEFT_OUT)
    order = kept[np.lexsort((found.times[kept], split[kept]))]
    place = np.full(len(split), -1, dtype=np.int64)
    place[order] = np.arange(len(order))
    sizes = np.bincount(split[kept], minlength=len(SPLITS))
    return place, list(zip(SPLITS, np.cumsum(sizes).tolist(), strict=True))


def _facts(found: Gathered, split: SplitArray, findings: tuple[Finding, ...], settings: Settings) -> Facts:
    kept = split != LEFT_OUT
    totals = np.bincount(found.labels[kept], minlength=len(found.classes)).tolist()
    classes = order_classes(dict(zip(found.classes, totals, strict=True)), settings.data.positive)
    counts = {}
    for number, name in enumerate(SPLITS):
        here = np.bincount(found.labels[split == number], minlength=len(found.classes)).tolist()
        by_class = dict(zip(found.classes, here, strict=True))
        counts[name] = {label: by_class[label] for label in classes}
    times = found.times[kept & (found.times != NO_TIME)]
    clients = np.unique(found.clients[kept])
    return Facts(
        classes=classes,
        counts=counts,
        rows_read=found.rows_read,
        time_from=_moment(times.min()) if len(times) else None,
        time_to=_moment(times.max()) if len(times) else None,
        clients=int((clients != 0).sum()),
        findings=findings,
        sizes={},
    )


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _micros(moment: datetime) -> int:
    return round((moment - _EPOCH).total_seconds() * 1_000_000)


def _moment(micros: np.int64) -> datetime:
    moment: datetime = np.datetime64(int(micros), "us").item()
    return moment.replace(tzinfo=UTC)
