"""Settings -> what a stream does; every fault at once. PURE."""

from collections.abc import Callable
from typing import Any, TypeVar

from surtitle.durations import parse_duration
from surtitle.errors import Fault, SettingsError
from surtitle.settings import DataSettings, Settings
from surtitle.stream.core import Plan
from surtitle.stream.decode import Columns
from surtitle.stream.windows import AggregateSpec, WindowSpec, parse_aggregates, parse_window

__all__ = ["plan_of"]

T = TypeVar("T")
_POSTED = DataSettings(text="text", id="id", time="time", client="client")
"""What `POST /events` calls the fields of an event, whatever the labelled data does."""
_DURATIONS = ("out_of_order", "lateness", "idle_after", "max_ahead", "patience")


def plan_of(settings: Settings) -> Plan:
    """Return what the settings' stream does.

    Raises
    ------
    SettingsError
        With every fault of its durations, windows and aggregates.

    Examples
    --------
    >>> from surtitle.settings import StreamSettings
    >>> plan_of(Settings(stream=StreamSettings(windows=("tumbling 1m by client",)))).windows[0].size_us
    60000000
    >>> plan_of(Settings(stream=StreamSettings(lateness="soon", out_of_order="5")))
    Traceback (most recent call last):
    surtitle.errors.SettingsError: the settings of the stream have 2 faults
      - stream.out_of_order: '5' is not a duration; write a whole number and ms, s, m, h or d, such as 90s
      - stream.lateness: 'soon' is not a duration; write a whole number and ms, s, m, h or d, such as 90s
    """
    stream, faults = settings.stream, list[Fault]()
    durations = {name: _read(name, parse_duration, getattr(stream, name), 0, faults) for name in _DURATIONS}
    windows = tuple(
        window for text in stream.windows if (window := _read("windows", parse_window, text, None, faults)) is not None
    )
    if len(set(windows)) < len(windows):
        faults.append(Fault("stream.windows", "names the same windows twice"))
    aggregates = _read("aggregates", parse_aggregates, stream.aggregates, AggregateSpec(), faults)
    columns = _columns(settings, windows, aggregates)
    if faults:
        count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
        raise SettingsError(f"the settings of the stream have {count}", faults)
    return Plan(
        columns=columns,
        windows=windows,
        aggregates=aggregates,
        refinements=stream.refinements,
        bound_us=durations["out_of_order"],
        lateness_us=durations["lateness"],
        idle_after_us=durations["idle_after"],
        max_ahead_us=durations["max_ahead"],
        max_record_bytes=stream.max_record_bytes,
    )


def _read(name: str, read: Callable[[Any], T], value: object, failed: T, faults: list[Fault]) -> T:
    try:
        return read(value)
    except ValueError as error:
        faults.append(Fault(f"stream.{name}", str(error)))
        return failed


def _columns(settings: Settings, windows: tuple[WindowSpec, ...], aggregates: AggregateSpec) -> Columns:
    stream, data = settings.stream, settings.data
    if stream.input.startswith("spool://"):
        data = _POSTED
    named = [name for window in windows for name in window.key] + [*aggregates.columns, stream.author]
    # "by client" means the client, whatever its field is called.
    client = stream.client or data.client or ("client" if "client" in named else "")
    others = tuple(dict.fromkeys(name for name in named if name and name not in ("client", client)))
    return Columns(
        text=stream.text or data.text,
        id=stream.id or data.id,
        time=stream.time or data.time,
        client=client,
        others=others,
        whole=stream.format == "lines",
    )
