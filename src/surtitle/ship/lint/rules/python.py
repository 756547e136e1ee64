"""Python's packages: pinned, hashed, without a cache, and before the code."""

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from surtitle.ship.lint.commands import Command, ShellWord
from surtitle.ship.lint.instructions import Instruction
from surtitle.ship.lint.model import Dockerfile, Run
from surtitle.ship.lint.rule import Edit, Hit, rule
from surtitle.ship.lint.rules._shared import TRUE, listed
from surtitle.ship.lint.source import Span

__all__ = ["RULES"]

_TALK = "Allard, Docker and Python, EuroPython 2020"
_WITH_VALUE = frozenset(
    [
        "-r",
        "--requirement",
        "--requirements",
        "-c",
        "--constraint",
        "--constraints",
        "-i",
        "--index-url",
        "--extra-index-url",
        "-f",
        "--find-links",
        "-t",
        "--target",
        "--prefix",
        "--root",
        "--python",
        "--cache-dir",
        "--log",
        "--proxy",
        "--timeout",
        "--default-timeout",
        "--retries",
        "--trusted-host",
        "--src",
        "-e",
        "--editable",
        "--only-binary",
        "--no-binary",
        "--platform",
        "--python-version",
        "--implementation",
        "--abi",
        "-w",
        "--wheel-dir",
        "-d",
        "--dest",
        "--progress-bar",
        "--report",
        "-C",
        "--config-settings",
        "--config-setting",
        "--global-option",
        "--upgrade-strategy",
        "--index-strategy",
        "--index",
        "--default-index",
        "--link-mode",
        "-p",
        "--group",
        "--extra",
        "--keyring-provider",
        "--resolution",
        "--no-group",
        "--only-group",
        "--package",
        "--no-install-package",
        "--exclude-newer",
        "--allow-insecure-host",
        "--upgrade-package",
        "-P",
        "--uploaded-prior-to",
        "--python-platform",
        "--torch-backend",
        "--build-constraint",
        "--override",
        "--cert",
        "--client-cert",
    ]
)
_PINNED = re.compile(r".*(?:===?\s*\S|@\s*\S+#sha256=\S).*")
_COMMIT = re.compile(r"git\+.*@[0-9a-f]{40}(?:#.*)?")
_PACKAGE = re.compile(r"[A-Za-z0-9][\w.-]*(?:\[[\w.,\s-]*\])?\s*(?:(?:[<>~!]=?|===?)[^;]*)?(?:;.*)?")


class _Install(NamedTuple):
    """What `pip install` and its like are told."""

    run: Run
    command: Command
    tool: str
    action: ShellWord
    options: dict[str, list[str]]
    targets: tuple[str, ...]

    def on(self, *names: str) -> bool:
        """Whether an option is given, or its environment variable is set."""
        if any(name in self.options for name in names):
            return True
        prefix = "UV" if self.tool == "uv" else "PIP"
        variables = [f"{prefix}_{name.lstrip('-').replace('-', '_').upper()}" for name in names if name[:2] == "--"]
        own = dict(self.command.assignments)
        known = self.run.stage.environment
        # pip itself reads PIP_NO_CACHE_DIR=off as "do": both ways round the cache is off
        return any((own.get(name) or known.get(name, "")).lower() in TRUE | {"off"} for name in variables)

    @property
    def files(self) -> list[str]:
        """The files of requirements."""
        return [name for key in ("-r", "--requirement", "--requirements") for name in self.options.get(key, [])]


def _install(run: Run, command: Command) -> _Install | None:
    tool = command.name
    actions = {"pip": ("install", "wheel", "download"), "uv": ("sync", "pip"), "pipx": ("install",)}.get(tool, ())
    options: dict[str, list[str]] = {}
    operands: list[ShellWord] = []
    words = iter(command.args)
    for word in words:
        name, equals, value = word.value.partition("=")
        if not name.startswith("-") or word.value == "-":
            operands.append(word)
        elif equals:
            options.setdefault(name, []).append(value)
        elif name in _WITH_VALUE:
            following = next(words, None)
            options.setdefault(name, []).append(following.value if following else "")
        elif re.fullmatch(r"-[rc]\S+", name):  # -rrequirements.txt
            options.setdefault(name[:2], []).append(name[2:])
        else:
            options.setdefault(name, [])
    if not operands or operands[0].value not in actions:
        return None
    if tool == "uv" and operands[0].value == "pip":
        operands = operands[1:]
        if not operands or operands[0].value not in ("install", "sync"):
            return None
        if operands[0].value == "sync":
            options.setdefault("-r", []).extend(word.value for word in operands[1:])
            operands = operands[:1]
    editable = options.get("-e", []) + options.get("--editable", [])
    return _Install(run, command, tool, operands[0], options, (*(word.value for word in operands[1:]), *editable))


