"""How a delimited file is laid out, told from its head: delimiter, quoting, header. PURE: text in, a proposal out."""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

__all__ = ["Layout", "propose_layout"]

_DELIMITERS = (",", "\t", ";", "|")
_NAME = re.compile(r"[^\W\d][\w .:/()-]{0,59}")
_NUMBER = re.compile(r"[-+]?[\d.,:eE/ -]+%?")
_MAX_ROWS = 2000


class Layout(msgspec.Struct, frozen=True):
    """How to read a delimited file, and its first rows read that way.

    Parameters
    ----------
    delimiter : str
        Between fields.
    quote : str
        Around fields; empty when quotes in the file are only quotes.
    header : bool
        The first row holds the columns' names.
    names : tuple of str
        The columns' names; ``column_1``, ``column_2`` ... without a header.
    rows : tuple of tuple of str
        At most 2,000 data rows, each as long as `names`.
    """

    delimiter: str
    quote: str
    header: bool
    names: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def propose_layout(
    sample: str,
    *,
    delimiter: str | None = None,
    quote: str | None = None,
    header: bool | None = None,
    columns: Sequence[str] = (),
    likely: str = ",",
) -> Layout:
    r"""Say how the file that begins with `sample` is best read.

    Parameters
    ----------
    sample : str
        Whole lines from the start of the file.
    delimiter, quote, header, columns
        What is known already; the rest is found out.
    likely : str
        The delimiter that the file's name speaks for.

    Examples
    --------
    >>> layout = propose_layout('ham\tOk "lar...\nspam\tFree entry\nham\t"quoted" once\n')
    >>> layout.delimiter, layout.quote, layout.header, layout.names
    ('\t', '', False, ('column_1', 'column_2'))
    """
    lines = sample.splitlines()
    delimiters = [delimiter] if delimiter is not None else sorted(_DELIMITERS, key=lambda mark: mark != likely)
    quotes = [quote] if quote is not None else ['"', ""]
    readings = [_Reading.of(lines, mark, around) for mark in delimiters for around in quotes]
    best = max(readings, key=lambda reading: reading.merit)
    regular = [row for row in best.rows if len(row) == best.width]
    has_header = header if header is not None else not columns and _has_header(regular)
    if columns:
        names = tuple(columns)
    elif has_header and regular:
        names = regular[0]
    else:
        names = tuple(f"column_{number}" for number in range(1, best.width + 1))
    body = [row for row in regular[1 if has_header else 0 :] if len(row) == len(names)]
    return Layout(best.delimiter, best.quote, has_header, names, tuple(body[:_MAX_ROWS]))


class _Reading(msgspec.Struct, frozen=True):
    """The sample read in one way, and how well that fits."""

    delimiter: str
    quote: str
    rows: list[tuple[str, ...]]
    width: int
    merit: tuple[float, ...]

    @classmethod
    def of(cls, lines: list[str], delimiter: str, quote: str) -> "_Reading":
        rows = list(_read(lines, delimiter, quote))
        width, count = Counter(map(len, rows)).most_common(1)[0] if rows else (1, 0)
        share = count / len(rows) if rows else 0.0
        # With loose quotes, reading with quoting joins lines that are whole by themselves, or eats their quotes.
        loose = bool(quote) and _has_loose_quotes(lines, delimiter)
        return cls(delimiter, quote, rows, width, (float(width > 1), float(not loose), round(share, 2)))


def _read(lines: list[str], delimiter: str, quote: str) -> Iterator[tuple[str, ...]]:
    kept = (line.replace("\0", "") + "\n" for line in lines)
    if quote:
        reader = csv.reader(kept, delimiter=delimiter, quotechar=quote)
    else:
        reader = csv.reader(kept, delimiter=delimiter, quotechar=None, quoting=csv.QUOTE_NONE)
    try:
        for row in reader:
            if row:
                yield tuple(row)
            if reader.line_num > 20 * _MAX_ROWS:
                return
    except csv.Error:  # a field beyond the csv module's limit: what was read so far has to do
        return


def _has_loose_quotes(lines: list[str], delimiter: str) -> bool:
    """Say whether quotes are ordinary characters: every line is whole as it stands, yet some field's quotes are not."""
    rows = list(_read(lines, delimiter, ""))
    if not rows or len(rows[0]) < 2 or any(len(row) != len(rows[0]) for row in rows):
        return False
    return any(field.startswith('"') and not _is_quoted(field) for row in rows for field in row)


def _is_quoted(field: str) -> bool:
    inside = field[1:-1]
    return len(field) > 1 and field.endswith('"') and '"' not in inside.replace('""', "")


def _has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Say whether the first row names columns: short, distinct, name-like, and unlike what stands below it."""
    if len(rows) < 2:
        return bool(rows) and _are_names(rows[0])
    first, body = rows[0], rows[1:]
    if not _are_names(first):
        return False
    repeated = any(name in (row[place] for row in body) for place, name in enumerate(first) if name)
    return not repeated


def _are_names(row: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in row if cell.strip()]
    # One unnamed column is common: it is what pandas writes for its index.
    if len(filled) < max(1, len(row) - 1) or len({cell.lower() for cell in filled}) < len(filled):
        return False
    return all(_NAME.fullmatch(cell) and not _NUMBER.fullmatch(cell) and len(cell.split()) <= 5 for cell in filled)
