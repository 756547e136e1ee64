"""What is wrong with labelled data, said with counts and places. Pure."""

from collections.abc import Iterator

import numpy as np

from surtitle.prepare.columns import Mapped
from surtitle.prepare.findings import MAX_PLACES, Finding, Kind, Severity
from surtitle.prepare.gather import Gathered
from surtitle.prepare.leaks import find_leaks
from surtitle.prepare.numbers import NO_TIME, Int64Array, SplitArray
from surtitle.prepare.resolve import Resolved
from surtitle.prepare.splits import SPLITS
from surtitle.settings import DataSettings

__all__ = [
    "REFUSED_ROWS",
    "class_findings",
    "copy_findings",
    "leak_findings",
    "row_findings",
    "split_findings",
    "time_findings",
]

REFUSED_ROWS = ".surtitle/cache/prepare/refused_bad_rows.jsonl"
"""Where the bad rows of data that was refused are listed."""

_FEW_IN_TEST = 30
_SHOWN_CLASSES = 20
_WHAT: dict[Kind, tuple[str, str]] = {
    "undecodable": ("bytes that are not {encoding}", 'set data.encoding, such as "latin-1" or "cp1252"'),
    "broken": ("cannot be parsed", "mend them, or check data.delimiter, data.header and data.columns"),
    "long": ("longer than data.max_row_bytes = {max_row_bytes:,}", "raise data.max_row_bytes, or cut the texts"),
    "quote": ("loose quotes", 'if quotes are part of the text, set data.quote = ""'),
    "text": ("no text", "is data.text the right column?"),
    "label": ("no label", "leave unlabelled rows out with data.sql or data.prepare"),
    "time": ("no time that can be read", 'write times as ISO 8601, or set split.by = "stratified"'),
}


def row_findings(found: Gathered, data: DataSettings) -> Iterator[Finding]:
    """Say which rows cannot be used; an error when they are more than `data.max_bad_rows`."""
    total = sum(found.bad_counts.values())
    where = f"; all are listed in {REFUSED_ROWS}"
    too_many = total > data.max_bad_rows * max(found.rows_read, 1)
    for kind, (what, remedy) in _WHAT.items():
        count = found.bad_counts.get(kind, 0)
        if not count:
            continue
        first = found.bad_first[kind]
        what = what.format(encoding=data.encoding, max_row_bytes=data.max_row_bytes)
        message = f"{what}: {count:,} of {found.rows_read:,} rows; the first {first[0].reason}"
        if too_many:
            message += f"; all bad rows together are {total / found.rows_read:.2%}"
            remedy += f"; to leave such rows out, raise data.max_bad_rows above {data.max_bad_rows:g}{where}"
            where = ""
        severity: Severity = "error" if too_many else "warning"
        yield Finding(severity, kind, message, count, tuple(row.place for row in first), remedy)
    for check, (count, places), what in (
        ("damaged", found.damaged, "U+FFFD, so decoded wrongly before it came here"),
        ("nul", found.nul, "NUL characters, which cleaning drops"),
    ):
        if count:
            yield Finding("info", check, f"{what}: {count:,} texts", count, places, "look at where the data comes from")


def time_findings(found: Gathered, now_us: int) -> Iterator[Finding]:
    """Say which times cannot be read (where that matters little) or lie in the future."""
    if found.n_bad_times:
        message = f"times that cannot be read: {found.n_bad_times:,}; the first row {found.bad_times[0].reason}"
        places = tuple(row.place for row in found.bad_times)
        yield Finding("warning", "time", message, found.n_bad_times, places, "write times as ISO 8601")
    future = np.flatnonzero((found.times > now_us) & (found.times != NO_TIME))
    if len(future):
        latest = np.datetime64(int(found.times[future].max()), "us").item()
        message = f"times in the future: {len(future):,}, up to {latest:%Y-%m-%d %H:%M}"
        remedy = "check the clock, the time zone, and the unit of the numbers"
        yield Finding("warning", "future", message, len(future), found.places(future), remedy)


def class_findings(found: Gathered, kept: Int64Array, data: DataSettings) -> Iterator[Finding]:
    """Say whether there are enough classes with enough examples to train on.

    Parameters
    ----------
    found : Gathered
        What was read.
    kept : int64
        The examples that stay.
    data : DataSettings
        With the limits.
    """
    if not len(found.keys):
        yield Finding("error", "rows", "there are no rows", 0, (), "check data.source")
        return
    counts = np.bincount(found.labels[kept], minlength=len(found.classes))
    present = [label for label, count in zip(found.classes, counts, strict=True) if count]
    if len(present) < 2:
        only = repr(present[0]) if present else "none left after conflicts"
        message = f"there is only one class: {only}; a classifier needs two"
        yield Finding("error", "classes", message, len(present), (), "is data.label the right column?")
    small = np.flatnonzero(counts < data.min_examples)
    if len(small):
        named = ", ".join(f"{found.classes[index]!r} ({counts[index]})" for index in small[:_SHOWN_CLASSES])
        more = ", ..." if len(small) > _SHOWN_CLASSES else ""
        message = f"classes with fewer usable examples than data.min_examples = {data.min_examples}: {named}{more}"
        first = np.array([np.argmax(found.labels == index) for index in small[:MAX_PLACES]])
        many = "is data.label the right column?" if len(small) > _SHOWN_CLASSES else ""
        remedy = many or "label more, or merge classes in data.prepare"
        yield Finding("error", "classes", message, len(small), found.places(first), remedy)
    yield from _positive_findings(found.classes, data.positive)


