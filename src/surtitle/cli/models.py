"""`surtitle models`: versions, aliases, metrics, data span."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from surtitle.cli._options import JsonOption, ProjectOption, examples, open_project
from surtitle.cli._terminal import METRIC_NAMES, print_json, say, show, table
from surtitle.errors import ExitCode

if TYPE_CHECKING:
    from surtitle.records import Interval
    from surtitle.registry import Version

__all__ = ["EPILOG", "command"]

EPILOG = examples("surtitle models", "surtitle models --json")
_SHOWN = ("auc", "macro_f1")


def command(project: ProjectOption = None, json: JsonOption = False) -> int:
    """List versions, aliases and metrics.

    Metrics are of each version's own test split, with intervals.
    """
    from surtitle.registry import Registry

    registry = Registry(open_project(project).registry)
    versions, aliases = registry.versions(), registry.aliases()
    if json:
        print_json({"versions": [_as_json(version, aliases) for version in versions], "aliases": aliases})
    elif not versions:
        say("no versions yet; make one with: surtitle train")
    else:
        _render(versions, aliases)
    return ExitCode.DONE


def _as_json(version: "Version", aliases: dict[str, int]) -> dict[str, object]:
    facts = version.facts
    return {
        "version": version.number,
        "aliases": _aliases_of(version, aliases),
        "created_at": version.created_at,
        "artefact": version.folder,
        "metrics": facts.metrics,
        "split": facts.examples,
        "data_from": facts.data_from,
        "data_to": facts.data_to,
    }


def _render(versions: Sequence["Version"], aliases: dict[str, int]) -> None:
    rows = [
        [
            str(version.number),
            ", ".join(_aliases_of(version, aliases)),
            f"{version.created_at:%Y-%m-%d %H:%M}",
            f"{sum(version.facts.examples.values()):,}",
            _span(version.facts.data_from, version.facts.data_to),
            *(_interval(version.facts.metrics.get(name)) for name in _SHOWN),
        ]
        for version in reversed(versions)
    ]
    names = ["version", "alias", "registered (UTC)", "examples", "data from, to", *(METRIC_NAMES[m] for m in _SHOWN)]
    show(table(names, rows, right=(0, 3)))


def _aliases_of(version: "Version", aliases: dict[str, int]) -> list[str]:
    return sorted(alias for alias, number in aliases.items() if number == version.number)


def _interval(interval: "Interval | None") -> str:
    return "" if interval is None else str(interval)


def _span(start: datetime | None, end: datetime | None) -> str:
    return f"{start:%Y-%m-%d}, {end:%Y-%m-%d}" if start and end else ""
