"""Every check, and a split for every example. Pure."""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from surtitle.errors import DataError
from surtitle.prepare.checks import (
    class_findings,
    copy_findings,
    leak_findings,
    row_findings,
    split_findings,
    stray_finding,
    time_findings,
)
from surtitle.prepare.columns import Mapped
from surtitle.prepare.findings import Finding, findings_of
from surtitle.prepare.gather import Gathered
from surtitle.prepare.numbers import NO_TIME, Int64Array, SplitArray
from surtitle.prepare.resolve import resolve
from surtitle.prepare.splits import LEFT_OUT, keep_texts_together, split_by_group, split_by_time, split_stratified
from surtitle.settings import DataSettings, Settings
from surtitle.times import parse_time

__all__ = ["divide", "kind_of_split"]


def divide(found: Gathered, settings: Settings, now_us: int) -> tuple[list[Finding], SplitArray, str]:
    """Run every check and give each example its split.

    Parameters
    ----------
    found : Gathered
        What was read.
    settings : Settings
        With ``[data]`` and ``[split]``.
    now_us : int
        The time, in microseconds since 1970; later ones are reported.

    Returns
    -------
    findings : list of Finding
        Everything noticed.
    split : int8, shape (n,)
        The split of each example, as an index of `SPLITS`; `LEFT_OUT` for all if there is an error.
    by : str
        How they were divided.
    """
    data = settings.data
    by = kind_of_split(settings)
    split = np.full(len(found.keys), LEFT_OUT, dtype=np.int8)
    findings = list(found.faults)
    if any(finding.check == "columns" for finding in findings):
        return findings, split, by
    findings += row_findings(found, data)
    if findings and not len(found.keys):
        return findings, split, by
    findings += time_findings(found, now_us)
    resolved = resolve(found.keys, found.labels, found.times, conflicts=data.conflicts, duplicates=data.duplicates)
    kept = np.flatnonzero(resolved.keep & _late_enough(found, data))
    findings += copy_findings(found, resolved, data)
    classes = list(class_findings(found, kept, data))
    findings += classes
    findings += leak_findings(found, Mapped.of(settings))
    if any(finding.severity == "error" for finding in classes):
        return findings, split, by
    try:
        together = keep_texts_together(_assign(found, kept, settings, by), found.keys[kept], found.times[kept])
    except DataError as error:
        return findings + findings_of(error, "split"), split, by
    split[kept] = together
    if (strays := kept[together == LEFT_OUT]).size:
        findings.append(stray_finding(found, strays))
    findings += split_findings(found, split, by)
    return findings, split, by


def _late_enough(found: Gathered, data: DataSettings) -> NDArray[np.bool_]:
    late_enough = np.ones(len(found.times), np.bool_)
    since = parse_time(data.since) if data.since else None
    if since is not None:
        late_enough &= (found.times >= since) & (found.times != NO_TIME)
    return late_enough


def kind_of_split(settings: Settings) -> Literal["time", "group", "stratified"]:
    """Return how the examples are divided, where the settings leave it open."""
    if settings.split.by != "auto":
        return settings.split.by
    if settings.data.time:
        return "time"
    return "group" if settings.split.group else "stratified"


def _assign(found: Gathered, kept: Int64Array, settings: Settings, by: str) -> SplitArray:
    shares = {"validation": settings.split.validation, "test": settings.split.test}
    if by == "time":
        return split_by_time(found.times[kept], **shares)
    if by == "group":
        return split_by_group(found.groups[kept], **shares, seed=settings.split.seed)
    return split_stratified(found.keys[kept], found.labels[kept], **shares, seed=settings.split.seed)
