"""`surtitle models`: versions, aliases, metrics, data span; of everybody, or of one client."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, examples, open_project
from surtitle.cli._terminal import METRIC_NAMES, print_json, say, show, table, visible
from surtitle.errors import ExitCode

if TYPE_CHECKING:
    from surtitle.records import Interval
    from surtitle.registry import AliasMove, Registry, Version

__all__ = ["EPILOG", "command"]

EPILOG = examples("surtitle models", "surtitle models --client science", "surtitle models --json")
_SHOWN = ("auc", "macro_f1")


def command(
    client: Annotated[
        str | None, typer.Option("--client", metavar="NAME", help="The versions, aliases and moves of one client.")
    ] = None,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> int:
    """List versions, aliases and metrics.

    Metrics are of each version's own test split, with intervals. Versions of which one client alone has use are listed
    with --client, and all of them with --json.
    """
    from surtitle.registry import Registry

    registry = Registry(open_project(project).registry)
    if client is not None:
        return _of_client(registry, client, json=json)
    versions, aliases = registry.versions(), registry.aliases()
    if json:
        print_json({"versions": [_as_json(version, aliases) for version in versions], "aliases": aliases})
    elif not versions:
        say("no versions yet; make one with: surtitle train")
    else:
        general = [version for version in versions if version.facts.client is None]
        _render(general, aliases)
        _tell_clients(versions, aliases)
    return ExitCode.DONE


def _tell_clients(versions: Sequence["Version"], aliases: dict[str, int]) -> None:
    own = sum(alias.startswith("champion@") for alias in aliases)
    trained = {version.facts.client for version in versions} - {None}
    if own or trained:
        told = f"{own:,} clients have a champion of their own; {len(trained):,} had a model trained for them"
        say(f"{told}: surtitle models --client NAME")


def _of_client(registry: "Registry", client: str, *, json: bool) -> int:
    from surtitle.registry import alias_of

    moves = [move for move in registry.history() if move.alias.partition("@")[2] == client]
    named = {number for move in moves for number in (move.from_version, move.to_version)}
    versions = [each for each in registry.versions() if each.facts.client == client or each.number in named]
    aliases = {alias: number for alias, number in registry.aliases().items() if alias.partition("@")[2] == client}
    own = aliases.get(alias_of("champion", client))
    decides = own or registry.aliases().get("champion")
    if json:
        listed = [_as_json(version, aliases) for version in versions]
        verdicts = registry.verdicts(alias_of("champion", client)) if versions else []
        print_json(
            {
                "client": client,
                "champion": decides,
                "own": own is not None,
                "versions": listed,
                "aliases": aliases,
                "moves": moves,
                "verdicts": verdicts,
            }
        )
        return ExitCode.DONE
    if versions:
        _render(versions, aliases)
        show(*map(_told, moves))
    else:
        say(f"no version is for {client} alone; make one with: surtitle train --client NAME")
    if decides is not None:
        whose = f"its own champion, version {own}" if own else f"the general champion, version {decides}"
        typer.echo(visible(f"{client} has {whose}."))
    return ExitCode.DONE


def _told(move: "AliasMove") -> str:
    there = "the general champion" if move.to_version is None else f"version {move.to_version}"
    forced = ", forced" if move.forced else ""
    return visible(f"{move.moved_at:%Y-%m-%d %H:%M}  {move.kind}{forced}: {move.alias} is {there}. {move.why}")


def _as_json(version: "Version", aliases: dict[str, int]) -> dict[str, object]:
    facts = version.facts
    return {
        "version": version.number,
        "client": facts.client,
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
