"""The part of an image that is the user's own: the champions and the settings, in ``.surtitle/image/``.

Data only, and no more than the service reads: the labelled texts, the reports and the versions before stay outside.
"""

import shutil
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from surtitle.artefact.files import MANIFEST_NAME, read_manifest
from surtitle.artefact.manifest import Manifest
from surtitle.errors import SettingsError, SurroundingsError
from surtitle.project import FILE_NAME, Project
from surtitle.registry import Registry
from surtitle.registry.extract import extract
from surtitle.settings import Settings, ShipSettings
from surtitle.settings_text import render_settings

__all__ = ["FOLDER", "PORT", "Staged", "add_wheels", "service_settings", "stage"]

FOLDER = "image"
PORT = 8080
_NO_DATA = "not in this image"


class Staged(msgspec.Struct, frozen=True):
    """What has been laid out for the image.

    Parameters
    ----------
    folder : Path
        To be copied into the image.
    version : int
        The champion.
    created_at : datetime
        When it was registered.
    manifests : tuple of Manifest
        Of the champion and the clients' champions.
    """

    folder: Path
    version: int
    created_at: datetime
    manifests: tuple[Manifest, ...]


def stage(project: Project) -> Staged:
    """Lay out the champions and the settings in place of what was there.

    Parameters
    ----------
    project : Project
        Whose champions.

    Raises
    ------
    RegistryError
        If there is no champion, or it has been changed.
    SettingsError
        If the file of rules that the settings name cannot be read.
    SurroundingsError
        If the disk may not be written.
    """
    registry = Registry(project.registry)
    registry.find("champion")
    target = project.state / FOLDER
    draft = Path(tempfile.mkdtemp(prefix=f"{FOLDER}-", dir=project.state))
    try:
        model = draft / "model"
        (model / "registry").mkdir(parents=True)
        numbers = extract(registry, model / "registry", keep=_served)
        champion = Registry(model / "registry").find("champion")
        (model / FILE_NAME).write_text(render_settings(service_settings(project.settings), only_changed=True), "utf-8")
        _copy_rules(project, model)
        (draft / "wheels").mkdir()
        manifests = tuple(read_manifest(model / "registry/versions" / str(number)) for number in numbers)
        shutil.rmtree(target, ignore_errors=True)
        draft.replace(target)
        target.chmod(0o755)
    except OSError as error:
        raise SurroundingsError(f"{error.filename or target} cannot be written: {error.strerror}") from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return Staged(target, champion.number, champion.created_at, manifests)


def add_wheels(staged: Staged, wheels: Sequence[Path]) -> None:
    """Lay the wheels that no index has beside the model.

    Raises
    ------
    SurroundingsError
        If one cannot be copied.
    """
    try:
        for wheel in wheels:
            shutil.copyfile(wheel, staged.folder / "wheels" / wheel.name)
    except OSError as error:
        raise SurroundingsError(f"{error.filename} cannot be copied: {error.strerror}") from error


def service_settings(settings: Settings) -> Settings:
    """Return the settings as they are in the image: every address, a fixed port, the registry beside, no data.

    Examples
    --------
    >>> from surtitle.settings import DataSettings
    >>> found = service_settings(Settings(data=DataSettings(sql="SELECT 1", database="${DATABASE}")))
    >>> found.serve.host, found.serve.port, found.project.registry, found.data.database
    ('0.0.0.0', 8080, 'registry', '')
    """
    replace = msgspec.structs.replace
    return replace(
        settings,
        project=replace(settings.project, registry="registry"),
        data=replace(settings.data, source=_NO_DATA, sql="", database=""),
        serve=replace(settings.serve, host="0.0.0.0", port=settings.serve.port or PORT),  # noqa: S104 of the container
        ship=ShipSettings(),
        stream=replace(settings.stream, rules=Path(settings.stream.rules).name),
    )


def _served(folder: Path) -> list[str]:
    """Return the files that a model is loaded from: the report beside them quotes people's texts."""
    return [MANIFEST_NAME, *sorted(read_manifest(folder).files)]


def _copy_rules(project: Project, model: Path) -> None:
    name = project.settings.stream.rules
    if name:
        try:
            shutil.copyfile(project.root / name, model / Path(name).name)
        except OSError as error:
            raise SettingsError(f"stream.rules: {project.root / name} cannot be read: {error.strerror}") from error