@lru_cache(maxsize=8)
def _installs(file: Dockerfile) -> tuple[_Install, ...]:
    found = (_install(run, command) for run, command in file.commands("pip", "uv", "pipx"))
    return tuple(one for one in found if one is not None)


def _is_local(target: str) -> bool:
    return target.startswith((".", "/", "~", "$", "file:")) or target.endswith((".whl", ".tar.gz", ".zip"))


def _is_unpinned(target: str) -> bool:
    if "://" in target:
        return not (
            _COMMIT.fullmatch(target) or "#sha256=" in target or (not _is_git(target) and _PINNED.match(target))
        )
    if _is_local(target.partition("[")[0]) or "$" in target or "*" in target or "/" in target.partition(";")[0]:
        return False
    return _PACKAGE.fullmatch(target) is not None and _PINNED.fullmatch(target.partition(";")[0]) is None


def _is_git(target: str) -> bool:
    return target.startswith("git+") or "@ git+" in target


def _from_folder(install: _Install) -> bool:
    return "--no-index" in install.options


@rule(
    "pip-pinned",
    "warning",
    "Packages that pip and uv install are pinned",
    reason="The same file gives another image next week, with whatever was uploaded since.",
    source=f"hadolint DL3013; {_TALK}",
    bad="RUN pip install --no-cache-dir --require-hashes flask",
    good="RUN pip install --no-cache-dir --require-hashes -r requirements.lock",
)
def pip_pinned(file: Dockerfile) -> Iterator[Hit]:
    """Find packages without a version, and repositories without a commit."""
    for install in _installs(file):
        loose = [] if _constrained(install) else [target for target in install.targets if _is_unpinned(target)]
        if loose:
            message = f"{install.tool} takes whichever version there is of {listed(loose)}"
            yield Hit(install.command.span, message, "a lock: pip install --require-hashes -r requirements.lock")


def _constrained(install: _Install) -> bool:
    given = {"-c", "--constraint", "--constraints"} & install.options.keys()
    return bool(given) or _from_folder(install) or "PIP_CONSTRAINT" in install.run.stage.environment


@rule(
    "pip-hashes",
    "warning",
    "pip and uv check what they download against hashes",
    reason="A version can be uploaded anew or swapped on the way; a hash is the file. Without the flag a forgotten "
    "hash goes unnoticed.",
    source="pip documentation, Secure installs",
    bad="RUN pip install --no-cache-dir -r requirements.txt",
    good="RUN pip install --no-cache-dir --require-hashes -r requirements.txt",
)
def pip_hashes(file: Dockerfile) -> Iterator[Hit]:
    """Find installs without hashes."""
    for install in _installs(file):
        if any(map(_is_unpinned, install.targets)) and not _constrained(install):
            continue  # pip-pinned says it
        if install.tool == "uv" and install.action.value == "sync" and not install.files:
            if not install.on("--locked", "--frozen"):
                message = "uv sync writes the lock anew where it is out of date"
                yield Hit(install.command.span, message, "uv sync --locked")
        elif not install.on("--require-hashes") and (what := _unhashed(install)):
            yield Hit(install.command.span, f"{what} without hashes", "--require-hashes")


def _unhashed(install: _Install) -> str:
    if install.tool == "pipx" or _from_folder(install):
        return ""
    if install.files:
        return f"{install.tool} installs {listed(install.files)}"
    named = [target for target in install.targets if not _is_local(target) and "#sha256=" not in target]
    named = [target for target in named if not _is_git(target) and not _COMMIT.fullmatch(target)]
    if named:
        return f"{install.tool} installs {listed(named)}"
    if install.targets and "--no-deps" not in install.options and not any("$" in target for target in install.targets):
        return f"{install.tool} installs what {listed(list(install.targets))} depends on"
    return ""


