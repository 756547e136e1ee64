"""Layers: what is removed later is still there, and what changes together belongs together."""

from collections.abc import Iterator

from surtitle.ship.lint.commands import Command
from surtitle.ship.lint.instructions import Instruction
from surtitle.ship.lint.model import Dockerfile, Run
from surtitle.ship.lint.rule import Edit, Example, Hit, rule
from surtitle.ship.lint.words import expand

__all__ = ["RULES"]

_PRACTICES = "Docker, best practices for building"


@rule(
    "removed-later",
    "warning",
    "What is not wanted is not copied, rather than removed later",
    reason="A later layer only hides it: it is pulled, and can be read, all the same.",
    source=f"{_PRACTICES}; dockle",
    bad="COPY setup.tar /tmp/setup.tar\nRUN tar -xf /tmp/setup.tar -C /srv && rm /tmp/setup.tar",
    good="RUN --mount=type=bind,source=setup.tar,target=/tmp/setup.tar tar -xf /tmp/setup.tar -C /srv",
)
def removed_later(file: Dockerfile) -> Iterator[Hit]:
    """Find files of a COPY that a later RUN removes."""
    for stage in file.shipped:
        runs = {run.instruction: run for run in stage.runs}
        copied: set[str] = set()
        for instruction in stage.body:
            if instruction.name in ("COPY", "ADD"):
                copied |= set(_places(instruction))
            elif copied and instruction in runs:
                for command in runs[instruction].commands:
                    if gone := _removed(command, copied):
                        yield Hit(
                            command.span, f"{gone} stays in the layer that it was copied in", "RUN --mount=type=bind"
                        )


def _places(instruction: Instruction) -> Iterator[str]:
    """Yield where the files of a COPY come to stand, as far as it is plain."""
    words = [word.value for word in instruction.operands]
    if len(words) < 2 or instruction.heredocs:
        return
    target = words[-1]
    if not target.endswith("/") and target != ".":
        yield target
    for source in words[:-1]:
        name = source.rstrip("/").rpartition("/")[2]
        if name and name not in (".", "*"):
            yield f"{target.rstrip('/')}/{name}" if target.endswith("/") else f"{target}/{name}"


def _removed(command: Command, copied: set[str]) -> str:
    if command.name != "rm":
        return ""
    return next((value for value in command.values if value.rstrip("/") in copied or value in copied), "")


@rule(
    "cleaned-later",
    "warning",
    "Leftovers are removed in the RUN that left them",
    reason="A later RUN frees nothing: the layer before keeps them.",
    source=f"{_PRACTICES}; hadolint DL3059",
    bad=Example(
        "RUN --mount=type=cache,target=/var/lib/apt/lists \\\n"
        "    apt-get update && apt-get install -y --no-install-recommends libgomp1\nRUN apt-get clean"
    ),
    good="RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && apt-get clean \\\n"
    "    && rm -rf /var/lib/apt/lists/*",
)
def cleaned_later(file: Dockerfile) -> Iterator[Hit]:
    """Find RUNs that do nothing but clean up."""
    for stage in file.shipped:
        for place, run in enumerate(stage.runs):
            commands = [one for one in run.commands if one.name not in ("", "set", "echo", "true")]
            if place and commands and all(map(_cleans, commands)):
                yield Hit(run.head, "this RUN only hides what those before left", "put it at the end of the RUN before")


def _cleans(command: Command) -> bool:
    values = command.values
    match command.name:
        case "apt-get" | "apt":
            return values[:1] in (("clean",), ("autoclean",), ("autoremove",), ("purge",), ("remove",)) or (
                bool(command.operands) and command.operands[0].value in ("clean", "autoremove", "purge", "remove")
            )
        case "yum" | "dnf" | "conda" | "npm" | "pip":
            return "clean" in values or values[:2] == ("cache", "purge")
        case "rm":
            places = [value for value in values if not value.startswith("-")]
            parts = ("/var/lib/apt", "/var/cache", "/tmp", "/root/.cache", "/.cache")  # noqa: S108 other people's folders
            return bool(places) and all(any(part in value for part in parts) for value in places)
    return False


