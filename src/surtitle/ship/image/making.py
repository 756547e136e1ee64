"""From a project to the files that its image is built from."""

import re
from collections.abc import Mapping
from datetime import datetime
from importlib.metadata import requires
from pathlib import Path

import msgspec

import surtitle
from surtitle.errors import SettingsError
from surtitle.progress import Reporter
from surtitle.project import Project
from surtitle.settings import Settings, ShipSettings
from surtitle.ship.image.dockerfile import LOCK_NAME, Recipe, dockerignore, render_dockerfile
from surtitle.ship.image.lock import make_lock, render_lock
from surtitle.ship.image.needs import find_needs
from surtitle.ship.image.sbom import render_sbom
from surtitle.ship.image.staging import Staged, add_wheels, service_settings, stage
from surtitle.ship.writing import Written, write_files
from surtitle.text.native import NATIVE_VERSION, native_status

__all__ = ["SBOM_NAME", "ImageFiles", "make_files", "own_packages", "python_of"]

SBOM_NAME = "sbom.cdx.json"
_PYTHON = re.compile(r"(?:^|/)python:(3\.[0-9]+)")
_MODEL = "tokenizer.json"


class ImageFiles(msgspec.Struct, frozen=True):
    """What an image is built from.

    Parameters
    ----------
    root : Path
        The project's folder, which is the builder's context.
    files : tuple of Written
        What has been written there.
    version : int
        Of the model.
    created_at : datetime
        When it was registered: the time that everything in the image carries.
    port : int
        Where the service in it listens.
    machines : tuple of str
        For which it can be built.
    packages : int
        How many are in the lock.
    notes : tuple of str
        What a person should know.
    """

    root: Path
    files: tuple[Written, ...]
    version: int
    created_at: datetime
    port: int
    machines: tuple[str, ...]
    packages: int
    notes: tuple[str, ...]


class _Rules(msgspec.Struct):
    why_not_native: str = ""


def make_files(
    project: Project, *, wheels: Path | None, force: bool, keep: bool = False, reporter: Reporter
) -> ImageFiles:
    """Lay out the champion and write Dockerfile, `.dockerignore`, lock and bill of materials beside `surtitle.toml`.

    Parameters
    ----------
    project : Project
        With a champion.
    wheels : Path or None
        A folder of wheels that no index has.
    force : bool
        Overwrite files that somebody has edited.
    keep : bool
        Leave those as they are, and write the others.
    reporter : Reporter
        Told of each step.

    Raises
    ------
    RegistryError
        If there is no champion.
    SettingsError
        If the base does not say which Python it has.
    UsageError
        If no lock can be made, or files were edited.
    SurroundingsError
        If the disk may not be written.
    """
    settings = service_settings(project.settings)
    ship = project.settings.ship
    python = python_of(ship)
    staged = stage(project)
    needs = find_needs(
        project.settings, staged.manifests, requires("surtitle") or (), why_not_native=_why_not_native(staged)
    )
    lock = make_lock(own_packages(), needs.packages, python=python, wheels=wheels, reporter=reporter)
    add_wheels(staged, lock.wheels)
    name = settings.project.name
    recipe = Recipe(
        name=name,
        base=ship.base,
        port=settings.serve.port,
        wheels=bool(lock.wheels),
        offline=lock.complete,
        description=ship.description,
        source=ship.source,
        licenses=ship.licenses,
        security=ship.security,
    )
    files = {
        "Dockerfile": render_dockerfile(recipe),
        ".dockerignore": dockerignore(),
        LOCK_NAME: render_lock(lock),
        SBOM_NAME: render_sbom(lock, name=name, version=str(staged.version), base=ship.base, made_at=staged.created_at),
    }
    return ImageFiles(
        root=project.root,
        files=tuple(write_files(project.root, files, force=force, keep=keep)),
        version=staged.version,
        created_at=staged.created_at,
        port=settings.serve.port,
        machines=lock.machines,
        packages=len(lock.packages),
        notes=tuple(_notes(project.settings, needs.why_spacy, lock.missing)),
    )


def python_of(ship: ShipSettings) -> str:
    """Return the version of Python in the base, such as 3.13.

    Raises
    ------
    SettingsError
        If neither the setting nor the name says it.

    Examples
    --------
    >>> python_of(ShipSettings())
    '3.13'
    """
    found = _PYTHON.search(ship.base.partition("@")[0])
    if not ship.python and found is None:
        raise SettingsError(f"ship.base: {ship.base} does not say which Python it has; set ship.python, such as 3.13")
    return ship.python or str(found and found[1])


def own_packages() -> list[str]:
    """Return Surtitle's own packages at the versions installed here."""
    native = [f"surtitle-native=={NATIVE_VERSION}"] if native_status().available else []
    return [f"surtitle=={surtitle.__version__}", *native]


def _why_not_native(staged: Staged) -> str:
    status = native_status()
    if not status.available:
        return status.what
    for path in sorted((staged.folder / "model/registry/versions").glob(f"*/{_MODEL}")):
        why = msgspec.json.decode(path.read_bytes(), type=_Rules).why_not_native
        if why:
            return why
    return ""


def _notes(settings: Settings, why_spacy: str, missing: Mapping[str, str]) -> list[str]:
    notes = [f"not for {machine}: {what}" for machine, what in missing.items()]
    if why_spacy:
        notes.append(f"the image holds spaCy, about 200 MB more: {why_spacy}")
    if settings.serve.keys_file:
        notes.append(
            f"mount serve.keys_file as a secret, at /srv/surtitle/{settings.serve.keys_file}: it is not in the image"
        )
    if not settings.ship.security:
        notes.append("set ship.security, so that whoever finds a weakness knows whom to tell")
    if not settings.ship.source:
        notes.append("set ship.source, so that the image says where its code is")
    return notes
