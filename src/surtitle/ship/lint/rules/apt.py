"""Debian's packages: apt-get without questions, without leftovers, without surprises."""

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from surtitle.ship.lint.commands import Command, ShellWord
from surtitle.ship.lint.model import Dockerfile, Run
from surtitle.ship.lint.rule import Edit, Hit, rule
from surtitle.ship.lint.shell import read_script
from surtitle.ship.lint.source import Span, Stretch

__all__ = ["RULES", "apt_packages"]

_APT = ("apt-get", "apt")
_WITH_VALUE = frozenset({"-o", "-t", "-c", "--option", "--target-release", "--default-release", "--config-file", "-a"})
_ASKING = frozenset(
    {"install", "remove", "purge", "upgrade", "dist-upgrade", "full-upgrade", "autoremove", "build-dep"}
)
_UPGRADES = frozenset({"upgrade", "dist-upgrade", "full-upgrade"})
_PRACTICES = "Docker, best practices for building"
_CLEAN = "rm -rf /var/lib/apt/lists/*"


class _Call(NamedTuple):
    run: Run
    command: Command
    action: str
    packages: tuple[ShellWord, ...]


def _read(run: Run, command: Command) -> _Call:
    operands = []
    words = iter(command.args)
    for word in words:
        if word.value in _WITH_VALUE:
            next(words, None)
        elif not word.value.startswith("-"):
            operands.append(word)
    return _Call(run, command, operands[0].value if operands else "", tuple(operands[1:]))


@lru_cache(maxsize=8)
def _calls(file: Dockerfile) -> tuple[_Call, ...]:
    return tuple(_read(run, command) for run, command in file.commands(*_APT))


def apt_packages(run: Run) -> Iterator[tuple[Command, ShellWord]]:
    """Yield the packages that a RUN installs with apt, each with its command."""
    for command in run.commands:
        if command.name in _APT:
            call = _read(run, command)
            if call.action == "install":
                yield from ((command, package) for package in call.packages)


def _after_action(call: _Call, text: str) -> tuple[Edit, ...]:
    """Return the edit that puts an option behind `install`."""
    if not call.command.exact:
        return ()
    word = next(word for word in call.command.args if word.value == call.action)
    place = call.command.span_of(word).end
    return (Edit(Span(place, place), f" {text}"),)


@rule(
    "apt-get",
    "warning",
    "apt-get in scripts, apt at the prompt",
    reason="apt says itself that its options and output may change between versions.",
    source="hadolint DL3027",
    bad="RUN apt update && apt install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*",
    good="RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*",
    fixable=True,
)
def apt_get(file: Dockerfile) -> Iterator[Hit]:
    """Find apt."""
    for call in _calls(file):
        if call.command.name == "apt" and call.action in _ASKING | {"update"}:
            word = next(word for word in call.command.words if word.value.rpartition("/")[2] == "apt")
            plain = call.command.exact and word.raw == "apt"
            edits = (Edit(call.command.span_of(word), "apt-get"),) if plain else ()
            yield Hit(call.command.span, f"apt {call.action} in a script", f"apt-get {call.action}", edits)


@rule(
    "apt-yes",
    "error",
    "apt-get gets -y",
    reason="It asks, nobody answers, and the build fails.",
    source="hadolint DL3014",
    bad="RUN apt-get update && apt-get install --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*",
    good="RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*",
    fixable=True,
)
def apt_yes(file: Dockerfile) -> Iterator[Hit]:
    """Find calls that would ask."""
    for call in _calls(file):
        command = call.command
        if call.action not in _ASKING or "yes" in {source.name for source in command.piped()}:
            continue
        quiet = command.values.count("-q") > 1 or any(value.startswith("-qq") for value in command.values)
        given = command.has("--yes", "--assume-yes", "-q=2", "--quiet=2") or command.has_letter("y") or quiet
        if not given and not any("Assume-Yes" in value for value in (*command.values, *_configured(file))):
            yield Hit(command.span, f"apt-get {call.action} asks", "-y", _after_action(call, "-y"))


