"""From a project to a registered model that scores."""

import msgspec

from surtitle.artefact import load_artefact
from surtitle.models import MEMO_BYTES, Scorer
from surtitle.project import Project
from surtitle.registry import Registry, Version

__all__ = ["OpenModel", "load_scorer", "open_scorer", "registry_of"]


class OpenModel(msgspec.Struct, frozen=True):
    """A registered model, ready to score."""

    version: int
    scorer: Scorer


def registry_of(project: Project) -> Registry:
    """Return the project's registry."""
    return Registry(project.registry)


def open_scorer(project: Project, ref: str = "champion") -> OpenModel:
    """Load a registered model.

    Parameters
    ----------
    project : Project
        Whose registry to look in.
    ref : str
        A version's number or an alias.

    Raises
    ------
    RegistryError
        If there is no such version.
    ArtefactError
        If its files are damaged.
    """
    version = registry_of(project).find(ref)
    return OpenModel(version.number, load_scorer(project, version))


def load_scorer(project: Project, version: Version, *, memo_bytes: int = MEMO_BYTES) -> Scorer:
    """Load a version's model; types of an own estimator are trusted as the project's settings say."""
    return load_artefact(version.folder, trusted=project.settings.train.trusted, memo_bytes=memo_bytes)[1]
