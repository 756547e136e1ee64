"""Pipelines of the user's project, whose every step is a command that a person runs too."""

import re
from collections.abc import Mapping
from importlib.resources import files

from surtitle.settings import Settings
from surtitle.ship.deploy.filling import fill
from surtitle.ship.image.making import python_of
from surtitle.ship.image.staging import service_settings

__all__ = ["INSTALL", "LOCK_NAME", "SCRIPTS", "github_files", "gitlab_files", "secret_names"]

LOCK_NAME = "requirements-dev.txt"
"""What `surtitle ship lock` writes; under such a name, dependabot and Renovate know it for what it is."""
INSTALL = f"python -m pip install --require-hashes --only-binary :all: -r {LOCK_NAME}"
"""What a job runs before anything else, and so does `make install`."""
SCRIPTS = frozenset({"ci/build.sh", "ci/smoke.sh", "ci/deploy.sh"})
"""The files that are programs."""
_BUILD = "ci/build.sh ${REBUILD:+--no-cache}"
_SMOKE = "ci/smoke.sh image/image.tar"
_DEPLOY = 'ci/deploy.sh "$IMAGE"'
_SECRET = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def secret_names(settings: Settings) -> list[str]:
    """Return the names that the settings read from the environment.

    Examples
    --------
    >>> from surtitle.settings import DataSettings
    >>> secret_names(Settings(data=DataSettings(sql="SELECT 1", database="postgresql://${USER}:${PW}@host/db")))
    ['PW', 'USER']
    """
    return sorted(set(_SECRET.findall(settings.data.database)))


def github_files(settings: Settings) -> dict[str, str]:
    """Return the pipeline for GitHub Actions, and what keeps its parts up to date, by path."""
    names = secret_names(settings)
    lines = "\n".join(f"{name}: ${{{{ secrets.{name} }}}}" for name in names)
    values = {
        "python": python_of(settings.ship),
        "install": INSTALL,
        # An environment of its own for the data's secrets, so that a change can be made to wait for a person first.
        "environment": "environment: data" if names else "",
        "secret_lines": lines,
        "build": _BUILD,
        "smoke": _SMOKE,
        "deploy": _DEPLOY,
        "secrets": "env:\n" + "\n".join(f"  {line}" for line in lines.splitlines()) if names else "",
    }
    return {
        ".github/workflows/surtitle.yml": fill(_read("github/surtitle.yml"), values),
        ".github/dependabot.yml": _read("github/dependabot.yml"),
        **_scripts(settings),
    }


def gitlab_files(settings: Settings) -> dict[str, str]:
    """Return the pipeline for GitLab CI, and what keeps its parts up to date, by path."""
    names = ", ".join(secret_names(settings))
    values = {
        "install": INSTALL,
        "base": settings.ship.base,
        "secret_note": f"#   - {names}: masked variables, which the settings name." if names else "",
        "build": _BUILD,
        "smoke": _SMOKE,
        "deploy": _DEPLOY,
    }
    return {
        ".gitlab-ci.yml": fill(_read("gitlab/gitlab-ci.yml"), values),
        "renovate.json": _read("gitlab/renovate.json"),
        **_scripts(settings),
    }


def _scripts(settings: Settings) -> Mapping[str, str]:
    name = settings.project.name
    # As an image may be called: the same that `surtitle ship image` makes of it.
    tag, port = re.sub(r"[._-]{2,}", "-", name.lower()).strip("._-"), service_settings(settings).serve.port
    values = {"name": name, "tag": tag, "port": port}
    return {path: fill(_read(path.removeprefix("ci/")), values) for path in sorted(SCRIPTS)}


def _read(name: str) -> str:
    return (files("surtitle.ship.ci") / name).read_text(encoding="utf-8")
