"""The live view of a stream, on a terminal's stderr; nothing elsewhere."""

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from surtitle.cli._terminal import console, table

if TYPE_CHECKING:
    from rich.console import RenderableType

    from surtitle.stream.opening import OpenStream
    from surtitle.stream.progress import Progress

__all__ = ["rendered", "watching"]

_EVERY_S = 0.25


@contextmanager
def watching(stream: "OpenStream") -> Iterator[Callable[["Progress"], None]]:
    """Give what shows the progress while the block runs."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.live import Live

    shown_at = 0.0
    with Live(console=console(sys.stderr), auto_refresh=False, transient=True) as live:

        def view(progress: "Progress") -> None:
            nonlocal shown_at
            now = time.monotonic()
            if now - shown_at >= _EVERY_S:
                shown_at = now
                live.update(rendered(stream.name, progress, now_us=time.time_ns() // 1000), refresh=True)

        yield view


def rendered(name: str, progress: "Progress", *, now_us: int) -> "RenderableType":
    """Return the view: rate, lag, watermark, decisions, version, late and dead."""
    tally = progress.tally
    total = max(1, sum(tally.actions.values()))
    actions = "  ".join(f"{action} {count:,} ({count / total:.1%})" for action, count in sorted(tally.actions.items()))
    rows = [
        ["rate", f"{progress.rate:,.0f} records/s"],
        ["lag", "not known" if progress.lag is None else f"{progress.lag:,}"],
        ["watermark", _watermark(progress.watermark, now_us)],
        ["decisions", actions or "none yet"],
        ["version", "" if progress.version is None else str(progress.version)],
        ["records", f"{tally.records:,}: {tally.on_time:,} on time, {tally.late:,} late, {tally.dead:,} dead letters"],
        ["open windows", f"{progress.open_windows:,}"],
    ]
    return table([name, ""], rows)


def _watermark(value: int, now_us: int) -> str:
    from surtitle.stream.decode import moment
    from surtitle.stream.watermark import BEGINNING

    if value <= BEGINNING // 2:
        return "no event yet"
    return f"{moment(value):%Y-%m-%d %H:%M:%S} UTC, {max(0, now_us - value) / 1e6:,.0f} s ago"