@rule(
    "runs-to-merge",
    "info",
    "Packages are installed in one RUN, not in two in a row",
    reason="Each one fetches the lists anew and makes a layer; the second may see other lists than the first.",
    source="hadolint DL3059",
    bad="RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*\n"
    "RUN apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*",
    good="RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 libpq5 \\\n"
    "    && rm -rf /var/lib/apt/lists/*",
)
def runs_to_merge(file: Dockerfile) -> Iterator[Hit]:
    """Find neighbours that both install Debian's packages."""
    for stage in file.stages:
        before: Run | None = None
        runs = {run.instruction: run for run in stage.runs}
        for instruction in stage.body:
            run = runs.get(instruction)
            if run is not None and before is not None and _only_apt(run) and _only_apt(before):
                yield Hit(run.head, "this RUN installs packages as the one before does", "one RUN for both")
            before = run


def _only_apt(run: Run) -> bool:
    names = {name for name in run.names if name not in ("", "rm", "set", "apt-get", "apt", "echo")}
    return not names and any(one.name in ("apt-get", "apt") and "install" in one.values for one in run.commands)


@rule(
    "run-to-split",
    "info",
    "Debian's packages and Python's are installed in RUNs of their own",
    reason="A changed requirement installs Debian's packages anew, minutes each time.",
    source=_PRACTICES,
    bad="RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/* \\\n"
    "    && pip install --no-cache-dir --require-hashes -r requirements.lock",
    good="RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*\n"
    "RUN pip install --no-cache-dir --require-hashes -r requirements.lock",
)
def run_to_split(file: Dockerfile) -> Iterator[Hit]:
    """Find RUNs that install both, unless they remove Debian's again."""
    for run in file.runs:
        commands = run.commands
        apt = any(one.name in ("apt-get", "apt") and "install" in one.values for one in commands)
        removed = any(
            one.name in ("apt-get", "apt") and {"purge", "remove", "autoremove"} & set(one.values) for one in commands
        )
        pip = next((one for one in commands if one.name == "pip" and one.has("-r", "--requirement")), None)
        if apt and pip is not None and not removed:
            yield Hit(pip.span, "Debian's packages and Python's are installed in one RUN", "a RUN for pip")


@rule(
    "env-same-line",
    "error",
    "ENV does not use a variable that it sets itself",
    reason="All values of one ENV are filled in before any is set: the variable still has its old value.",
    source="hadolint DL3044",
    bad="ENV APP=/srv/app APP_BIN=$APP/bin",
    good="ENV APP=/srv/app\nENV APP_BIN=$APP/bin",
)
def env_same_line(file: Dockerfile) -> Iterator[Hit]:
    """Find variables that are set and used in one ENV."""
    for instruction in file.each("ENV"):
        seen: set[str] = set()
        for pair in instruction.pairs:
            used = _names(pair.value or "")
            both = used & seen
            seen.add(pair.key)
            if both:
                name = min(both)
                yield Hit(pair.span, f"{name} has its old value here", f"an ENV of its own for {pair.key}")


def _names(text: str) -> set[str]:
    found: set[str] = set()
    expand(text, lambda name: found.add(name))
    return found


@rule(
    "legacy-key-value",
    "warning",
    "ENV and LABEL are written with =",
    reason="The form without it takes the rest of the line as the value, and will go.",
    source="BuildKit LegacyKeyValueFormat",
    bad="ENV APP_MODE service",
    good="ENV APP_MODE=service",
    fixable=True,
)
def legacy_key_value(file: Dockerfile) -> Iterator[Hit]:
    """Find the form without `=`."""
    for instruction in file.each("ENV", "LABEL"):
        for pair in instruction.pairs:
            if pair.legacy:
                edits: tuple[Edit, ...] = ()
                if not any(mark in pair.raw for mark in "\"'\\`"):
                    value = pair.raw if " " not in pair.raw and "\t" not in pair.raw else f'"{pair.raw}"'
                    edits = (Edit(pair.span, f"{pair.key}={value}"),)
                yield Hit(pair.span, f"{pair.key} is set without =", f"{instruction.name} {pair.key}=...", edits)


RULES = (removed_later, cleaned_later, runs_to_merge, run_to_split, env_same_line, legacy_key_value)
