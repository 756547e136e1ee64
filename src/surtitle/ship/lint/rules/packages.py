"""Other package managers, and what has no place in an image that is shipped."""

import re
from collections.abc import Iterator

from surtitle.ship.lint.commands import Command
from surtitle.ship.lint.model import Dockerfile, Run
from surtitle.ship.lint.rule import Edit, Hit, rule
from surtitle.ship.lint.rules._shared import DIGEST, listed
from surtitle.ship.lint.rules.apt import apt_packages
from surtitle.ship.lint.source import Span

__all__ = ["RULES"]

_YUM = ("yum", "dnf", "microdnf", "tdnf")
_CONDA = ("conda", "mamba", "micromamba")
_TOOLS = frozenset(
    [
        "autoconf",
        "automake",
        "build-essential",
        "clang",
        "cmake",
        "cargo",
        "g++",
        "gcc",
        "gfortran",
        "git",
        "git-core",
        "gnupg-dev",
        "golang",
        "libtool",
        "llvm",
        "make",
        "ninja-build",
        "rustc",
    ]
)
_DEVELOPMENT = re.compile(r".+-(?:dev|devel)(?:=.*)?")
_UNPINNED_NPM = re.compile(r"(?:@[\w.-]+/)?[\w.-]+(?:@(?:latest|next))?")


@rule(
    "build-tools",
    "warning",
    "No compiler, git or -dev package in the image that is shipped",
    reason="They are large, and handy for whoever breaks in. Build in a stage before, and copy what it made.",
    source="Allard, Docker and Python, EuroPython 2020; CIS Docker Benchmark 4.3",
    bad="RUN apt-get update && apt-get install -y --no-install-recommends gcc && rm -rf /var/lib/apt/lists/*",
    good="RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*",
)
def build_tools(file: Dockerfile) -> Iterator[Hit]:
    """Find tools in layers that are shipped, unless the same RUN removes them."""
    for run in file.shipped_runs:
        if not any(map(_removes, run.commands)):
            found: dict[Command, list[str]] = {}
            for command, name in _installed(run):
                bare = name.partition("=")[0]
                if bare in _TOOLS or _DEVELOPMENT.fullmatch(name):
                    found.setdefault(command, []).append(bare)
            for command, names in found.items():
                yield Hit(command.span, f"the image is shipped with {listed(names)}", "install them in a stage before")


def _installed(run: Run) -> Iterator[tuple[Command, str]]:
    for command, package in apt_packages(run):
        yield command, package.value
    for command in run.commands:
        if (command.name == "apk" and "add" in command.values) or (
            command.name in _YUM and "install" in command.values
        ):
            yield from ((command, word.value) for word in command.operands[1:])


def _removes(command: Command) -> bool:
    actions = {"purge", "remove", "autoremove", "del", "erase"}
    return command.name in ("apt-get", "apt", "apk", *_YUM) and not actions.isdisjoint(command.values)


@rule(
    "apk-cache",
    "warning",
    "apk add gets --no-cache",
    reason="The index of packages would stay in the layer.",
    source="hadolint DL3019",
    bad=f"FROM alpine:3.21.0@{DIGEST}\nRUN apk add libgomp",
    good=f"FROM alpine:3.21.0@{DIGEST}\nRUN apk add --no-cache libgomp",
    fixable=True,
)
def apk_cache(file: Dockerfile) -> Iterator[Hit]:
    """Find `apk add` that keeps its index."""
    for run, command in file.commands("apk"):
        operands = command.operands
        if not operands or operands[0].value != "add" or command.has("--no-cache") or run.caches("/apk"):
            continue
        if any(other.name == "rm" and "/var/cache/apk" in other.text for other in run.commands):
            continue
        place = command.span_of(operands[0]).end
        edits = (Edit(Span(place, place), " --no-cache"),) if command.exact else ()
        yield Hit(command.span, "apk add keeps its index", "apk add --no-cache", edits)


