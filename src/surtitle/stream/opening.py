"""From a project to a stream that runs."""

import hashlib
import os
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import msgspec

from surtitle.durations import parse_duration
from surtitle.errors import SettingsError, UsageError
from surtitle.project import Project
from surtitle.spool import FILE_NAME
from surtitle.stream.core import Core
from surtitle.stream.models import Champions
from surtitle.stream.patience import Patience
from surtitle.stream.planning import plan_of
from surtitle.stream.ports import Channel, Opening
from surtitle.stream.rules import RuleBook, read_rules
from surtitle.stream.runner import Pace, Runner
from surtitle.stream.state import Identity, State
from surtitle.stream.state.lock import StateLock
from surtitle.stream.wiring import default_addresses, open_sink, open_source

__all__ = ["OpenStream", "open_stream", "streams_folder"]

_HAND_OVER_S = 30.0


class OpenStream(msgspec.Struct, frozen=True):
    """A stream, ready to run.

    Parameters
    ----------
    name : str
        Its name.
    source : str
        Where records come from.
    addresses : mapping of Channel to str
        Where outputs go.
    runner : Runner
        What runs it.
    patience : Patience
        Of its source and sinks.
    """

    name: str
    source: str
    addresses: Mapping[Channel, str]
    runner: Runner
    patience: Patience

    def stop(self) -> None:
        """Let `runner.run` end after the commit under way, and soon where a broker is away; for signal handlers."""
        self.patience.hurry()
        self.runner.stop()


def streams_folder(project: Project) -> Path:
    """Return the folder that holds the state of all the project's streams."""
    return project.state / "stream"


def open_stream(
    project: Project,
    *,
    environ: Mapping[str, str],
    name: str = "",
    model: str = "champion",
    restart: bool = False,
    clock: Callable[[], int] = lambda: time.time_ns() // 1000,
) -> OpenStream:
    """Make the stream of a project's settings ready to run; nothing is read or written yet.

    Parameters
    ----------
    project : Project
        With the settings of the stream.
    environ : mapping of str to str
        The environment, for secrets.
    name : str
        Of the stream; empty: made from its input and output.
    model : str
        Who decides: an alias, which may move while the stream runs, or a version.
    restart : bool
        Forget where the stream was.
    clock : callable
        Returns the time, in microseconds since 1970.

    Raises
    ------
    SettingsError
        If settings or rules hold faults, or input or output is missing.
    StreamError
        If input and output cannot give the guarantee asked for.
    RegistryError, ArtefactError
        If there is no model, or it is damaged.
    """
    settings = project.settings.stream
    plan = plan_of(project.settings)
    source_address, addresses = _addresses(project, has_windows=bool(plan.windows))
    name = _checked(name) if name else _name_for(source_address, addresses)
    opening = Opening(
        stream=f"{project.settings.project.name}.{name}",
        delivery=settings.delivery,
        follow=settings.follow,
        format=settings.format,
        patience=Patience(parse_duration(settings.patience) / 1e6),
        max_record_bytes=settings.max_record_bytes,
        environ=environ,
    )
    source = open_source(source_address, opening)
    sink = open_sink(addresses, opening, source)
    rules = read_rules(project.root / settings.rules) if settings.rules else ()
    if any(rule.rate for rule in rules) and not settings.author:
        raise SettingsError(f"{settings.rules} has a rule on rates; set stream.author to the field with the author")
    folder = streams_folder(project) / name
    if restart:
        _forget(folder)

    def make_core(scope: str) -> Core:
        book = RuleBook(
            rules, language=project.settings.text.language, author=settings.author, client=plan.columns.client
        )
        return Core(plan, book, source=source.name, scope=scope, keyed=sink.keyed)

    def open_state(scope: str) -> State:
        outputs = ", ".join(addresses.values())
        identity = Identity(project.settings.project.name, name, scope, source.name, outputs)
        file = folder / (f"scope-{quote(scope, safe='')}.db" if scope else "stream.db")
        return State(file, identity, wait_s=_HAND_OVER_S if scope else 0.0)

    runner = Runner(
        source,
        sink,
        make_core=make_core,
        open_state=open_state,
        current_model=Champions(project, model, clock),
        delivery=settings.delivery,
        clock=clock,
        pace=Pace(max_records=settings.max_batch),
    )
    return OpenStream(name, source.name, addresses, runner, opening.patience)


def _addresses(project: Project, *, has_windows: bool) -> tuple[str, dict[Channel, str]]:
    settings = project.settings.stream
    if not settings.input or not settings.output:
        raise UsageError("where from, and where to? say --in and --out, or set stream.input and stream.output")
    addresses = default_addresses(
        *(_absolute(project, each) for each in (settings.output, settings.windows_output, settings.late_output))
    )
    if not has_windows:  # then nothing is late either
        addresses = {"decisions": addresses["decisions"]}
    source = _absolute(project, settings.input)
    _refuse_circle(source, addresses)
    return source, addresses


def _refuse_circle(source: str, addresses: Mapping[Channel, str]) -> None:
    """Refuse to read what is written: each decision would be an event again."""
    if source == "-":
        return
    for channel, address in addresses.items():
        place, origin = address.split("?")[0], source.split("?")[0]
        if "://" not in source:
            place, origin = os.path.realpath(address), os.path.realpath(source)
        if place == origin or (Path(origin).is_dir() and Path(origin) in Path(place).parents):
            raise UsageError(
                f"{channel} would go to {address}, which is read as input; choose another place with --out"
            )


def _absolute(project: Project, address: str) -> str:
    if address == "spool://":
        return f"{address}{project.state / FILE_NAME}"
    if not address or address == "-" or "://" in address:
        return address
    return os.path.normpath(project.root / address)


def _name_for(source: str, addresses: Mapping[Channel, str]) -> str:
    """Return a name that the same input and outputs always get."""
    stem = re.sub(r"[^A-Za-z0-9]+", "-", "stdin" if source == "-" else source.rstrip("/").rpartition("/")[2]).strip("-")
    told = "\n".join([source, *addresses.values()])
    return f"{stem[:40]}-{hashlib.sha256(told.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _checked(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}", name):
        raise UsageError(f"--name {name!r} must begin with a letter or digit and hold only those, '.', '_' and '-'")
    return name


def _forget(folder: Path) -> None:
    for file in sorted(folder.glob("*.db")):
        lock = StateLock(file.with_name(f"{file.name}.lock"))
        try:
            for suffix in ("", "-wal", "-shm"):
                file.with_name(file.name + suffix).unlink(missing_ok=True)
        finally:
            lock.close()