def _positive_findings(classes: tuple[str, ...], positive: str) -> Iterator[Finding]:
    if positive and len(classes) == 2 and positive not in classes:
        message = f"data.positive is {positive!r}, but the classes are {classes[0]!r} and {classes[1]!r}"
        yield Finding("error", "classes", message, 1, (), "name one of them")
    if positive and len(classes) > 2:
        message = f"data.positive is set, but there are {len(classes)} classes, so it has no effect"
        yield Finding("warning", "classes", message, 1, (), "leave it out")


def copy_findings(found: Gathered, resolved: Resolved, data: DataSettings) -> Iterator[Finding]:
    """Say which texts come again, and which have several labels."""
    exact_first = np.zeros(len(found.exact), dtype=bool)
    exact_first[np.unique(found.exact, return_index=True)[1]] = True
    exact = np.flatnonzero(~exact_first)
    near = resolved.copies[exact_first[resolved.copies]]
    dropped = data.duplicates == "drop"
    fate = "only the earliest of each text is used" if dropped else "all are used, which makes results look better"
    for check, copies, what in (
        ("duplicates", exact, "exact copies of an earlier text"),
        ("near_duplicates", near, "copies of an earlier text but for case, punctuation, links, @names or a leading RT"),
    ):
        if len(copies):
            remedy = "" if dropped else 'set data.duplicates = "drop"'
            severity: Severity = "info" if dropped else "warning"
            yield Finding(
                severity, check, f"{what}: {len(copies):,}; {fate}", len(copies), found.places(copies), remedy
            )
    n = len(resolved.conflicting)
    if n:
        fates = {
            "majority": f"examples outvoted or tied and left out: {resolved.outvoted:,} ({resolved.tied:,} ties)",
            "drop": f"all examples with them are left out: {resolved.outvoted:,}",
            "keep": "all are used",
        }
        message = f"texts with several labels: {n:,}; {fates[data.conflicts]}"
        remedy = "look at how they were labelled"
        yield Finding("warning", "conflicts", message, n, found.places(resolved.conflicting), remedy)


def leak_findings(found: Gathered, mapped: Mapped) -> Iterator[Finding]:
    """Say which columns give the label away, and whether the order of the rows does."""
    used = {mapped.text, mapped.client, *mapped.extras} - {""}
    for leak in find_leaks(found.sample, label=mapped.label):
        name = leak.column if leak.is_order else f"column {leak.column!r}"
        how = f"it tells {leak.label!r} from the rest with {(1 + leak.j) / 2:.0%} balanced accuracy (50% is chance)"
        if leak.is_order:
            remedy = "never split such a file by position; Surtitle's splits do not"
            yield Finding("warning", "order", f"{name} gives the label away: {how}", 1, (), remedy)
        elif leak.column in used:
            key = mapped.used.get(leak.column, "")
            remedy = f"take it out of {key}, unless it is known before the label is"
            yield Finding("warning", "leak", f"{name} ({key}) gives the label away: {how}", 1, (), remedy)
        else:
            message = f"{name} gives the label away: {how}; the model does not see it"
            yield Finding("info", "leak", message, 1, (), "keep it out of the text and of data.prepare")


def split_findings(found: Gathered, split: SplitArray, by: str) -> Iterator[Finding]:
    """Say which splits lack a class, or hold too few of one to be measured well.

    Parameters
    ----------
    found : Gathered
        What was read.
    split : int8, shape (n,)
        The split of each example; -1 for those that do not stay.
    by : {"time", "group", "stratified"}
        How the examples were divided.
    """
    remedies = {
        "time": 'change the shares in [split], or set split.by = "stratified"',
        "group": "try another split.seed, or other shares",
        "stratified": "label more, or raise the shares in [split]",
    }
    for number, name in enumerate(SPLITS):
        counts = np.bincount(found.labels[split == number], minlength=len(found.classes))
        absent = [label for label, count in zip(found.classes, counts, strict=True) if not count]
        if absent:
            message = (
                f"the {name} split, by {by}, of {int(counts.sum()):,} examples, has none of class {', '.join(absent)}"
            )
            yield Finding("error", "split", message, len(absent), (), remedies[by])
        if name == "test" and not absent and counts.min(initial=_FEW_IN_TEST) < _FEW_IN_TEST:
            label = found.classes[int(counts.argmin())]
            message = f"examples of class {label!r} in the test split: only {int(counts.min())}; expect wide intervals"
            yield Finding("warning", "positives", message, int(counts.min()), (), "label more of that class")


def stray_finding(found: Gathered, strays: Int64Array) -> Finding:
    """Say that copies were left out because they fell into another split than the first of their text."""
    message = f"copies of a text of another split, left out so that no split knows another's texts: {len(strays):,}"
    return Finding("info", "strays", message, len(strays), found.places(strays), "")
