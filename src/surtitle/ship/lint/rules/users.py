"""Who runs the image, and what that user may change."""

import re
from collections.abc import Iterator

from surtitle.ship.lint.commands import Command
from surtitle.ship.lint.instructions import Instruction
from surtitle.ship.lint.model import Dockerfile, Stage
from surtitle.ship.lint.rule import Edit, Example, Hit, rule
from surtitle.ship.lint.rules._shared import is_number, value_in

__all__ = ["RULES"]

_LOWEST = 10_000
_TALK = "Allard, Docker and Python, EuroPython 2020"
_UNPRIVILEGED = ("nonroot", "non-root", "rootless", "unprivileged", "cgr.dev/", "bitnami/", "jupyter/", "/ubi-micro")
_OPEN = re.compile(r"0?[0-7]{2}[2367]|[24]?[0-7]{2}[2367]|(?:.*,)?[ugo]*[oa][ugoa]*[+=][rxXst]*w\w*(?:,.*)?")
_SETUID = re.compile(r"[4567][0-7]{3}|(?:.*,)?[ugoa]*u?[ugoa]*\+[rwxX]*s\w*(?:,.*)?")
_READ_ONLY = re.compile(r"0?[0145][0-7]{2}|.*-w.*")
_LAST_LOG = 100_000


def _final_user(file: Dockerfile) -> tuple[Stage, Instruction, str] | None:
    """Return the last stage, its last USER, and the user's name or number where it is known."""
    last = file.final.last("USER") if file.final else None
    if file.final is None or last is None or not last.words:
        return None
    value = value_in(file.final, last.words[0].value)
    return (file.final, last, value.partition(":")[0]) if value else None


@rule(
    "user-missing",
    "error",
    "The last stage says who runs it",
    reason="Without USER it is root: whoever breaks in owns the container, and has less far to go to the host.",
    source=f"dockle CIS-DI-0001; Kubernetes restricted; {_TALK}",
    bad=Example('CMD ["python", "-m", "app"]', without="USER"),
    good='USER 10001:10001\nCMD ["python", "-m", "app"]',
)
def user_missing(file: Dockerfile) -> Iterator[Hit]:
    """Find last stages without a USER."""
    final = file.final
    if final is None or final.last("USER") is not None:
        return
    unknown = final.root_image is None and final.base != "scratch"
    if not unknown and not any(word in final.base for word in _UNPRIVILEGED):
        yield Hit(final.begin.span, "the last stage has no USER, and runs as root", "before CMD: USER 10001:10001")


@rule(
    "user-root",
    "error",
    "The last USER is not root",
    reason="Whoever breaks into the service would own the container. Work that needs root belongs above.",
    source=f"hadolint DL3002; dockle CIS-DI-0001; {_TALK}",
    bad="USER root",
    good="USER 10001:10001",
)
def user_root(file: Dockerfile) -> Iterator[Hit]:
    """Find root as the last user."""
    found = _final_user(file)
    if found and (found[2] == "root" or (is_number(found[2]) and int(found[2]) == 0)):
        yield Hit(found[1].span, "the image runs as root", "USER 10001:10001")


@rule(
    "user-name",
    "info",
    "The last USER is a number",
    reason="Kubernetes' runAsNonRoot cannot tell from a name that it is not root, and refuses to start it.",
    source="Kubernetes restricted pod security standard",
    bad="USER app",
    good="USER 10001:10001",
)
def user_name(file: Dockerfile) -> Iterator[Hit]:
    """Find names as the last user."""
    found = _final_user(file)
    if found and found[2] != "root" and not is_number(found[2]):
        yield Hit(found[1].span, f"the user {found[2]} is a name", "USER with its number, such as 10001:10001")


@rule(
    "user-low",
    "info",
    "The last USER's number is 10000 or more",
    reason="Low numbers belong to users of the host, whose files it could reach if it got out.",
    source="checkov CKV_K8S_40",
    bad="USER 1000",
    good="USER 10001:10001",
)
def user_low(file: Dockerfile) -> Iterator[Hit]:
    """Find low numbers as the last user."""
    found = _final_user(file)
    if found and is_number(found[2]) and 0 < int(found[2]) < _LOWEST:
        yield Hit(found[1].span, f"the user {found[2]} is below {_LOWEST}", "USER 10001:10001")


@rule(
    "chmod-open",
    "error",
    "Nothing may be written by everyone",
    reason="Any process in the container can then replace the code that runs next.",
    source=f"CIS Docker Benchmark 4.8; {_TALK}",
    bad="RUN chmod -R 777 /app",
    good="RUN chmod -R a+rX /app",
)
def chmod_open(file: Dockerfile) -> Iterator[Hit]:
    """Find modes with which everyone may write."""
    for _, command in file.commands("chmod", "mkdir", "install"):
        mode = _mode(command)
        if mode is not None and _OPEN.fullmatch(mode):
            yield Hit(command.span, f"{command.name} {mode} lets everyone write", "755 for folders, 644 for files")
    for instruction in file.each("COPY", "ADD"):
        flag = instruction.flag("chmod")
        if flag is not None and _OPEN.fullmatch(flag.value or ""):
            yield Hit(flag.span, f"--chmod={flag.value} lets everyone write", "--chmod=755")


