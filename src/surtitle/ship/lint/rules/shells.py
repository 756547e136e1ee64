"""What a RUN's shell makes of it."""

import re
from collections.abc import Iterator

from surtitle.ship.lint.model import Dockerfile, Run
from surtitle.ship.lint.rule import Edit, Hit, rule
from surtitle.ship.lint.shell import SHELLS
from surtitle.ship.lint.source import Stretch

__all__ = ["RULES"]

_HARMLESS = frozenset({"echo", "printf", "yes", "true", "cat", "env", "", ":", "(", "[", "test", "pwd", "whoami"})
_DEBIAN = frozenset(
    [
        "debian",
        "ubuntu",
        "python",
        "node",
        "golang",
        "ruby",
        "rust",
        "php",
        "perl",
        "openjdk",
        "eclipse-temurin",
        "nginx",
        "postgres",
        "redis",
        "buildpack-deps",
        "maven",
        "gradle",
        "httpd",
        "mysql",
        "pypy",
    ]
)
_NOT_DASH = ("alpine", "centos", "rocky", "fedora", "ubi", "amazonlinux", "busybox", "oracle", "nanoserver", "windows")
_QUOTED = re.compile(r"\\.|'[^']*+'|\"(?:[^\"\\]|\\.)*+\"", re.S)
_BASH_ONLY = (
    (re.compile(r"(?:^|[;&|(\n]|\bif|\bwhile|!)[ \t]*\[\[(?=\s)"), "[["),
    (re.compile(r"(?<![<$(])<\((?=\S)|>\((?=\S)"), "<(...)"),
    (re.compile(r"<<<"), "<<<"),
    (re.compile(r"(?<![0-9&>])&>(?![&])"), "&>"),
    (re.compile(r"(?:^|[\s;])[A-Za-z_]\w*\+?=\("), "an array"),
    (re.compile(r"(?<![$\w}\"'])\{[\w./-]*(?:,[\w./-]*)+\}|\{[0-9]+\.\.[0-9]+\}"), "{a,b}"),
    (re.compile(r"(?:^|[;\n])[ \t]*function[ \t]+\w+"), "function"),
)
_BASH_COMMANDS = frozenset({"source", "pushd", "popd", "shopt", "declare", "typeset", "let", "mapfile", "readarray"})
_NOT_IN_BUILDS = {
    "service": "no service runs while an image is built",
    "systemctl": "there is no systemd while an image is built",
    "shutdown": "there is nothing to shut down while an image is built",
    "reboot": "there is nothing to reboot while an image is built",
    "ssh": "a build that logs in elsewhere cannot be repeated",
    "vim": "nobody is there to edit",
    "nano": "nobody is there to edit",
    "top": "nobody is there to look",
    "htop": "nobody is there to look",
    "ifconfig": "the build's network is not the container's",
    "passwd": "nobody is there to type a password",
}


@rule(
    "pipefail",
    "warning",
    "A pipe fails when any part of it does",
    reason="The shell looks at the last command only: what a failed download gave is piped on, and the build goes on.",
    source="hadolint DL4006",
    bad="RUN python -m app.terms | sort > /terms.txt",
    good='SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN python -m app.terms | sort > /terms.txt',
)
def pipefail(file: Dockerfile) -> Iterator[Hit]:
    """Find pipes whose first parts may fail unseen."""
    for run in file.runs:
        if _minds_pipes(run) or "|" not in "".join(script.text for script, _ in run.scripts):
            continue
        for command in run.commands:
            risky = [source for source in command.piped() if source.name not in _HARMLESS]
            own = command.within is not None and command.within.name in SHELLS and "pipefail" in command.within.text
            if risky and command.depth == 0 and not own:
                message = f"nobody notices when {risky[0].name} fails"
                yield Hit(risky[0].span, message, 'SHELL ["/bin/bash", "-o", "pipefail", "-c"] above')
                break


def _minds_pipes(run: Run) -> bool:
    if any("pipefail" in word for word in run.shell) or any(
        "pwsh" in word or "powershell" in word for word in run.shell
    ):
        return True
    if run.instruction.exec_form is not None:
        return any("pipefail" in word for word in run.instruction.exec_form)
    return any(command.name in ("set", *SHELLS) and "pipefail" in command.text for command in run.commands)


