"""How the image is started, stopped and looked after."""

import json
import re
from collections.abc import Iterator

from surtitle.ship.lint.commands import Command
from surtitle.ship.lint.instructions import Instruction
from surtitle.ship.lint.model import Dockerfile, Stage
from surtitle.ship.lint.rule import Edit, Example, Hit, rule
from surtitle.ship.lint.rules._shared import is_number, value_in
from surtitle.ship.lint.shell import SHELLS, read_script
from surtitle.ship.lint.source import Span, Stretch

__all__ = ["RULES"]

_PLAIN_WORD = re.compile(r"[\w./:=@,+-]+")
_SINGLE_QUOTED = re.compile(r"\[\s*(?:'[^'\"\\\n]*'\s*,\s*)*'[^'\"\\\n]*'\s*,?\s*\]")
_SIGNALS = re.compile(r"(?:SIG)?(?:HUP|INT|QUIT|TERM|USR1|USR2|WINCH|RTMIN(?:\+[0-9]+)?)|[1-8]|1[0-9]|2[0-9]|3[0-9]")
_ADDRESS = re.compile(r"(?:localhost|127\.0\.0\.1|0\.0\.0\.0|\[::1\]):([0-9]{2,5})")
_PORT_OPTION = re.compile(r"(?:--(?:port|http-port|server\.port)|-p)(?:=([0-9]{2,5}))?")
_BIND = re.compile(r"(?:[0-9.]+|\[::\]|localhost|\*)?:([0-9]{2,5})")
_BARE = re.compile(r"slim|minimal")
_MINIMAL = frozenset({"debian", "ubuntu"})
_PRIVILEGED = 1024
_HIGHEST = 65_535
_CLAUSE = re.compile(r"\s*CMD\s+", re.IGNORECASE)


@rule(
    "exec-form-broken",
    "error",
    "The JSON form is JSON",
    reason="What is no JSON is taken for a shell command, with brackets and quotes in it.",
    source="Dockerfile reference",
    bad="CMD ['python', '-m', 'app']",
    good='CMD ["python", "-m", "app"]',
    fixable=True,
)
def exec_form_broken(file: Dockerfile) -> Iterator[Hit]:
    """Find lists in brackets that are no JSON."""
    for instruction in file.each("CMD", "ENTRYPOINT", "RUN", "COPY", "ADD", "VOLUME"):
        text = instruction.args.text.strip()
        if (
            text[:1] != "["
            or (text[1:2] in ("[", " ") and instruction.name == "RUN")
            or instruction.exec_form is not None
        ):
            continue
        if "," not in text and not text.endswith("]"):
            continue
        edits: tuple[Edit, ...] = ()
        if _SINGLE_QUOTED.fullmatch(text) and instruction.args.contiguous(0, len(text)):
            words = [word.strip().strip("'") for word in text[1:-1].split(",") if word.strip()]
            edits = (Edit(instruction.args.whole, json.dumps(words, ensure_ascii=False)),)
        yield Hit(
            instruction.args.whole, f"the list of {instruction.name} is no JSON", 'double quotes: ["a", "b"]', edits
        )


@rule(
    "exec-form",
    "warning",
    "CMD and ENTRYPOINT are in the exec form",
    reason="The shell form puts a shell in front, which does not pass SIGTERM on: requests under way are cut off.",
    source="hadolint DL3025; BuildKit JSONArgsRecommended",
    bad="CMD python -m app",
    good='CMD ["python", "-m", "app"]',
    fixable=True,
)
def exec_form(file: Dockerfile) -> Iterator[Hit]:
    """Find shell forms."""
    for instruction in file.each("CMD", "ENTRYPOINT"):
        text = instruction.args.text.strip()
        if instruction.exec_form is not None or not text or text.startswith("["):
            continue
        words = [word.value for word in instruction.words]
        if words[0] == "exec":
            continue  # the shell gives way to the command, which then gets the signals
        plain = all(map(_PLAIN_WORD.fullmatch, words)) and "=" not in words[0]
        edits = (Edit(instruction.args.whole, json.dumps(words)),) if plain else ()
        remedy = f"{instruction.name} {json.dumps(words, ensure_ascii=False)}"
        yield Hit(instruction.args.whole, f"{instruction.name} is in the shell form", remedy, edits)


@rule(
    "sh-without-exec",
    "warning",
    "sh -c gives way to the service with exec",
    reason="Else the shell stays in front of it, and does not pass SIGTERM on: requests under way are cut off.",
    source="Docker, ENTRYPOINT reference",
    bad='CMD ["sh", "-c", "python -m app --port 8080"]',
    good='CMD ["sh", "-c", "exec python -m app --port 8080"]',
    fixable=True,
)
def sh_without_exec(file: Dockerfile) -> Iterator[Hit]:
    """Find shells that stay."""
    for instruction in file.each("CMD", "ENTRYPOINT"):
        words = instruction.exec_form or ()
        if len(words) < 3 or words[0].rpartition("/")[2] not in SHELLS or not re.fullmatch(r"-[a-z]*c", words[1]):
            continue
        commands = [one for one in read_script(Stretch([(0, words[2])])) if one.depth == 0]
        if not commands or any("exec" in one.via or one.name == "exec" for one in commands):
            continue
        part = instruction.exec_parts[2]
        simple = len(commands) == 1 and not commands[0].assignments and commands[0].start == 0
        edits = (Edit(Span(part.at(0), part.at(0)), "exec "),) if simple else ()
        yield Hit(part.whole, f"{words[0]} stays in front of {commands[-1].name}", "exec before the service", edits)