def _mode(command: Command) -> str | None:
    if command.name != "chmod":
        return command.option("-m", "--mode")
    return next((value for value in command.values if not re.fullmatch(r"-[Rcvf]+|--\w[\w-]*", value)), None)


@rule(
    "chmod-setuid",
    "warning",
    "No file gets the setuid bit",
    reason="Whoever starts it becomes its owner, mostly root.",
    source="dockle CIS-DI-0008",
    bad="RUN chmod u+s /usr/local/bin/helper",
    good="RUN chmod 0755 /usr/local/bin/helper",
)
def chmod_setuid(file: Dockerfile) -> Iterator[Hit]:
    """Find modes with the setuid bit."""
    for _, command in file.commands("chmod"):
        mode = _mode(command)
        if mode is not None and _SETUID.fullmatch(mode) and mode[:1] != "5":
            yield Hit(command.span, f"chmod {mode} sets the setuid bit", "leave the bit out")


@rule(
    "app-writable",
    "warning",
    "The app's files do not belong to the user that runs it",
    reason="Who breaks in could change the code, and stay. Files of root are readable, and that is enough.",
    source="CIS Docker Benchmark 4.8; Google, best practices for operating containers",
    bad="COPY --chown=10001:10001 app.py /app/\nUSER 10001:10001",
    good="COPY app.py /app/\nUSER 10001:10001",
)
def app_writable(file: Dockerfile) -> Iterator[Hit]:
    """Find files given to the user that runs the image."""
    found = _final_user(file)
    if found is None or found[2] in ("root", "0"):
        return
    final, _, user = found
    code = {"/app"}
    for instruction in final.all("COPY", "ADD", "WORKDIR"):
        flag = instruction.flag("chown")
        if instruction.words:
            code.add(instruction.operands[-1].value.rstrip("/") if instruction.operands else "")
        owner = (value_in(final, flag.value or "") or "").partition(":")[0] if flag else ""
        if flag and owner == user and not _is_read_only(instruction):
            yield Hit(flag.span, f"the files belong to {user}, who runs the image", "leave --chown out")
    for run in final.all_runs:
        for command in run.commands:
            if command.name == "chown" and (place := _given_away(final, command, user, code)):
                message = f"{place} belongs to {user}, who runs the image"
                yield Hit(command.span, message, "only folders that it writes to, such as a cache")


def _is_read_only(instruction: Instruction) -> bool:
    flag = instruction.flag("chmod")
    return flag is not None and _READ_ONLY.fullmatch(flag.value or "") is not None


def _given_away(stage: Stage, command: Command, user: str, code: set[str]) -> str | None:
    operands = [value_in(stage, word.value) or "" for word in command.operands]
    if not operands or operands[0].partition(":")[0] != user:
        return None
    if not (command.has("--recursive") or command.has_letter("R")):
        return None
    return next((place for place in operands[1:] if place.rstrip("/") in code or place == "."), None)


@rule(
    "useradd-log",
    "info",
    "useradd of a high number leaves the login log alone",
    reason="The log of last logins is as long as the highest number: gigabytes in the layer.",
    source="hadolint DL3046",
    bad="RUN useradd --uid 1000001 app",
    good="RUN useradd --no-log-init --uid 1000001 app",
    fixable=True,
)
def useradd_log(file: Dockerfile) -> Iterator[Hit]:
    """Find high numbers without `--no-log-init`."""
    for _, command in file.commands("useradd"):
        number = command.option("-u", "--uid") or ""
        if is_number(number) and int(number) >= _LAST_LOG:
            if command.has("--no-log-init") or command.has_letter("l"):
                continue
            after = command.script.at(command.words[-len(command.args) - 1].end)
            edits = (Edit(command.span._replace(start=after, end=after), " --no-log-init"),) if command.exact else ()
            yield Hit(command.span, f"useradd of {number} writes a huge login log", "useradd --no-log-init", edits)


@rule(
    "sudo",
    "error",
    "No sudo",
    reason="A build is root already, and an image with sudo gives root to whoever breaks in.",
    source="hadolint DL3004",
    bad="RUN sudo python -m compileall /app",
    good="RUN python -m compileall /app",
)
def sudo(file: Dockerfile) -> Iterator[Hit]:
    """Find sudo in front of commands."""
    for run in file.runs:
        for command in run.commands:
            if command.name == "sudo" or "sudo" in command.via:
                yield Hit(command.span, "sudo in a build", "USER root above, another USER below")


RULES = (
    user_missing,
    user_root,
    user_name,
    user_low,
    chmod_open,
    chmod_setuid,
    app_writable,
    useradd_log,
    sudo,
)
