"""`surtitle stream`: comments decided as they are written."""

import json as jsonlib
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, open_project
from surtitle.cli._stream_letters import tell_letters
from surtitle.cli._stream_status import tell_status
from surtitle.cli._terminal import print_json, say
from surtitle.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from surtitle.project import Project
    from surtitle.stream.opening import OpenStream
    from surtitle.stream.progress import Progress

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    "surtitle stream --in comments.jsonl --out decisions.jsonl",
    "surtitle stream --in comments.jsonl --out decisions.jsonl --follow",
    "tail -f comments.jsonl | surtitle stream --in - --out -",
    "surtitle stream --in comments.jsonl --out decisions.jsonl --follow --metrics 9400",
    "surtitle stream status",
    "surtitle stream dead-letters --retry",
)


class What(StrEnum):
    """What is to be done."""

    RUN = "run"
    STATUS = "status"
    DEAD_LETTERS = "dead-letters"


def command(
    what: Annotated[What, typer.Argument(help="Run it, or look at what has run.")] = What.RUN,
    in_: Annotated[
        str | None,
        typer.Option(
            "--in",
            metavar="FROM",
            help="A file, a folder, - for stdin, kafka://HOST:PORT/TOPIC, redis://HOST:PORT/STREAM, spool://.",
        ),
    ] = None,
    out: Annotated[
        str | None,
        typer.Option(
            "--out",
            metavar="TO",
            help="A file, - for stdout, kafka://HOST:PORT/TOPIC, redis://HOST:PORT/STREAM or https://...",
        ),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", help="Wait for more at the end of a file.")] = False,
    name: Annotated[
        str, typer.Option(metavar="NAME", help="Of the stream; without it, made from --in and --out.")
    ] = "",
    model: Annotated[str, typer.Option(metavar="VERSION", help="A version or an alias.")] = "champion",
    restart: Annotated[bool, typer.Option("--restart", help="Forget where the stream was, and begin anew.")] = False,
    metrics: Annotated[
        str | None,
        typer.Option(metavar="HOST:PORT", help="Show Prometheus metrics there; a port alone is on this machine."),
    ] = None,
    retry: Annotated[bool, typer.Option("--retry", help="dead-letters: have them tried again.")] = False,
    mended: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="dead-letters --retry: JSON lines with id and value, to be tried instead."),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="dead-letters: show at most so many.")] = 100,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Decide comments as they are written.

    Where a stream was is kept in the project: run the same command again, after a crash too, and it goes on. Windows
    of event time and late events go beside --out; see `surtitle config` for [stream].
    """
    opened = open_project(project, [*_overrides(in_, out, metrics, follow=follow), *(set_ or [])])
    if what is not What.DEAD_LETTERS and (retry or mended is not None):
        raise UsageError("--retry and --mended go with: surtitle stream dead-letters")
    if what is What.RUN:
        return _run(opened, name, model, restart=restart, json=json)
    if what is What.STATUS:
        return tell_status(opened, name, json=json)
    return tell_letters(opened, name, limit, mended, retry=retry or mended is not None, json=json)


def _overrides(in_: str | None, out: str | None, metrics: str | None, *, follow: bool) -> list[str]:
    addresses = {"input": in_ and _absolute(in_), "output": out and _absolute(out), "metrics": metrics}
    found = [f"stream.{name}={jsonlib.dumps(value)}" for name, value in addresses.items() if value is not None]
    return [*found, *(["stream.follow=true"] if follow else [])]


def _absolute(address: str) -> str:
    """Return a path as seen from the current folder; settings are relative to the project's."""
    return address if address == "-" or "://" in address else str(Path.cwd() / address)


def _run(project: "Project", name: str, model: str, *, restart: bool, json: bool) -> int:
    from surtitle.cli._stream_view import watching
    from surtitle.stream.opening import open_stream

    settings = project.settings.stream
    if json and settings.output == "-":
        raise UsageError("--json and --out - would both write to standard output; leave one of them out")
    stream = open_stream(project, environ=os.environ, name=name, model=model, restart=restart)
    say(f"{stream.name}: {stream.runner.delivery}, from {stream.source} to {stream.addresses['decisions']}")
    last = None
    with _stopping(stream) as signals, watching(stream) as view, _metering(settings.metrics, stream) as meter:
        for progress in stream.runner.run():
            view(progress)
            meter(progress)
            last = progress
    if json:
        print_json(_as_json(stream, last))
    else:
        _tell(last)
    return ExitCode.INTERRUPTED if signal.SIGINT in signals else ExitCode.DONE


@contextmanager
def _metering(address: str, stream: "OpenStream") -> Iterator[Callable[["Progress"], None]]:
    """Give what shows the progress to Prometheus while the block runs, if that was asked for."""
    if not address:
        yield lambda _: None
        return
    # Set for somebody else's several processes, it would have prometheus_client keep this one's numbers in files there.
    os.environ.pop("PROMETHEUS_MULTIPROC_DIR", None)
    from surtitle.stream.metrics import exposing

    with exposing(address, stream.name, stream.runner.delivery) as (url, meter):
        say(f"metrics: {url}")
        yield meter


@contextmanager
def _stopping(stream: "OpenStream") -> Iterator[list[int]]:
    """Let SIGTERM and SIGINT end the stream after the commit that is under way; give the signals that came."""
    came: list[int] = []

    def stop(number: int, _: object) -> None:
        came.append(number)
        stream.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _as_json(stream: "OpenStream", last: "Progress | None") -> Mapping[str, object]:
    tally = last.tally if last else None
    return {
        "stream": stream.name,
        "delivery": stream.runner.delivery,
        "outputs": stream.addresses,
        "version": last.version if last else None,
        "records": tally.records if tally else 0,
        "on_time": tally.on_time if tally else 0,
        "late": tally.late if tally else 0,
        "dead": tally.dead if tally else 0,
        "actions": tally.actions if tally else {},
    }


def _tell(last: "Progress | None") -> None:
    if last is None:
        return
    tally = last.tally
    actions = ", ".join(f"{count:,} {action}" for action, count in sorted(tally.actions.items())) or "none"
    say(
        f"{tally.records:,} records in all: {tally.on_time:,} on time, {tally.late:,} late, {tally.dead:,} dead letters"
    )
    say(f"decisions: {actions}")
    if tally.dead:
        say("see: surtitle stream dead-letters")