@rule(
    "stop-signal",
    "warning",
    "The stop signal lets the service finish",
    reason="SIGKILL cannot be caught: requests under way are cut off. A name that is no signal fails at the stop.",
    source="Docker, STOPSIGNAL reference",
    bad="STOPSIGNAL SIGKILL",
    good="STOPSIGNAL SIGTERM",
)
def stop_signal(file: Dockerfile) -> Iterator[Hit]:
    """Find signals that kill, or are none."""
    for instruction in file.each("STOPSIGNAL"):
        name = instruction.args.text.strip()
        if "$" not in name and (name == "9" or not _SIGNALS.fullmatch(name.upper())):
            yield Hit(instruction.span, f"{name} does not let the service finish", "STOPSIGNAL SIGTERM")


@rule(
    "healthcheck-missing",
    "info",
    "The image says how to see that it is well",
    reason="A process that hangs is taken for a healthy one. Write HEALTHCHECK NONE where the platform has probes.",
    source="hadolint DL3057; dockle CIS-DI-0006; checkov CKV_DOCKER_2",
    bad=Example('CMD ["python", "-m", "app"]', without="HEALTHCHECK"),
    good='HEALTHCHECK CMD ["python", "-m", "app.health"]\nCMD ["python", "-m", "app"]',
)
def healthcheck_missing(file: Dockerfile) -> Iterator[Hit]:
    """Find services without a HEALTHCHECK."""
    final = file.final
    if final is not None and final.all("CMD", "ENTRYPOINT", "EXPOSE") and final.last("HEALTHCHECK") is None:
        yield Hit(final.begin.span, "the last stage has no HEALTHCHECK", 'HEALTHCHECK CMD ["python", "-m", ...]')


def _health(file: Dockerfile) -> tuple[Stage, Instruction, tuple[Command, ...]] | None:
    """Return the HEALTHCHECK that is shipped, and its commands."""
    last = file.final.last("HEALTHCHECK") if file.final else None
    clause = _CLAUSE.match(last.args.text) if last else None
    if file.final is None or last is None or clause is None:
        return None
    rest = last.args.part(clause.end(), len(last.args.text))
    try:
        words = json.loads(rest.text) if rest.text.startswith("[") else None
    except (ValueError, RecursionError):
        return None
    if words is None:
        return file.final, last, read_script(rest, exact=False)
    text = " ".join(f"'{word}'" for word in words if isinstance(word, str) and "'" not in word)
    return file.final, last, read_script(Stretch([(last.span.start, text)]), exact=False)


@rule(
    "healthcheck-tool",
    "error",
    "The tool of HEALTHCHECK is in the image",
    reason="Slim images have neither curl nor wget: every check fails, and the container is restarted for ever.",
    source="Docker, HEALTHCHECK reference",
    bad="HEALTHCHECK CMD curl -f http://127.0.0.1:8080/healthz || exit 1",
    good='HEALTHCHECK CMD ["python", "-m", "app.health"]',
)
def healthcheck_tool(file: Dockerfile) -> Iterator[Hit]:
    """Find curl and wget where nothing brings them."""
    found = _health(file)
    if found is None:
        return
    final, instruction, commands = found
    for command in commands:
        if command.name in ("curl", "wget") and _lacks(final, command.name):
            remedy = "a few lines of the service's own language, or install it"
            yield Hit(instruction.span, f"{command.name} is not in {final.base.partition('@')[0]}", remedy)


def _lacks(stage: Stage, tool: str) -> bool:
    image = stage.root_image
    if image is None:
        return stage.base == "scratch"
    bare = image.short in _MINIMAL or _BARE.search(image.tag) is not None or "distroless" in image.repository
    if "alpine" in f"{image.short}:{image.tag}":
        bare = tool == "curl"
    if not bare:
        return False
    brought = any(tool in script.text for run in stage.all_runs for script, _ in run.scripts)
    return not brought and not any(tool in instruction.args.text for instruction in stage.all("COPY", "ADD"))


def _ports(stage: Stage) -> set[int]:
    """Return the ports that EXPOSE names and whose values are known; empty where one is not."""
    found = set()
    for instruction in stage.all("EXPOSE"):
        for word in instruction.words:
            value = (value_in(stage, word.value) or "").partition("/")[0]
            first, dash, last = value.partition("-")
            if not is_number(first) or (dash and not is_number(last)):
                return set()
            found |= set(range(int(first), min(int(last or first), _HIGHEST) + 1))
    return found


