"""`surtitle prune`: remove the files of versions that never decided anything."""

from typing import TYPE_CHECKING, Annotated

import typer

from surtitle.cli._options import JsonOption, ProjectOption, examples, open_project
from surtitle.cli._terminal import print_json
from surtitle.errors import ExitCode

if TYPE_CHECKING:
    from surtitle.registry import Version

__all__ = ["EPILOG", "command"]

EPILOG = examples("surtitle prune --dry-run", "surtitle prune --keep 3")


def command(
    keep: Annotated[
        int,
        typer.Option(
            "--keep", min=1, metavar="N", help="Of the general versions, and of each client's, the newest N stay."
        ),
    ] = 10,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and remove nothing.")] = False,
    project: ProjectOption = None,
    json: JsonOption = False,
) -> int:
    """Remove the files of versions that never decided anything.

    Versions that are or were a champion stay, and so do those that an alias names: nothing that rollback, the watch or
    an explanation of a decision may ask for goes. Of the others, metrics and verdicts stay in the history.
    """
    from surtitle.registry import Registry

    registry = Registry(open_project(project).registry)
    found = registry.expendable(keep=keep)
    sizes = {version.number: _bytes(version) for version in found}
    gone = found if dry_run else registry.prune(keep=keep)
    freed = sum(sizes.get(version.number, 0) for version in gone)
    if json:
        print_json({"removed": [version.number for version in gone], "bytes": freed, "dry_run": dry_run})
    elif not gone:
        typer.echo("Nothing to remove: every version was a champion, has an alias, or is new.")
    else:
        does = "would go" if dry_run else "are gone"
        typer.echo(f"The files of {_numbers(gone)} {does}: {freed / 1e6:,.1f} MB.")
    return ExitCode.DONE


def _bytes(version: "Version") -> int:
    return sum(path.stat().st_size for path in version.folder.rglob("*") if path.is_file())


def _numbers(versions: "list[Version]") -> str:
    """Say which: all of a few, or how many."""
    if len(versions) > 10:
        return f"{len(versions):,} versions"
    word = "version" if len(versions) == 1 else "versions"
    return f"{word} {', '.join(str(version.number) for version in versions)}"
