"""A labelled history in order of time, read as the project reads its labelled data."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from surtitle.cycle.fitting import Examples
from surtitle.errors import DataError, Fault, SettingsError
from surtitle.models import class_indices
from surtitle.prepare import SPLITS, Prepared, prepare
from surtitle.prepare.arrow import to_numbers
from surtitle.progress import Reporter
from surtitle.project import Project

__all__ = ["History", "project_of", "read_history"]


class History(msgspec.Struct, frozen=True):
    """Labelled examples in order of time.

    Parameters
    ----------
    table : pyarrow.Table
        As `Prepared.load` gives it, of all splits together.
    times : datetime64[us], shape (n,)
        UTC, in order.
    y : int64, shape (n,)
        True class indices.
    classes : tuple of str
        Of two, the second is the positive one.
    """

    table: Any
    times: NDArray[np.datetime64]
    y: NDArray[np.int64]
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.y)

    def examples(self, rows: slice) -> Examples:
        """Return the examples of some places as training takes them."""
        table = self.table.slice(rows.start, rows.stop - rows.start)
        return Examples(table, table["text"].to_pylist(), self.y[rows])

    def at(self, places: NDArray[np.int64]) -> Examples:
        """Return the examples at single places as training takes them."""
        table = self.table.take(places)
        return Examples(table, table["text"].to_pylist(), self.y[places])

    def texts(self, rows: slice) -> list[str]:
        """Return the texts of some places."""
        found: list[str] = self.table["text"].slice(rows.start, rows.stop - rows.start).to_pylist()
        return found

    def time(self, row: int) -> datetime:
        """Return the time of one example, aware."""
        moment: datetime = self.times[row].item()
        return moment.replace(tzinfo=UTC)

    def place(self, moment: datetime) -> int:
        """Return how many examples are of before an aware moment."""
        plain = np.datetime64(moment.astimezone(UTC).replace(tzinfo=None), "us")
        return int(np.searchsorted(self.times, plain))


def project_of(project: Project, source: Path | None, columns: tuple[str, ...] = ()) -> Project:
    """Return the project with a labelled history in place of its data, divided by time.

    Parameters
    ----------
    project : Project
        Whose columns, checks and text path are used.
    source : Path or None
        A file; None: the project's own data.
    columns : tuple of str
        More columns to keep, beside those that the project slices by.

    Raises
    ------
    SettingsError
        If the project names no column of times.
    """
    settings = project.settings
    if not settings.data.time:
        fault = Fault("data.time", "names no column", 'say which it is, such as --set data.time="created"')
        raise SettingsError("without times nothing can be replayed or retrained", [fault])
    replace = msgspec.structs.replace
    data = settings.data
    if source is not None:
        data = replace(data, source=str(source.absolute()), sql="", database="", format="auto")
    known = {"client", *settings.evaluate.slices}
    slices = (*settings.evaluate.slices, *(column for column in columns if column not in known))
    return replace(
        project,
        settings=replace(
            settings,
            data=data,
            split=replace(settings.split, by="time"),
            evaluate=replace(settings.evaluate, slices=slices),
        ),
    )


def read_history(project: Project, *, now: datetime, environ: Mapping[str, str], reporter: Reporter) -> History:
    """Read a project's labelled data with all of its checks, in order of time.

    Raises
    ------
    DataError
        With everything that keeps the data from being used.
    """
    prepared: Prepared = prepare(project, now=now, environ=environ, reporter=reporter)
    table = pa.concat_tables([prepared.load(split) for split in SPLITS])
    table = table.filter(table["time"].is_valid()).sort_by("time").combine_chunks()
    times = to_numbers(table["time"], "datetime64[us]")
    if not len(times):
        raise DataError("the history has no example with a time")
    return History(table, times, class_indices(table["label"].to_pylist(), prepared.classes), prepared.classes)
