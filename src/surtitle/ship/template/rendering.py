"""The files of a project, from its settings. Pure but for the template's own files, which come with the package."""

import re
from collections.abc import Iterator, Mapping
from importlib.resources import files
from itertools import pairwise
from pathlib import PurePosixPath
from typing import Literal

from msgspec import json

from surtitle.cycle.flowchart import Node, Plan, to_mermaid
from surtitle.settings import OwnerSettings, Settings
from surtitle.ship.ci import INSTALL, github_files, gitlab_files
from surtitle.ship.deploy.filling import fill

__all__ = ["Forge", "render_template"]

Forge = Literal["github", "gitlab", "none"]
"""Whose pipeline: none leaves it out."""
_OWN: Mapping[str, str] = {
    "README.md": "README.md",
    "prepare.py": "prepare.py.txt",
    "tests/test_prepare.py": "test_prepare.py.txt",
    "notebooks/look.ipynb": "look.ipynb.txt",
    "Makefile": "Makefile.txt",
    "pyproject.toml": "pyproject.toml.txt",
    ".pre-commit-config.yaml": "pre-commit-config.yaml",
    ".gitignore": "gitignore.txt",
}
_PLACES: Mapping[Forge, str] = {
    "github": "- `.github/`: the pipeline, and what keeps its parts up to date.",
    "gitlab": "- `.gitlab-ci.yml`, `renovate.json`: the pipeline, and what keeps its parts up to date.",
    "none": "",
}
# Whom a forge can ask: @name, @group/name or an address. Anything else would make it refuse the whole file.
_ASKABLE = re.compile(r"@[\w.-]+(?:/[\w.-]+)*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+", re.ASCII)


def render_template(settings: Settings, forge: Forge) -> dict[str, str]:
    r"""Return the text of every file by its path in the project; `surtitle.toml` itself is not among them.

    Parameters
    ----------
    settings : Settings
        Of the project: its name, columns, secrets and owners are written into the files.
    forge : {"github", "gitlab", "none"}
        Whose pipeline.

    Examples
    --------
    >>> from surtitle.settings import DataSettings
    >>> files = render_template(Settings(data=DataSettings(source="a.csv", text="body")), "none")
    >>> 'TEXT = "body"' in files["prepare.py"]
    True
    """
    values = {
        "title": _one_line(settings.project.name),
        "flowchart": to_mermaid(_flowchart(settings)).rstrip(),
        "places": _PLACES[forge],
        # JSON's strings are Python's, too: both know the same escapes.
        "text": json.encode(settings.data.text).decode(),
        "install": INSTALL,
    }
    rendered = {path: fill(_read(name), values) for path, name in _OWN.items()}
    rendered["CODEOWNERS"] = "\n".join(_code_owners(settings.owners, forge)) + "\n"
    pipelines = {"github": github_files, "gitlab": gitlab_files}
    if forge != "none":
        rendered |= pipelines[forge](settings)
    return rendered


def _read(name: str) -> str:
    return (files("surtitle.ship.template") / "files" / name).read_text(encoding="utf-8")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _flowchart(settings: Settings) -> Plan:
    owners, data = settings.owners, settings.data
    nodes = [
        Node("data", PurePosixPath(data.source).name or "SQL query", "data", "fresh", "labelled text", owners.data),
        Node("prepare", "check & prepare", "stage", "fresh", "surtitle check", owners.prepare),
        Node("train", "train", "stage", "fresh", "surtitle train", owners.train),
        Node("evaluate", "evaluate", "stage", "fresh", "report.html", owners.evaluate),
        Node("version", "version", "artefact", "fresh", "surtitle models"),
        Node("gate", "gate", "stage", "fresh", "surtitle promote", owners.registry),
        Node("champion", "champion", "artefact", "fresh", "surtitle rollback"),
        Node("serve", "serve, stream, score", "use", "fresh", "decisions", owners.uses),
        Node("watch", "watch", "stage", "fresh", "late labels, drift", owners.uses),
    ]
    edges = list(pairwise(node.id for node in nodes))
    for name, reference, target in (("own", data.prepare, "prepare"), ("model", settings.train.estimator, "train")):
        if reference:
            nodes.append(Node(name, reference, "data", "fresh", "your own"))
            edges.append((name, target))
    return Plan(settings.project.name, tuple(nodes), tuple(edges))


def _code_owners(owners: OwnerSettings, forge: Forge) -> Iterator[str]:
    """Yield a line for each part that somebody answers for; in both forges the last line that fits wins."""
    pipeline = {"github": ["/.github/"], "gitlab": ["/.gitlab-ci.yml", "/renovate.json"], "none": []}[forge]
    parts = (
        ("data", owners.data, ["/data/"]),
        ("prepare", owners.prepare, ["/prepare.py", "/tests/"]),
        ("train", owners.train, ["/surtitle.toml"]),
        ("evaluate", owners.evaluate, ["/notebooks/"]),
        ("registry", owners.registry, [*pipeline, "/ci/"]),
        ("uses", owners.uses, ["/Dockerfile", "/deploy/"]),
    )
    yield "# Who is asked about a change. From [owners] in surtitle.toml, as @name, @group/name or an address;"
    yield "# after a change there: surtitle update"
    for stage, owner, paths in parts:
        names = owner.replace(",", " ").split()
        if names and all(_ASKABLE.fullmatch(name) for name in names):
            yield from (f"{path} {' '.join(names)}" for path in paths)
        else:
            yield f"# {stage}: {_one_line(owner) or 'nobody yet'}"