@rule(
    "bash-only",
    "error",
    "Commands are ones that the shell in force knows",
    reason="RUN takes /bin/sh, which is dash on Debian: it knows no [[, no source, no arrays, and fails or does "
    "something else.",
    source="Debian policy 10.4; hadolint and ShellCheck SC3000 to SC3061",
    bad="RUN source /etc/profile.d/app.sh",
    good="RUN . /etc/profile.d/app.sh",
    fixable=True,
)
def bash_only(file: Dockerfile) -> Iterator[Hit]:
    """Find what only bash knows, where Debian's sh reads it."""
    for run in file.runs:
        if _is_dash(run):
            yield from _bash_commands(run)
            for script, _ in run.scripts:
                yield from _bash_syntax(script)


def _is_dash(run: Run) -> bool:
    image = run.stage.root_image
    if image is None or run.shell or run.instruction.exec_form is not None:
        return False
    if any(heredoc.body.text.startswith("#!") for heredoc in run.instruction.heredocs):
        return False
    if any(word in f"{image.repository}:{image.tag}" for word in _NOT_DASH) or image.short not in _DEBIAN:
        return False
    # What stands behind `ln -sf bash /bin/sh` is bash's; and `bash -c` brings a reader of its own.
    return not any(name in run.names for name in ("bash", "zsh")) and not any(
        command.name == "ln" and "/bin/sh" in command.values for command in run.commands
    )


def _bash_commands(run: Run) -> Iterator[Hit]:
    for command in run.commands:
        if command.name in _BASH_COMMANDS and command.words and command.words[0].value == command.name:
            edits: tuple[Edit, ...] = ()
            if command.name == "source" and command.exact and command.words[0].raw == "source":
                edits = (Edit(command.span_of(command.words[0]), "."),)
            yield Hit(command.span, f"sh does not know {command.name}", _SUBSTITUTES.get(command.name, _BASH), edits)
        elif command.name == "set" and "pipefail" in command.values:
            yield Hit(command.span, "Debian's sh does not know pipefail", _BASH)


_BASH = 'SHELL ["/bin/bash", "-o", "pipefail", "-c"] above'
_SUBSTITUTES = {"source": ".", "pushd": "cd, in brackets", "popd": "cd, in brackets"}


def _bash_syntax(script: Stretch) -> Iterator[Hit]:
    text = _QUOTED.sub(lambda match: "\0" * len(match[0]), script.text)
    for pattern, name in _BASH_ONLY:
        if match := pattern.search(text):
            yield Hit(script.span(*match.span()), f"sh does not know {name}", _BASH)


@rule(
    "cd",
    "info",
    "WORKDIR rather than cd",
    reason="A RUN begins in WORKDIR whatever the one before did: cd at its end does nothing, and at its start is "
    "easily missed.",
    source="hadolint DL3003",
    bad="RUN cd /app && python -m compileall .",
    good="WORKDIR /app\nRUN python -m compileall .",
)
def cd(file: Dockerfile) -> Iterator[Hit]:
    """Find RUNs that begin with cd, or are nothing else."""
    for run in file.runs:
        commands = [one for one in run.commands if one.depth == 0 and one.name not in ("set", "")]
        if commands and commands[0].name == "cd" and commands[0].joined != "(":
            where = commands[0].values[0] if commands[0].values else "PATH"
            yield Hit(commands[0].span, "the RUN begins with cd", f"WORKDIR {where} above")


@rule(
    "not-in-builds",
    "warning",
    "No command that makes no sense in a build",
    reason="It fails, does nothing, or cannot be repeated.",
    source="hadolint DL3001",
    bad="RUN service cron start",
    good='CMD ["python", "-m", "app"]',
)
def not_in_builds(file: Dockerfile) -> Iterator[Hit]:
    """Find commands that need a running system or a person."""
    for _, command in file.commands(*_NOT_IN_BUILDS):
        if command.name == "passwd" and command.has("-d", "-l", "--delete", "--lock"):
            continue
        if command.name == "systemctl" and command.values[:1] in (("enable",), ("disable",), ("mask",)):
            continue
        yield Hit(command.span, f"{command.name}: {_NOT_IN_BUILDS[command.name]}", "take it out")


RULES = (pipefail, bash_only, cd, not_in_builds)
