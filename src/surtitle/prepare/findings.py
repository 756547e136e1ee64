"""What is said of labelled data: findings about all of it, and the single rows that had to be left out."""

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

import msgspec

from surtitle.errors import DataError, Fault

__all__ = ["MAX_PLACES", "BadRow", "BadRows", "Finding", "Kind", "Severity", "findings_of", "raise_for", "unreadable"]

MAX_PLACES = 5
Severity = Literal["error", "warning", "info"]
Kind = Literal["undecodable", "broken", "long", "quote", "text", "label", "time"]


class Finding(msgspec.Struct, frozen=True):
    """Something that was noticed in the data.

    Parameters
    ----------
    severity : {"error", "warning", "info"}
        An error keeps the data from being used.
    check : str
        The short name of the check that found it.
    message : str
        What is so, with its numbers.
    count : int
        How many rows, or classes, or columns it is about.
    places : tuple of str
        The first few, as ``file:row``.
    remedy : str
        What to do about it.

    Examples
    --------
    >>> print(Finding("warning", "text", "2 rows have no text", 2, ("a.csv:4", "a.csv:9"), "leave them out"))
    warning: 2 rows have no text (a.csv:4, a.csv:9); leave them out
    """

    severity: Severity
    check: str
    message: str
    count: int
    places: tuple[str, ...]
    remedy: str

    def __str__(self) -> str:
        shown = ", ".join(self.places[:MAX_PLACES])
        more = ", ..." if self.count > len(self.places) > 0 else ""
        places = f" ({shown}{more})" if shown else ""
        return f"{self.severity}: {self.message}{places}" + (f"; {self.remedy}" if self.remedy else "")


class BadRow(msgspec.Struct, frozen=True):
    """A row that cannot be used: where it is, why, and the beginning of what stands there."""

    source: str
    row: int
    kind: Kind
    reason: str
    line: int | None = None
    excerpt: str = ""

    @property
    def place(self) -> str:
        """Where it is, as ``file:row``."""
        return f"{self.source}:{self.row}"


class BadRows:
    """Writes bad rows to a file as JSON lines and counts them by kind.

    Parameters
    ----------
    path : Path
        The file; it is made, empty, at once.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._encoder = msgspec.json.Encoder()
        self.counts: Counter[Kind] = Counter()
        self.first: dict[Kind, list[BadRow]] = {}

    def add(self, rows: Iterable[BadRow]) -> None:
        """Write and count `rows`."""
        for row in rows:
            self._file.write(self._encoder.encode(row) + b"\n")
            self.counts[row.kind] += 1
            first = self.first.setdefault(row.kind, [])
            if len(first) < MAX_PLACES:
                first.append(row)

    @property
    def total(self) -> int:
        """How many there are."""
        return self.counts.total()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()


def unreadable(where: str, what: str, remedy: str = "") -> DataError:
    """Return the error of a whole source that cannot be read."""
    fault = Fault(where, what, remedy)
    return DataError(str(fault), [fault])


def findings_of(error: DataError, check: str) -> list[Finding]:
    """Return the faults of an error as findings."""
    return [Finding("error", check, f"{fault.where}: {fault.what}", 1, (), fault.remedy) for fault in error.faults]


def raise_for(findings: Iterable[Finding]) -> None:
    """Raise one error with every finding of severity error.

    Raises
    ------
    DataError
        If there is any.

    Examples
    --------
    >>> raise_for([Finding("error", "text", "2 rows have no text", 2, ("a.csv:4",), "leave them out")])
    Traceback (most recent call last):
    surtitle.errors.DataError: the labelled data has 1 fault
      - a.csv:4, ...: 2 rows have no text; leave them out
    """
    errors = [finding for finding in findings if finding.severity == "error"]
    if errors:
        faults = [Fault(_where(error), error.message, error.remedy) for error in errors]
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise DataError(f"the labelled data has {count}", faults)


def _where(finding: Finding) -> str:
    more = ", ..." if finding.count > len(finding.places) > 0 else ""
    return ", ".join(finding.places) + more
