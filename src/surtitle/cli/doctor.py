"""`surtitle doctor`: what is installed, what scores, and what is missing."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from surtitle.cli._options import JsonOption, ProjectOption, examples
from surtitle.cli._terminal import print_json, show, table
from surtitle.errors import ExitCode

if TYPE_CHECKING:
    from surtitle.project import Project

__all__ = ["EPILOG", "command"]

EPILOG = examples("surtitle doctor", "surtitle doctor --json")
_PACKAGES = ("surtitle", "surtitle-native", "spacy", "spacy-lookups-data", "scikit-learn", "numpy", "scipy", "pyarrow")


class _Check(msgspec.Struct, frozen=True):
    """One thing looked at.

    Parameters
    ----------
    name, what : str
        What was looked at, and what was found.
    ok : bool or None
        None: it is missing, and can be done without.
    remedy : str
        How to get what is missing.
    """

    name: str
    what: str
    ok: bool | None = True
    remedy: str = ""


def command(project: ProjectOption = None, json: JsonOption = False) -> int:
    """Say what is installed, what scores, and what is missing.

    In a project it also looks at the project's language and at its champion. Exits with 1 if something is broken.
    """
    opened, found = _open(project)
    checks = [_scorer(), *found]
    if opened is not None:
        checks += [_language(opened), _champion(opened)]
    packages = {name: _version(name) for name in _PACKAGES}
    ok = all(check.ok is not False for check in checks)
    if json:
        print_json({"ok": ok, "checks": checks, "packages": packages})
    else:
        _render(checks, packages)
    return ExitCode.DONE if ok else ExitCode.REFUSED


def _open(folder: Path | None) -> "tuple[Project | None, list[_Check]]":
    from surtitle.errors import UsageError
    from surtitle.project import find_project, load_project

    try:
        root = find_project(Path.cwd()) if folder is None else folder
    except UsageError:
        return None, [
            _Check("project", "none here", ok=None, remedy="go into a project's folder, or give --project DIR")
        ]
    try:
        return load_project(root), []
    except UsageError as error:
        return None, [_Check("project", str(error), ok=False)]


def _scorer() -> _Check:
    from surtitle.text.native import native_status

    status = native_status()
    if status.available:
        return _Check("scorer", f"native, version {status.what}")
    return _Check("scorer", f"Python: {status.what}", ok=None, remedy=f"for the faster one: {status.remedy}")


def _language(project: "Project") -> _Check:
    from surtitle.errors import UsageError
    from surtitle.text import Tokenizer, read_rules

    text = project.settings.text
    try:
        rules = read_rules(text)
        if rules is None:
            Tokenizer(text)
            return _Check("language", f"spaCy's pipeline {text.pipeline or text.language}, in context")
    except UsageError as error:
        return _Check("language", str(error), ok=False)
    if text.lemmas and not rules.lemmas:
        return _Check("language", f"{text.language}, without lemmas: spacy-lookups-data has none", ok=None)
    return _Check("language", f"{text.language}, {len(rules.lemmas):,} lemmas")


def _champion(project: "Project") -> _Check:
    from surtitle.cycle import open_scorer, registry_of
    from surtitle.errors import UsageError

    if "champion" not in registry_of(project).aliases():
        return _Check("champion", "none yet", ok=None, remedy="surtitle train")
    try:
        found = open_scorer(project)
        found.scorer.score(["a text"])
    except UsageError as error:
        return _Check("champion", str(error), ok=False, remedy="surtitle rollback, or surtitle train --force")
    engine = getattr(found.scorer, "engine", "an estimator of your own")
    return _Check("champion", f"version {found.version} loads and scores, by {engine}")


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _render(checks: list[_Check], packages: dict[str, str | None]) -> None:
    marks = {True: "ok", False: "broken", None: "-"}
    rows = [[check.name, marks[check.ok], check.what, check.remedy] for check in checks]
    show(table(["looked at", "", "found", "what to do"], rows), "")
    show(table(["package", "version"], [[name, found or "not installed"] for name, found in packages.items()]))
