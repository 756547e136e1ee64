"""What a machine without containers has: paths, a user, programs."""

import os
import shutil
import sys
from pathlib import Path

import msgspec

from surtitle.errors import UsageError
from surtitle.project import Project
from surtitle.ship.deploy.plan import check_path

__all__ = ["Box", "find_box", "stream_folders", "stream_is_local", "stream_options", "writable_folders"]

_STREAM_OUT = "decisions.jsonl"


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """Paths as text that can stand in unit files, all absolute.

    Parameters
    ----------
    root : str
        The project.
    state : str
        What the service and the stream write.
    folder : str
        Of the files that are written.
    tls : str
        Of ``tls.crt`` and ``tls.key``.
    program, python, base : str
        `surtitle`, the interpreter it runs in, and where that has its library.
    nginx : str
        The program.
    user : str
        Who runs it all.
    """

    root: str
    state: str
    folder: str
    tls: str
    program: str
    python: str
    base: str
    nginx: str
    user: str


def find_box(project: Project, folder: Path, *, user: str = "") -> Box:
    """Return what this machine has.

    Parameters
    ----------
    project : Project
        What is deployed.
    folder : Path
        Where the files will be.
    user : str
        Who runs it; empty: the owner of the project's folder.

    Raises
    ------
    UsageError
        If a path cannot stand in a unit file, or the user is not known here.
    """
    return Box(
        root=check_path(project.root, "the project's folder"),
        state=check_path(project.state, "the project's state"),
        folder=check_path(folder, "the folder --out"),
        tls=check_path(folder / "tls", "the folder --out"),
        program=check_path(Path(sys.executable).with_name("surtitle"), "the program"),
        python=check_path(Path(sys.executable), "the interpreter"),
        base=check_path(Path(sys.base_prefix), "the interpreter's library"),
        nginx=shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin") or "/usr/sbin/nginx",
        user=_known(user) if user else project.root.owner(),
    )


def _known(user: str) -> str:
    import pwd

    try:
        return pwd.getpwnam(user).pw_name
    except (KeyError, ValueError) as error:
        raise UsageError(
            f"--user {user!r} is not a user of this machine; make one with: useradd --system NAME"
        ) from error


def stream_options(project: Project) -> str:
    """Return what `surtitle stream` is started with: as the settings say, else with the events of the service.

    Examples
    --------
    >>> from surtitle.settings import Settings
    >>> stream_options(Project(root=Path("/srv/opera"), settings=Settings()))
    '--in spool:// --out /srv/opera/.surtitle/decisions.jsonl'
    """
    settings = project.settings.stream
    if settings.input and settings.output:
        return "--follow"
    return f"--in spool:// --out {project.state / _STREAM_OUT}"


def writable_folders(project: Project) -> list[Path]:
    """Return the folders that the service writes to: the state, and the registry where it lies elsewhere."""
    return [project.state, *([] if project.registry.is_relative_to(project.state) else [project.registry])]


def stream_folders(project: Project) -> list[Path]:
    """Return the folders that the stream writes to: those of the service, and those of outputs that are files."""
    settings = project.settings.stream
    named = (settings.output, settings.windows_output, settings.late_output) if settings.input else ()
    files = [project.root / each for each in named if each and each != "-" and "://" not in each]
    kept = writable_folders(project)
    return [*kept, *sorted({path.parent for path in files} - set(kept))]


def stream_is_local(project: Project) -> bool:
    """Say whether the stream speaks to no other machine."""
    settings = project.settings.stream
    named = (settings.input, settings.output, settings.windows_output, settings.late_output)
    return not (settings.input and settings.output) or not any(
        "://" in each and not each.startswith("spool://") for each in named
    )
