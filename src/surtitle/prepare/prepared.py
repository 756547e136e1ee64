"""What prepare returns, and how it is kept beside the tables."""

from datetime import datetime
from pathlib import Path

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq

from surtitle.errors import DataError, UsageError
from surtitle.prepare.findings import Finding
from surtitle.prepare.splits import SPLITS

__all__ = ["FACTS", "Checked", "Facts", "Prepared"]

FACTS = "prepared.json"


class Facts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is written beside the tables; the fields are those of `Prepared`, and the size of each file."""

    classes: tuple[str, ...]
    counts: dict[str, dict[str, int]]
    rows_read: int
    time_from: datetime | None
    time_to: datetime | None
    clients: int
    findings: tuple[Finding, ...]
    sizes: dict[str, int]


class Prepared(msgspec.Struct, frozen=True):
    """Labelled data, checked, divided, and on disk.

    Parameters
    ----------
    folder : Path
        Where the tables are, with `bad_rows.jsonl`.
    key : str
        A hash of everything that it was made from.
    cached : bool
        Nothing had changed, so nothing was done.
    classes : tuple of str
        The classes, sorted; of two, the positive one is last.
    counts : dict
        Split -> class -> number of examples.
    rows_read : int
        All rows of the sources, those left out as well.
    time_from, time_to : datetime or None
        The earliest and the latest time of the examples kept.
    clients : int
        How many clients there are; 0 without a column for them.
    findings : tuple of Finding
        What was noticed; no errors.
    """

    folder: Path
    key: str
    cached: bool
    classes: tuple[str, ...]
    counts: dict[str, dict[str, int]]
    rows_read: int
    time_from: datetime | None
    time_to: datetime | None
    clients: int
    findings: tuple[Finding, ...]

    @classmethod
    def of(cls, facts: Facts, folder: Path, *, cached: bool) -> "Prepared":
        """Join what is written in `folder` with where it is."""
        fields = {name: getattr(facts, name) for name in Facts.__struct_fields__ if name != "sizes"}
        return cls(folder=folder, key=folder.name, cached=cached, **fields)

    @property
    def sizes(self) -> dict[str, int]:
        """Split -> number of examples."""
        return {split: sum(per_class.values()) for split, per_class in self.counts.items()}

    def load(self, split: str) -> pa.Table:
        """Return the examples of a split, in order of time, then of row.

        Parameters
        ----------
        split : {"train", "validation", "test"}
            Which.

        Returns
        -------
        Arrow table
            ``row`` (int64, from 1 in its source), ``source``, ``id``, ``text``, ``label`` (string), ``time``
            (microseconds, UTC, nullable), ``client`` (string, nullable), ``key`` (uint64, the same for the same
            normalised text), and the columns of `evaluate.slices` and `split.group` as strings.

        Raises
        ------
        UsageError
            If there is no such split.
        DataError
            If the folder was removed.
        """
        if split not in SPLITS:
            raise UsageError(f"there is no split {split!r}; there are: {', '.join(SPLITS)}")
        path = self.folder / f"{split}.parquet"
        try:
            with pq.ParquetFile(path) as file:  # `read_table` would import pandas, where that is installed
                return file.read()
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{path} cannot be read: {error}; prepare again") from error


class Checked(msgspec.Struct, frozen=True):
    """What checking the data came to.

    Parameters
    ----------
    findings : tuple of Finding
        Everything noticed, errors first.
    rows_read : int
        How many rows were looked at.
    prepared : Prepared or None
        The data, if there was no error.
    """

    findings: tuple[Finding, ...]
    rows_read: int
    prepared: Prepared | None
