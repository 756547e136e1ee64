"""What a training depends on, as a hash: two trainings with one key give the same model."""

import hashlib
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import msgspec

from surtitle.project import Project

__all__ = ["package_versions", "training_key"]

_RECIPE = 1  # raised whenever the code of the text path, the model or the evaluation changes what comes out
_PACKAGES = ("surtitle", "spacy", "spacy-lookups-data", "scikit-learn", "numpy", "scipy")


def package_versions() -> dict[str, str]:
    """Return the versions of the packages that scores depend on."""
    return {name: found for name in _PACKAGES if (found := _version(name))}


def training_key(project: Project, data_hash: str) -> str:
    """Return the hash of all that a model and its report follow from.

    Parameters
    ----------
    project : Project
        Settings; of an own estimator, the source of its module.
    data_hash : str
        Of the prepared examples.
    """
    settings = project.settings
    parts = [
        [_RECIPE, data_hash, package_versions()],
        [settings.project, settings.text, settings.features, settings.train, settings.costs, settings.evaluate],
        _module_source(settings.train.estimator, project.root),
    ]
    return hashlib.sha256(msgspec.json.encode(parts)).hexdigest()


def _module_source(reference: str, root: Path) -> str:
    """Return the source of a user's module where it lies in the project; elsewhere it is a package with a version."""
    path = root / (reference.partition(":")[0].replace(".", "/") + ".py")
    return path.read_text(encoding="utf-8", errors="replace") if reference and path.is_file() else ""


@cache
def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""
