"""`surtitle labels`: the truth about earlier decisions, from files and from a Kafka topic."""

import os
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, now, open_project
from surtitle.cli._progress import reporting
from surtitle.cli._terminal import print_json, say, visible
from surtitle.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from surtitle.project import Project
    from surtitle.stream.ports import Opening, Source
    from surtitle.watch.verdicts import AddedLabels

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    "surtitle labels add verdicts.csv",
    "surtitle labels add appeals.jsonl --json",
    "surtitle labels add kafka://broker:9092/verdicts --follow",
)


class What(StrEnum):
    """What is to be done."""

    ADD = "add"


def command(
    what: Annotated[What, typer.Argument(help="Add labels.")],  # noqa: ARG001 the one thing that can be done
    source: Annotated[
        str,
        typer.Argument(
            metavar="FILE|TOPIC", help="CSV, TSV or JSON lines with id and label, or kafka://HOST:PORT/TOPIC."
        ),
    ],
    follow: Annotated[bool, typer.Option("--follow", help="Of a topic: wait for more, until Ctrl-C.")] = False,
    project: ProjectOption = None,
    set_: SetOption = None,
    json: JsonOption = False,
) -> int:
    """Add late labels: what decisions should have been.

    A column labelled_at says when each was found; without it, that is now. Adding a file again adds nothing twice. A
    topic is read from where it was last read to its present end, and its offsets are committed once the labels are
    stored. Rows that are no label are named and left out; then the command ends with 1.
    """
    opened = open_project(project, set_)
    is_topic = source.startswith("kafka://")
    if "://" in source and not is_topic:
        raise UsageError(f"{source.partition('?')[0]}: labels come from a file or from kafka://HOST:PORT/TOPIC")
    if follow and not is_topic:
        raise UsageError("--follow waits for more labels in a topic; a file is read to its end")
    if is_topic:
        added = _from_topic(opened, source, follow=follow)
    else:
        from surtitle.watch.verdicts import add_labels

        added = add_labels(opened, Path(source), now=now())
    if json:
        print_json(added)
    else:
        typer.echo(visible(f"{added.stored:,} labels stored, {added.known:,} were known."))
        for fault in added.faults:
            say(str(fault))
        if added.bad_rows:
            say(f"{added.bad_rows:,} rows are no label and were left out; mend them and add them again")
    return ExitCode.REFUSED if added.bad_rows else ExitCode.DONE


def _from_topic(project: "Project", address: str, *, follow: bool) -> "AddedLabels":
    from surtitle.durations import parse_duration
    from surtitle.inbox import LabelInbox
    from surtitle.stream.draining import drain
    from surtitle.stream.patience import Patience
    from surtitle.stream.ports import Opening
    from surtitle.stream.wiring import open_source
    from surtitle.watch.verdicts import AddedLabels, add_records

    opening = Opening(
        # A group for each topic: how far one was read is nobody else's business.
        stream=f"{project.settings.project.name}.labels.{urlsplit(address).path.strip('/')}",
        patience=Patience(parse_duration(project.settings.stream.patience) / 1e6),
        environ=os.environ,
    )
    project.state.mkdir(parents=True, exist_ok=True)
    added = AddedLabels()
    with (
        closing(open_source(address, opening)) as source,
        closing(LabelInbox(project.state)) as inbox,
        reporting() as reporter,
        _stopping(source, opening) as signals,
    ):
        reporter.start(f"labels of {source.name}")
        for batches in drain(source, follow=follow, stopped=lambda: bool(signals)):
            for batch in batches:
                records = dict(zip(batch.positions, batch.values, strict=True))
                added += add_records(project, inbox, batch.partition, records, now=now())
                reporter.advance(len(records))
    if signals and not follow:
        raise KeyboardInterrupt  # the end was not reached; what was stored stays, and the next run goes on there
    return added


@contextmanager
def _stopping(source: "Source", opening: "Opening") -> Iterator[list[int]]:
    """Let SIGTERM and SIGINT end the reading after what is under way; give the signals that came."""
    came: list[int] = []

    def stop(number: int, _: object) -> None:
        came.append(number)
        opening.patience.hurry()
        source.wake()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield came
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