def _listening(stage: Stage) -> set[int]:
    """Return the ports that CMD and ENTRYPOINT name."""
    found = set()
    for name in ("ENTRYPOINT", "CMD"):
        last = stage.last(name)
        if last is None:
            continue
        words = [word for text in last.exec_form or (last.args.text,) for word in text.split()]
        for place, word in enumerate(words):
            following = words[place + 1] if place + 1 < len(words) else ""
            if match := _PORT_OPTION.fullmatch(word):
                value = match[1] or following
                found |= {int(value)} if re.fullmatch(r"[0-9]{2,5}", value) else set()
            elif word in ("--bind", "-b", "--listen", "--addr", "--address") and (match := _BIND.fullmatch(following)):
                found.add(int(match[1]))
            elif match := re.fullmatch(
                r"(?:--bind|--listen|-b)=(?:[0-9.]+|\[::\])?:([0-9]{2,5})|0\.0\.0\.0:([0-9]{2,5})", word
            ):
                found.add(int(match[1] or match[2]))
    return found


@rule(
    "healthcheck-port",
    "warning",
    "HEALTHCHECK asks the port that the service listens on",
    reason="A check of another port always fails, or says that something else is well.",
    source="Docker, HEALTHCHECK reference",
    bad='EXPOSE 8080\nHEALTHCHECK CMD ["python", "-m", "app.health", "http://127.0.0.1:8000/healthz"]',
    good='EXPOSE 8080\nHEALTHCHECK CMD ["python", "-m", "app.health", "http://127.0.0.1:8080/healthz"]',
)
def healthcheck_port(file: Dockerfile) -> Iterator[Hit]:
    """Find ports that neither EXPOSE nor CMD names."""
    found = _health(file)
    if found is None:
        return
    final, instruction, _ = found
    known = _ports(final) | _listening(final)
    asked = {int(port) for port in _ADDRESS.findall(instruction.args.text)}
    for port in sorted(asked - known if known else ()):
        yield Hit(instruction.span, f"port {port} is checked; the service's is {min(known)}", f"port {min(known)}")


@rule(
    "expose-mismatch",
    "warning",
    "EXPOSE names the port that the service listens on",
    reason="Whoever publishes the exposed ports (docker run -P, a proxy, a person) reaches nothing.",
    source="Docker, EXPOSE reference",
    bad='EXPOSE 8000\nCMD ["python", "-m", "app", "--port", "8080"]',
    good='EXPOSE 8080\nCMD ["python", "-m", "app", "--port", "8080"]',
)
def expose_mismatch(file: Dockerfile) -> Iterator[Hit]:
    """Find ports of CMD that EXPOSE does not name."""
    final = file.final
    last = final.last("EXPOSE") if final else None
    if final is None or last is None:
        return
    exposed, listening = _ports(final), _listening(final)
    if exposed and listening and not exposed & listening:
        ports = ", ".join(map(str, sorted(listening)))
        yield Hit(last.span, f"the service listens on {ports}, which EXPOSE does not name", f"EXPOSE {ports}")


@rule(
    "expose-privileged",
    "warning",
    "The port is above 1023",
    reason="Lower ones need a right that a service without privileges does not have.",
    source="Kubernetes restricted pod security standard (NET_BIND_SERVICE)",
    bad="EXPOSE 80",
    good="EXPOSE 8080",
)
def expose_privileged(file: Dockerfile) -> Iterator[Hit]:
    """Find low ports."""
    for stage in file.stages[-1:]:
        for instruction in stage.all("EXPOSE"):
            for word in instruction.words:
                port = (value_in(stage, word.value) or "").partition("/")[0].partition("-")[0]
                if is_number(port) and 0 < int(port) < _PRIVILEGED:
                    yield Hit(
                        word.span, f"port {port} needs privileges", "EXPOSE 8080, and have the service listen there"
                    )


@rule(
    "expose-invalid",
    "error",
    "EXPOSE names ports from 1 to 65535, tcp or udp",
    reason="The builder stops at anything else, or nothing can reach it.",
    source="hadolint DL3011; BuildKit ExposeInvalidFormat",
    bad="EXPOSE 80800",
    good="EXPOSE 8080",
)
def expose_invalid(file: Dockerfile) -> Iterator[Hit]:
    """Find ports that are none."""
    for instruction in file.each("EXPOSE"):
        for word in instruction.words:
            port, _, protocol = word.value.partition("/")
            first, dash, last = port.partition("-")
            numbers = [first, last] if dash else [first]
            right = all(is_number(number) and 0 < int(number) <= _HIGHEST for number in numbers)
            if "$" not in word.value and not (right and protocol.lower() in ("", "tcp", "udp", "sctp")):
                yield Hit(word.span, f"{word.value} is no port", "EXPOSE 8080")


RULES = (
    exec_form_broken,
    exec_form,
    sh_without_exec,
    stop_signal,
    healthcheck_missing,
    healthcheck_tool,
    healthcheck_port,
    expose_mismatch,
    expose_privileged,
    expose_invalid,
)
