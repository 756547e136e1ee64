"""What a pipeline cannot know, said to whoever asked for it."""

from pathlib import Path
from typing import Literal

from surtitle.settings import Settings
from surtitle.ship.ci import LOCK_NAME, secret_names

__all__ = ["notes"]


def notes(root: Path, settings: Settings, forge: Literal["github", "gitlab"]) -> list[str]:
    """Return what is to be done by hand, or will not work as it is.

    Parameters
    ----------
    root : Path
        The project's folder, absolute: is it the repository's root, does it hold the data?
    settings : Settings
        Of the project.
    forge : {"github", "gitlab"}
        Whose pipeline.
    """
    found = []
    source = settings.data.source
    if source and not (root / source).resolve().is_relative_to(root):
        found.append(
            f"data.source is {source}, outside of the project, where no pipeline finds it: put the data into the "
            "project (git lfs for large files), or read it by a query, data.sql"
        )
    repository = next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
    if repository != root:
        found.append(f"{root} is not the root of its repository, {repository}: nobody looks for a pipeline here")
    secrets = secret_names(settings)
    if secrets:
        where = {"github": "secrets of an environment named data", "gitlab": "masked CI/CD variables"}[forge]
        found.append(f"set {', '.join(secrets)} as {where}")
    if not (root / LOCK_NAME).is_file():
        found.append(f"the pipeline installs from {LOCK_NAME}: write it with surtitle ship lock, and commit it")
    return found