@rule(
    "yum-yes",
    "error",
    "yum, dnf and zypper get -y",
    reason="They ask, nobody answers, and the build fails.",
    source="hadolint DL3030, DL3034, DL3038",
    bad=f"FROM rockylinux:9.3@{DIGEST}\nRUN dnf install libgomp && dnf clean all",
    good=f"FROM rockylinux:9.3@{DIGEST}\nRUN dnf install -y libgomp && dnf clean all",
    fixable=True,
)
def yum_yes(file: Dockerfile) -> Iterator[Hit]:
    """Find installs that would ask."""
    for _, command in file.commands(*_YUM, "zypper"):
        action = next((word for word in command.operands if word.value in ("install", "in", "update", "upgrade")), None)
        given = command.has("--assumeyes", "--non-interactive", "--no-confirm", "-n") or command.has_letter("y")
        if action is not None and not given:
            place = command.span_of(action).end
            edits = (Edit(Span(place, place), " -y"),) if command.exact else ()
            yield Hit(command.span, f"{command.name} {action.value} asks", "-y", edits)


@rule(
    "yum-clean",
    "warning",
    "yum, dnf and zypper clean up in the RUN that filled their caches",
    reason="Hundreds of megabytes of lists and packages would stay in the layer.",
    source="hadolint DL3032, DL3036, DL3040",
    bad=f"FROM rockylinux:9.3@{DIGEST}\nRUN dnf install -y libgomp",
    good=f"FROM rockylinux:9.3@{DIGEST}\nRUN dnf install -y libgomp && dnf clean all",
)
def yum_clean(file: Dockerfile) -> Iterator[Hit]:
    """Find caches that stay in a layer that is shipped."""
    for run in file.shipped_runs:
        installs = [
            one for one in run.commands if one.name in (*_YUM, "zypper") and {"install", "in"} & set(one.values)
        ]
        cleaned = any(
            (one.name in (*_YUM, "zypper") and "clean" in one.values)
            or (one.name == "rm" and any("/var/cache/" in value for value in one.values))
            for one in run.commands
        )
        if installs and not cleaned and not run.caches("/dnf", "/yum", "/var/cache", "/zypp", "/libdnf5"):
            name = installs[0].name
            yield Hit(installs[0].span, f"the caches of {name} stay in the image", f"&& {name} clean all")


@rule(
    "conda-clean",
    "warning",
    "conda cleans up in the RUN that filled its caches",
    reason="Every package would be in the image twice, packed too.",
    source="conda documentation, conda clean",
    bad="RUN conda install --yes numpy=2.1.3",
    good="RUN conda install --yes numpy=2.1.3 && conda clean --all --yes",
)
def conda_clean(file: Dockerfile) -> Iterator[Hit]:
    """Find caches that stay in a layer that is shipped."""
    for run in file.shipped_runs:
        made = [
            one
            for one in run.commands
            if one.name in _CONDA
            and (one.values[:1] in (("install",), ("create",)) or one.values[:2] == ("env", "create"))
        ]
        cleaned = any(one.name in _CONDA and "clean" in one.values for one in run.commands)
        if made and not cleaned and not run.caches("/pkgs"):
            yield Hit(made[0].span, f"the packages of {made[0].name} stay in the image", "&& conda clean --all --yes")


@rule(
    "tool-pinned",
    "warning",
    "Tools of npm, gem and go are pinned",
    reason="The newest version of the day gets in, a broken or stolen one too.",
    source="hadolint DL3016, DL3028, DL3062",
    bad="RUN npm install --global serve",
    good="RUN npm install --global serve@14.2.4",
)
def tool_pinned(file: Dockerfile) -> Iterator[Hit]:
    """Find tools without a version."""
    for _, command in file.commands("npm", "gem", "go"):
        names = [name for name in _tools(command) if not name.startswith((".", "/", "$"))]
        if names:
            yield Hit(command.span, f"no version of {listed(names)} is named", "NAME@VERSION, or gem's --version")


def _tools(command: Command) -> list[str]:
    operands = [word.value for word in command.operands]
    action, rest = (operands[0], operands[1:]) if operands else ("", [])
    if command.name == "npm" and action in ("install", "i", "add") and not command.has("--prefix", "-C"):
        return [name for name in rest if _UNPINNED_NPM.fullmatch(name)]
    if command.name == "gem" and action == "install" and not command.has("-v", "--version", "-g", "--file"):
        return [name for name in rest if ":" not in name and not name.endswith(".gem")]
    if command.name == "go" and action == "install":
        return [name for name in rest if name.endswith("@latest")]
    return []


RULES = (build_tools, apk_cache, yum_yes, yum_clean, conda_clean, tool_pinned)