@lru_cache(maxsize=8)
def _configured(file: Dockerfile) -> tuple[str, ...]:
    """Return the texts that write apt's settings."""
    texts = [run.instruction.args.text for run in file.runs]
    texts += [heredoc.body.text for instruction in file.instructions for heredoc in instruction.heredocs]
    return tuple(text for text in texts if "APT::" in text)


@rule(
    "apt-recommends",
    "warning",
    "apt-get installs no recommended packages",
    reason="They are there for desktops: more to pull, to patch and to exploit.",
    source=f"hadolint DL3015; {_PRACTICES}",
    bad="RUN apt-get update && apt-get install -y libgomp1 && rm -rf /var/lib/apt/lists/*",
    good="RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*",
    fixable=True,
)
def apt_recommends(file: Dockerfile) -> Iterator[Hit]:
    """Find installs with recommended packages."""
    for call in _calls(file):
        if call.action != "install" or call.command.has("--no-install-recommends"):
            continue
        if not any("Install-Recommends" in value for value in (*call.command.values, *_configured(file))):
            edits = _after_action(call, "--no-install-recommends")
            yield Hit(
                call.command.span, "apt-get install brings recommended packages", "--no-install-recommends", edits
            )


@rule(
    "apt-lists",
    "warning",
    "The lists of packages are removed in the RUN that made them",
    reason="They are tens of megabytes, soon out of date, and stay in the layer if a later RUN removes them.",
    source=f"hadolint DL3009; {_PRACTICES}",
    bad="RUN apt-get update && apt-get install -y --no-install-recommends libgomp1",
    good="RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*",
    fixable=True,
)
def apt_lists(file: Dockerfile) -> Iterator[Hit]:
    """Find lists that stay in a layer that is shipped."""
    for run in file.shipped_runs:
        calls = [_read(run, command) for command in run.commands if command.name in _APT]
        actions = {call.action for call in calls}
        if "update" not in actions or "install" not in actions:
            continue
        if run.caches("/var/lib/apt", "/var/lib/apt/lists") or any(map(_removes_lists, run.commands)):
            continue
        yield Hit(calls[0].command.span, "the lists of packages stay in the image", f"&& {_CLEAN}", _removal(file, run))


def _removes_lists(command: Command) -> bool:
    return command.name in ("rm", "find") and any("/var/lib/apt" in value for value in command.values)


def _removal(file: Dockerfile, run: Run) -> tuple[Edit, ...]:
    if len(run.scripts) != 1 or not run.scripts[0][1]:
        return ()
    script = run.scripts[0][0]
    last = max((command.end for command in run.commands if command.script is script), default=0)
    if script.text[last:].strip() or any(command.redirects for command in run.commands if command.end == last):
        return ()
    if run.instruction.heredocs:
        return (Edit(_point(script.whole.end), f"{_CLEAN}\n"),) if script.text.endswith("\n") else ()
    if not any(map(_removes_lists, read_script(Stretch([(0, f"{script.text} && {_CLEAN}")])))):
        return ()  # a quote is open, say: what is appended would be no command
    newline = file.source.newline
    return (Edit(_point(script.at(last - 1) + 1), f" {run.instruction.escape}{newline}    && {_CLEAN}"),)


def _point(offset: int) -> Span:
    return Span(offset, offset)


@rule(
    "apt-upgrade",
    "warning",
    "No upgrade of the whole base",
    reason="The same file gives another image every day. Take a newer base image instead, by its digest.",
    source=f"{_PRACTICES}; hadolint DL3005 (old)",
    bad="RUN apt-get update && apt-get upgrade -y && apt-get install -y --no-install-recommends libgomp1 "
    "&& rm -rf /var/lib/apt/lists/*",
    good="RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*",
)
def apt_upgrade(file: Dockerfile) -> Iterator[Hit]:
    """Find upgrades."""
    for call in _calls(file):
        if call.action in _UPGRADES:
            yield Hit(call.command.span, f"apt-get {call.action}", "a newer base image")


