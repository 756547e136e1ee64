"""`surtitle stream`: comments decided as they are written."""

import json as jsonlib
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, open_project
from surtitle.cli._terminal import print_json, say, show, table
from surtitle.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from surtitle.project import Project
    from surtitle.stream.opening import OpenStream
    from surtitle.stream.runner import Progress

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    "surtitle stream --in comments.jsonl --out decisions.jsonl",
    "surtitle stream --in comments.jsonl --out decisions.jsonl --follow",
    "tail -f comments.jsonl | surtitle stream --in - --out -",
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
    opened = open_project(project, [*_overrides(in_, out, follow=follow), *(set_ or [])])
    if what is not What.DEAD_LETTERS and (retry or mended is not None):
        raise UsageError("--retry and --mended go with: surtitle stream dead-letters")
    if what is What.RUN:
        return _run(opened, name, model, restart=restart, json=json)
    if what is What.STATUS:
        return _status(opened, name, json=json)
    return _letters(opened, name, limit, mended, retry=retry or mended is not None, json=json)


def _overrides(in_: str | None, out: str | None, *, follow: bool) -> list[str]:
    told = {"input": in_, "output": out}
    found = [f"stream.{name}={jsonlib.dumps(_absolute(value))}" for name, value in told.items() if value is not None]
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
    with _stopping(stream) as signals, watching(stream) as view:
        for progress in stream.runner.run():
            view(progress)
            last = progress
    if json:
        print_json(_as_json(stream, last))
    else:
        _tell(last)
    return ExitCode.INTERRUPTED if signal.SIGINT in signals else ExitCode.DONE


@contextmanager
def _stopping(stream: "OpenStream") -> Iterator[list[int]]:
    """Let SIGTERM and SIGINT end the stream after the commit that is under way; give the signals that came."""
    came: list[int] = []

    def stop(number: int, _: object) -> None:
        came.append(number)
        stream.runner.stop()

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


def _status(project: "Project", name: str, *, json: bool) -> int:
    from surtitle.stream.looking import find_states, watch
    from surtitle.stream.opening import streams_folder

    found = [watch(path) for path in find_states(streams_folder(project), name)]
    if json:
        print_json({"streams": found})
        return ExitCode.DONE
    if not found:
        say("no stream has run in this project yet; try: surtitle stream --in comments.jsonl --out decisions.jsonl")
    rows = [
        [
            f"{each.stream} {each.scope}".strip(),
            "running" if each.running else "stopped",
            f"{each.tally.records:,}",
            f"{each.rate:,.0f}/s",
            "" if each.lag is None else f"{each.lag:,}",
            each.watermark or "",
            str(sum(windows["open"] for windows in each.windows)),
            f"{each.tally.late:,}",
            f"{each.dead_letters:,}",
            "" if each.version is None else str(each.version),
        ]
        for each in found
    ]
    if rows:
        columns = [
            "stream",
            "",
            "records",
            "rate",
            "lag",
            "watermark",
            "open windows",
            "late",
            "dead letters",
            "version",
        ]
        show(table(columns, rows, right=(2, 3, 4, 6, 7, 8, 9)))
    return ExitCode.DONE


def _letters(project: "Project", name: str, limit: int, mended: Path | None, *, retry: bool, json: bool) -> int:
    from surtitle.stream.looking import dead_letters, find_states, try_again
    from surtitle.stream.opening import streams_folder

    paths = find_states(streams_folder(project), name)
    if retry:
        if mended is not None and len(paths) != 1:
            raise UsageError("--mended needs one stream, since each counts its letters; say which with --name")
        values = {} if mended is None else _read_mended(mended)
        count = sum(try_again(path, mended=values) for path in paths)
        if json:
            print_json({"tried_again": count})
        else:
            say(f"{count:,} dead letters will be tried again: within a second, or when the stream next runs")
        return ExitCode.DONE
    found = [(path.parent.name, held) for path in paths for held in dead_letters(path, limit)][:limit]
    if json:
        print_json({"dead_letters": [_letter_as_json(stream, held) for stream, held in found]})
        return ExitCode.DONE
    rows = [
        [
            str(held.id),
            f"{held.letter.partition}, {held.letter.position}",
            held.letter.reason,
            _shown(held.letter.value),
        ]
        for _, held in found
    ]
    if rows:
        show(table(["id", "record", "what is wrong", "begins"], rows, right=(0,)))
    else:
        say("no dead letters")
    return ExitCode.DONE


def _shown(value: bytes) -> str:
    return value[:60].decode("utf-8", "replace")


def _letter_as_json(stream: str, held: object) -> Mapping[str, object]:
    from surtitle.stream.state import HeldLetter

    assert isinstance(held, HeldLetter)  # noqa: S101 for the type checker
    letter = held.letter
    return {
        "stream": stream,
        "id": held.id,
        "partition": letter.partition,
        "position": letter.position,
        "reason": letter.reason,
        "died_at": held.died_at,
        "again": held.again,
        "value": letter.value.decode("utf-8", "replace"),
    }


def _read_mended(path: Path) -> dict[int, bytes]:
    import msgspec

    class Mended(msgspec.Struct):
        id: int
        value: str

    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    found = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                letter = msgspec.json.decode(line, type=Mended)
            except msgspec.MsgspecError as error:
                raise UsageError(
                    f'{path}, line {number}: {error}; each line is {{"id": 3, "value": "the record"}}'
                ) from error
            found[letter.id] = letter.value.encode()
    return found
