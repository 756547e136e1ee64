"""`surtitle stream status`: where streams are, as a table or as JSON."""

import time
from typing import TYPE_CHECKING

from surtitle.cli._terminal import print_json, say, show, table
from surtitle.errors import ExitCode, SurtitleError

if TYPE_CHECKING:
    from surtitle.project import Project
    from surtitle.stream.looking import ScopeStatus

__all__ = ["tell_status"]

_COLUMNS = (
    *("stream", "", "records", "rate", "lag", "watermark", "delay", "batch", "commit"),
    *("open windows", "late", "dead letters", "retried", "version"),
)


def tell_status(project: "Project", name: str, *, json: bool) -> int:
    """Show where one stream is, or all of the project's."""
    from surtitle.stream.looking import find_states, watch
    from surtitle.stream.opening import streams_folder

    now_us, found, faults = time.time_ns() // 1000, [], []
    for path in find_states(streams_folder(project), name):
        try:
            found.append(watch(path, now_us=now_us))
        except SurtitleError as error:  # the others are to be seen all the same
            faults.append(error)
    if json:
        print_json({"streams": found})
    elif found:
        show(table(_COLUMNS, list(map(_row, found)), right=(2, 3, 4, *range(6, 14))))
    elif not faults:
        say("no stream has run in this project yet; try: surtitle stream --in comments.jsonl --out decisions.jsonl")
    for fault in faults:
        say(f"error: {fault}")
    return faults[0].exit_code if faults else ExitCode.DONE


def _row(each: "ScopeStatus") -> list[str]:
    return [
        f"{each.stream} {each.scope}".strip(),
        "running" if each.running else "stopped",
        f"{each.tally.records:,}",
        f"{each.rate:,.0f}/s",
        "" if each.lag is None else f"{each.lag:,}",
        each.watermark or "",
        "" if each.watermark_delay_s is None else _span(each.watermark_delay_s),
        f"{each.batch_records:,.0f}" if each.batch_records else "",
        f"{each.commit_s * 1000:,.1f} ms" if each.commit_s else "",
        str(sum(windows["open"] for windows in each.windows)),
        f"{each.tally.late:,}",
        f"{each.dead_letters:,}",
        f"{each.tally.retried:,}",
        "" if each.version is None else str(each.version),
    ]


def _span(seconds: float) -> str:
    """Return a time as people say it.

    Examples
    --------
    >>> _span(7.2), _span(600.0), _span(53_954_708.0)
    ('7 s', '10 min', '624 d')
    """
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:,.0f} s"