@rule(
    "pip-cache",
    "warning",
    "pip and uv leave no cache in the image",
    reason="Every package would be in the image twice.",
    source=f"hadolint DL3042; {_TALK}",
    bad="RUN pip install --require-hashes -r requirements.lock",
    good="RUN pip install --no-cache-dir --require-hashes -r requirements.lock",
    fixable=True,
)
def pip_cache(file: Dockerfile) -> Iterator[Hit]:
    """Find caches that stay in a layer that is shipped."""
    shipped = set(file.shipped)
    for install in _installs(file):
        if install.run.stage not in shipped or install.tool == "pipx" or _has_no_cache(install):
            continue
        option = "--no-cache" if install.tool == "uv" else "--no-cache-dir"
        place = install.command.span_of(install.action).end
        edits = (Edit(Span(place, place), f" {option}"),) if install.command.exact else ()
        yield Hit(install.command.span, f"the cache of {install.tool} stays in the image", option, edits)


def _has_no_cache(install: _Install) -> bool:
    if install.on("--no-cache", "--no-cache-dir", "-n") or install.run.caches("/pip", "/uv", "/.cache"):
        return True
    removed = ("/.cache", ".cache/pip", ".cache/uv")
    return any(
        (one.name == "rm" and any(part in value for value in one.values for part in removed))
        or (one.name == "pip" and one.values[:2] == ("cache", "purge"))
        or (one.name == "uv" and one.values[:2] == ("cache", "clean"))
        for one in install.run.commands
    )


@rule(
    "dependencies-first",
    "warning",
    "Dependencies are installed before the code is copied",
    reason="Any change of the code makes every build install all of them anew.",
    source=f"{_TALK}; Docker, best practices for building",
    bad="WORKDIR /app\nCOPY src/ requirements.lock ./\n"
    "RUN pip install --no-cache-dir --require-hashes -r requirements.lock",
    good="WORKDIR /app\nCOPY requirements.lock ./\n"
    "RUN pip install --no-cache-dir --require-hashes -r requirements.lock\nCOPY src/ ./",
)
def dependencies_first(file: Dockerfile) -> Iterator[Hit]:
    """Find installs from a manifest behind a copy of the code, where none stands before it."""
    for stage in file.stages:
        runs = {run.instruction: run for run in stage.runs}
        copied: Instruction | None = None
        for instruction in stage.body:
            if copied is None and instruction.name in ("COPY", "ADD") and _takes_code(instruction):
                copied = instruction
            run = runs.get(instruction)
            command = next((one for one in run.commands if _from_manifest(one)), None) if run else None
            if command is None:
                continue
            if copied is not None:
                message = "the code is copied before the dependencies are installed"
                yield Hit(copied.span, message, "COPY the lock alone, install, then COPY the code")
            break


def _takes_code(instruction: Instruction) -> bool:
    if instruction.flag("from") is not None or instruction.heredocs:
        return False
    sources = [word.value for word in instruction.operands[:-1]]
    return any(
        source in (".", "./", "*", "./*", "/") or source.rstrip("/") in ("src", "./src", "app", "./app")
        for source in sources
    )


def _from_manifest(command: Command) -> bool:
    values = command.values
    match command.name:
        case "pip":
            return "install" in values and command.has("-r", "--requirement")
        case "uv":
            return values[:1] == ("sync",) or (values[:1] == ("pip",) and command.has("-r", "--requirements"))
        case "poetry" | "pipenv" | "pdm" | "bundle":
            return values[:1] in (("install",), ("sync",))
        case "npm" | "pnpm":
            return values[:1] == ("ci",) or (values[:1] in (("install",), ("i",)) and len(command.operands) == 1)
        case "yarn":
            return not command.operands or values[:1] == ("install",)
        case "go":
            return values[:2] == ("mod", "download")
    return False


RULES = (pip_pinned, pip_hashes, pip_cache, dependencies_first)
