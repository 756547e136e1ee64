"""What the jobs of a pipeline install: all that training needs, and the tools for the user's own code, with hashes."""

from collections.abc import Iterable, Sequence
from importlib.metadata import requires
from pathlib import Path

import msgspec

from surtitle.progress import Reporter
from surtitle.project import Project
from surtitle.settings import Settings
from surtitle.ship.ci import LOCK_NAME
from surtitle.ship.image.lock import make_lock, render_lock
from surtitle.ship.image.making import own_packages, python_of
from surtitle.ship.image.needs import extra_of
from surtitle.ship.writing import Written, write_files

__all__ = ["LockFile", "job_requirements", "write_lock"]

_TOOLS = ("pytest", "ruff")


class LockFile(msgspec.Struct, frozen=True):
    """A lock that was written.

    Parameters
    ----------
    file : Written
        What has been done.
    packages : int
        How many are in it.
    python : str
        The version that it is for.
    machines : tuple of str
        Those that it is for.
    missing : dict of str to str
        Machines for which some wheel is not there, and what pip said.
    """

    file: Written
    packages: int
    python: str
    machines: tuple[str, ...]
    missing: dict[str, str]


def job_requirements(settings: Settings, requirements: Iterable[str]) -> Sequence[str]:
    """Return what a job needs beside Surtitle itself.

    Parameters
    ----------
    settings : Settings
        Of the project: a query may need a database's client, an estimator its reader.
    requirements : iterable of str
        Of the installed Surtitle, as of `importlib.metadata.requires`.

    Examples
    --------
    >>> from surtitle.settings import Settings
    >>> job_requirements(Settings(), ["numpy>=2", "starlette; extra == 'serve'", "skops; extra == 'estimator'"])
    ['numpy>=2', 'starlette', 'pytest', 'ruff']
    """
    told = list(requirements)
    extras = ["serve"]
    if settings.data.database.startswith(("postgres://", "postgresql://")):
        extras.append("postgres")
    if settings.train.estimator:
        extras.append("estimator")
    if settings.data.prepare:
        extras.append("pandas")
    core = [each.partition(";")[0].strip() for each in told if "extra ==" not in each]
    packages = [*core, *(each for extra in extras for each in extra_of(told, extra))]
    return list(dict.fromkeys([*packages, *settings.ship.packages, *_TOOLS]))


def write_lock(project: Project, *, wheels: Path | None, force: bool, reporter: Reporter) -> LockFile:
    """Ask pip for the hashes of what a job needs, at the versions installed here, and write them down.

    Parameters
    ----------
    project : Project
        Where to write.
    wheels : Path or None
        A folder of wheels that no index has.
    force : bool
        Overwrite a lock that somebody has edited.
    reporter : Reporter
        Told of each machine.

    Raises
    ------
    UsageError
        If pip is not there or finds no wheels, or the file was edited.
    SurroundingsError
        If the disk may not be written, or pip gives no answer.
    """
    settings = project.settings
    needs = job_requirements(settings, requires("surtitle") or ())
    lock = make_lock(own_packages(), needs, python=python_of(settings.ship), wheels=wheels, reporter=reporter)
    text = render_lock(lock, command="surtitle ship lock", what="what the jobs of the pipeline install")
    (written,) = write_files(project.root, {LOCK_NAME: text}, force=force)
    return LockFile(written, len(lock.packages), lock.python, lock.machines, dict(lock.missing))