@rule(
    "apt-update-alone",
    "warning",
    "update and install stand in one RUN",
    reason="The layer with the lists is remembered; an install added later takes the packages of then, or finds none.",
    source=_PRACTICES,
    bad="RUN apt-get update",
    good="RUN apt-get update && apt-get install -y --no-install-recommends libgomp1 && rm -rf /var/lib/apt/lists/*",
)
def apt_update_alone(file: Dockerfile) -> Iterator[Hit]:
    """Find updates without an install."""
    for call in _calls(file):
        if call.action == "update" and not any("install" in word for word in _words(call.run)):
            actions = {other.action for other in _calls(file) if other.run is call.run}
            if not actions & (_UPGRADES | {"build-dep"}):
                yield Hit(call.command.span, "apt-get update without an install", "install in the same RUN")


def _words(run: Run) -> Iterator[str]:
    for script, _ in run.scripts:
        yield script.text


@rule(
    "apt-sorted",
    "info",
    "Packages are sorted, one on a line where there are more than two",
    reason="A change shows as one line, and nothing is listed twice.",
    source=_PRACTICES,
    bad="RUN apt-get update \\\n    && apt-get install -y --no-install-recommends libpq5 libgomp1 \\\n"
    "    && rm -rf /var/lib/apt/lists/*",
    good="RUN apt-get update \\\n    && apt-get install -y --no-install-recommends libgomp1 libpq5 \\\n"
    "    && rm -rf /var/lib/apt/lists/*",
    fixable=True,
)
def apt_sorted(file: Dockerfile) -> Iterator[Hit]:
    """Find packages out of order, or crowded on a line."""
    for call in _calls(file):
        names = [package.value for package in call.packages]
        if call.action != "install" or len(names) < 2 or any("$" in name or "`" in name for name in names):
            continue
        places = [call.command.span_of(package) for package in call.packages]
        lines = {file.source.position(place.start)[0] for place in places}
        crowded = len(names) > 2 and len(lines) < len(names)
        if names != sorted(names) or crowded:
            what = "several packages stand on one line" if names == sorted(names) else "the packages are not sorted"
            yield Hit(Span(places[0].start, places[-1].end), what, "sorted, one on a line", _sorting(file, call))


def _sorting(file: Dockerfile, call: _Call) -> tuple[Edit, ...]:
    """Return the edit that lists the packages anew; none where options or comments stand between them."""
    first, last = call.packages[0], call.packages[-1]
    between = [word for word in call.command.args if first.start <= word.start <= last.start]
    place = call.command.script.span(first.start, last.end)
    text = file.source.text[place.start : place.end]
    if not call.command.exact or len(between) != len(call.packages) or "#" in text:
        return ()
    escape = "\\" if call.run.instruction.heredocs else call.run.instruction.escape
    names = sorted({package.raw for package in call.packages})
    if len(names) <= 2:
        return (Edit(place, " ".join(names)),)
    line = file.source.line(file.source.position(call.command.span.start)[0])
    indent = " " * (len(line) - len(line.lstrip()) + 4)
    separator = f" {escape}{file.source.newline}{indent}"
    return (Edit(place, separator.lstrip() + separator.join(names)),)


@rule(
    "debian-frontend",
    "info",
    "DEBIAN_FRONTEND is not kept in the image",
    reason="ENV lasts: whoever runs apt in the container later is asked nothing, and wonders.",
    source="Debian installer manual; Docker FAQ",
    bad="ENV DEBIAN_FRONTEND=noninteractive",
    good="ARG DEBIAN_FRONTEND=noninteractive",
    fixable=True,
)
def debian_frontend(file: Dockerfile) -> Iterator[Hit]:
    """Find it in ENV."""
    for instruction in file.each("ENV"):
        for pair in instruction.pairs:
            if pair.key == "DEBIAN_FRONTEND":
                alone = len(instruction.pairs) == 1 and not pair.legacy
                edits = (Edit(instruction.keyword, "ARG"),) if alone else ()
                yield Hit(pair.span, "DEBIAN_FRONTEND stays in the image", f"ARG DEBIAN_FRONTEND={pair.value}", edits)


RULES = (
    apt_get,
    apt_yes,
    apt_recommends,
    apt_lists,
    apt_upgrade,
    apt_update_alone,
    apt_sorted,
    debian_frontend,
)
