"""Addresses -> sources and sinks: the one place that knows which there are."""

from collections.abc import Mapping
from importlib import import_module

from surtitle.errors import StreamError
from surtitle.stream.ports import CHANNELS, Channel, Opening, Sink, Source

__all__ = ["default_addresses", "open_sink", "open_source"]

_BOTH = {"-": "standard", "file": "files", "kafka": "kafka", "redis": "redis", "rediss": "redis"}
_SOURCES = {**_BOTH, "spool": "spool"}
_SINKS = {**_BOTH, "http": "webhook", "https": "webhook"}
_TOGETHER = ("-", "http", "https")


def open_source(address: str, opening: Opening) -> Source:
    """Return the source of an address: a path, ``-`` for standard input, or ``SCHEME://...``.

    Raises
    ------
    StreamError
        If no source has that scheme.
    """
    module = import_module(f"surtitle.stream.sources.{_SOURCES[_scheme(address, _SOURCES)]}")
    source: Source = module.open_source(address, opening)
    return source


def open_sink(addresses: Mapping[Channel, str], opening: Opening, source: Source) -> Sink:
    """Return the sink of an address for each channel; all of one kind.

    Raises
    ------
    StreamError
        If no sink has that scheme, or the addresses are of several kinds.
    """
    kinds = {channel: _SINKS[_scheme(address, _SINKS)] for channel, address in addresses.items()}
    if len(set(kinds.values())) != 1:
        told = ", ".join(f"{channel} to {addresses[channel]}" for channel in kinds)
        raise StreamError(f"outputs of several kinds cannot be committed at once: {told}; choose one kind for all")
    module = import_module(f"surtitle.stream.sinks.{kinds['decisions']}")
    sink: Sink = module.open_sink(addresses, opening, source)
    return sink


def default_addresses(decisions: str, windows: str = "", late: str = "") -> dict[Channel, str]:
    """Return where each channel goes, when only the decisions' address is told.

    Windows and late events go beside the decisions; to standard output or a URL all go together, and ``kind`` tells
    them apart.

    Examples
    --------
    >>> default_addresses("out/decisions.jsonl")["late"]
    'out/decisions.late.jsonl'
    >>> default_addresses("kafka://host:9092/decisions?acks=all")["windows"]
    'kafka://host:9092/decisions.windows?acks=all'
    """
    told = {"decisions": decisions, "windows": windows, "late": late}
    return {channel: told[channel] or _beside(decisions, channel) for channel in CHANNELS}


def _beside(address: str, channel: Channel) -> str:
    scheme, separator, _ = address.partition("://")
    if scheme in _TOGETHER:
        return address
    if separator:
        stem, question, query = address.partition("?")
        return f"{stem}.{channel}{question}{query}"
    folder, slash, name = address.rpartition("/")
    stem, dot, suffix = name.rpartition(".")
    beside = f"{stem}.{channel}.{suffix}" if dot else f"{name}.{channel}"
    return f"{folder}{slash}{beside}"


def _scheme(address: str, known: Mapping[str, str]) -> str:
    if address == "-":
        return "-"
    scheme, separator, _ = address.partition("://")
    if not separator:
        return "file"
    if scheme not in known or scheme == "-":
        there = ", ".join(f"{name}://" for name in known if name not in ("-", "file"))
        raise StreamError(f"{address}: {scheme}:// is not known; there are paths, -, {there}")
    return scheme
