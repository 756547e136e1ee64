"""From a project and a load to a plan, and from a plan to files on disk."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from surtitle.errors import SurroundingsError
from surtitle.progress import SILENT, Reporter
from surtitle.project import Project
from surtitle.ship.deploy.measuring import measure_now, read_bench
from surtitle.ship.deploy.plan import Image, Plan, check_domain
from surtitle.ship.deploy.sizing import Load, Size, find_size
from surtitle.ship.writing import Written, write_files

__all__ = ["Deployed", "make_plan", "write_deployment"]


class Deployed(msgspec.Struct, frozen=True, kw_only=True):
    """What was written.

    Parameters
    ----------
    kind : str
        For what.
    folder : str
        Where.
    files : list of Written
        Each, and what became of it; paths are below `folder`.
    size : Size
        What was proposed, with the sum in words.
    """

    kind: str
    folder: str
    files: list[Written]
    size: Size


def make_plan(
    project: Project,
    load: Load,
    *,
    bench: Path | None = None,
    domain: str = "_",
    image: Image | None = None,
    workers: int | None = None,
    reporter: Reporter = SILENT,
) -> Plan:
    """Find the size that a load takes.

    Parameters
    ----------
    project : Project
        What is deployed.
    load : Load
        To come.
    bench : Path or None
        A result of ``surtitle bench --json``; None: the champion is measured now.
    domain : str
        The host name; ``_`` is any.
    image : Image or None
        For containers.
    workers : int or None
        Of each instance, as in `find_size`.
    reporter : Reporter
        Told of the progress.

    Raises
    ------
    UsageError
        If load, domain or result make no sense.
    RegistryError
        If there is no champion to measure.
    SurroundingsError
        If the service that is measured fails.
    """
    load.check()
    check_domain(domain)
    if bench is None:
        measured = measure_now(project, texts_per_request=load.texts_per_request, reporter=reporter)
    else:
        measured = read_bench(bench)
    return Plan(project=project, load=load, size=find_size(load, measured, workers=workers), domain=domain, image=image)


def write_deployment(
    plan: Plan,
    kind: str,
    folder: Path,
    files: Mapping[str, str],
    *,
    executable: frozenset[str] = frozenset(),
    force: bool = False,
) -> Deployed:
    """Write the files into a folder, unless somebody has edited one there.

    Raises
    ------
    UsageError
        If files were edited: all of them are named, and nothing is written.
    SurroundingsError
        If the disk may not be written.
    """
    root = plan.project.root if folder.is_relative_to(plan.project.root) else folder
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SurroundingsError(f"{root} cannot be made: {error.strerror}; choose another --out") from error
    below = folder.relative_to(root)
    named = {(below / name).as_posix(): content for name, content in files.items()}
    scripts = frozenset((below / name).as_posix() for name in executable)
    written = write_files(root, named, executable=scripts, force=force)
    shown = [msgspec.structs.replace(each, path=name) for each, name in zip(written, files, strict=True)]
    return Deployed(kind=kind, folder=str(folder), files=shown, size=plan.size)
