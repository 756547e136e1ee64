"""Secrets: never in the file, in a layer, or in the image's history."""

import math
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import PurePosixPath

from surtitle.ship.lint.model import Dockerfile
from surtitle.ship.lint.rule import Hit, rule
from surtitle.ship.lint.rules._shared import listed
from surtitle.ship.lint.words import Pair, variables

__all__ = ["RULES"]

_MOUNT = "RUN --mount=type=secret,id=NAME,env=NAME ..."
_NAME = re.compile(
    r"(?:^|_)(?:passwords?|passwd|passphrase|pwd|secrets?|token|api_?keys?|private_?key|access_?key|secret_?key|credentials?"
    r"|auth)(?:$|_(?!(?:file|path|dir|url|uri|name|ttl|type|id|length|max|min|expir\w*|header|endpoint|backend|mode)\b))",
    re.IGNORECASE,
)
_HARMLESS_NAME = re.compile(
    r"public|max_|_max|num_|n_token|tokeni[sz]er|_(?:file|path|dir|url|name|ttl|type|enabled|count|mode)$", re.I
)
_HARMLESS_VALUE = re.compile(
    r"|[0-9.]{1,9}|true|false|yes|no|on|off|none|null|changeme|dummy|ignored?|unused|placeholder|/\S*|https?://\S*",
    re.I,
)
_KNOWN = re.compile(
    r"(?<![A-Za-z0-9])(?:AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22,}|glpat-[\w-]{20}|xox[abprs]-[\w-]{10,}"
    r"|sk-(?:proj-|ant-)?[A-Za-z0-9_-]{20,}|AIza[\w-]{35}|hf_[A-Za-z0-9]{30,}|npm_[A-Za-z0-9]{36}|pypi-[\w-]{50,}"
    r"|eyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,})|-----BEGIN [A-Z ]*PRIVATE KEY-----"
)
_RANDOM = re.compile(r"[A-Za-z0-9+/_=-]{24,200}")
_FINGERPRINT = re.compile(r"(?:0x)?[0-9a-fA-F]+|[0-9A-F -]+|sha(?:256|384|512)-\S+")
_DIGEST_NAME = re.compile(
    r"sha|hash|checksum|digest|commit|rev|fingerprint|integrity|gpg|version|opts|flags|args|path", re.I
)
_BITS_PER_CHARACTER = 4.2
_URL = re.compile(r"\b[a-z][a-z0-9+.-]{1,20}://([^\s/:@'\"]{1,200}(?::[^\s/@'\"]{1,200})?)@", re.IGNORECASE)
_SECRET_FILES = frozenset(
    [
        ".env",
        ".netrc",
        ".npmrc",
        ".pypirc",
        ".git-credentials",
        ".pgpass",
        ".htpasswd",
        "id_rsa",
        "id_dsa",
        "id_ecdsa",
        "id_ed25519",
        "kubeconfig",
        "credentials.json",
        "service-account.json",
        ".dockercfg",
        ".aws",
        ".ssh",
        ".gnupg",
        ".kube",
    ]
)
_SECRET_ENDINGS = (".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx")
_PASSWORD_OPTION = re.compile(r"--(?:password|passwd|token|api-key|secret|auth-token)(?:=(.*))?", re.IGNORECASE)


def _is_secret_name(name: str) -> bool:
    return _NAME.search(name) is not None and _HARMLESS_NAME.search(name) is None


def _is_literal(value: str) -> bool:
    """Whether a value is written out, and could be one that matters."""
    return "$" not in value and "`" not in value and "<" not in value and _HARMLESS_VALUE.fullmatch(value) is None


def _is_random(name: str, value: str) -> bool:
    if _RANDOM.fullmatch(value) is None or _FINGERPRINT.fullmatch(value) or _DIGEST_NAME.search(name):
        return False
    mixed = any(map(str.islower, value)) and any(map(str.isupper, value)) and any(map(str.isdigit, value))
    counts = Counter(value).values()
    bits = -sum(count / len(value) * math.log2(count / len(value)) for count in counts)
    return mixed and bits >= _BITS_PER_CHARACTER


@rule(
    "secret-env",
    "error",
    "No secret in ENV or ARG",
    reason="ENV is in the image for everyone who pulls it, and ARG in its history: `docker history` shows both.",
    source="BuildKit SecretsUsedInArgOrEnv; dockle CIS-DI-0010",
    bad="ARG PIP_TOKEN",
    good="ARG PIP_RETRIES",
)
def secret_env(file: Dockerfile) -> Iterator[Hit]:
    """Find names of secrets that are given a value, or will be."""
    for instruction in file.each("ENV", "ARG"):
        for pair in instruction.pairs:
            if _is_secret_name(pair.key) and _could_be_set(pair, instruction.name):
                yield Hit(pair.span, f"{pair.key} is a secret by its name, and stays in the image", _MOUNT)


def _could_be_set(pair: Pair, name: str) -> bool:
    if pair.value is None or (name == "ARG" and not pair.value):
        return name == "ARG"
    return _is_literal(pair.value) or any(_is_secret_name(variable) for variable in variables(pair.value))


@rule(
    "secret-value",
    "error",
    "No value that looks like a key or token",
    reason="It is in the image for everyone who pulls it. Revoke it: removing it from the file is not enough.",
    source="dockle CIS-DI-0010; OWASP Docker Security Cheat Sheet, rule 12",
    bad="ENV UPLINK=hT5wQ9zLk2RbX7mVc4Ns8Jf1PyG6dUa3",
    good="ENV UPLINK=https://uplink.example.org",
)
def secret_value(file: Dockerfile) -> Iterator[Hit]:
    """Find tokens of known forms anywhere, and random text in ENV, ARG and LABEL."""
    for instruction in file.each("ENV", "ARG", "LABEL", "RUN", "COPY", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
        stretches = [instruction.args, *(heredoc.body for heredoc in instruction.heredocs)]
        for stretch in stretches:
            for match in _KNOWN.finditer(stretch.text):
                yield Hit(stretch.span(*match.span()), f"{match[0][:6]}... is a token or key", f"revoke it; {_MOUNT}")
        if instruction.name in ("ENV", "ARG"):
            for pair in instruction.pairs:
                value = pair.value or ""
                if not _KNOWN.search(value) and not _is_secret_name(pair.key) and _is_random(pair.key, value):
                    yield Hit(pair.span, f"{pair.key} looks like a key: its value is random", _MOUNT)


@rule(
    "secret-url",
    "error",
    "No name and password in an address",
    reason="They stay in the layer, in logs of the build, and in the settings of the tool that was given the address.",
    source="OWASP Docker Security Cheat Sheet, rule 12",
    bad="RUN pip download --no-cache-dir --index-url https://deploy:hunter2@pip.example.org/simple \\\n"
    "    --require-hashes -r requirements.lock",
    good="RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \\\n"
    "    pip download --no-cache-dir --index-url https://pip.example.org/simple --require-hashes -r requirements.lock",
)
def secret_url(file: Dockerfile) -> Iterator[Hit]:
    """Find addresses with a password, or with a variable of the file in its place."""
    declared = {pair.key for instruction in file.each("ARG", "ENV") for pair in instruction.pairs}
    for instruction in file.each("ENV", "ARG", "LABEL", "RUN", "ADD", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
        for stretch in (instruction.args, *(heredoc.body for heredoc in instruction.heredocs)):
            for match in _URL.finditer(stretch.text):
                _, colon, password = match[1].partition(":")
                names = variables(match[1])
                if names and not declared & set(names):
                    continue
                if (colon and password) or names:
                    yield Hit(stretch.span(*match.span()), "an address holds a password", _MOUNT)


@rule(
    "secret-copied",
    "error",
    "No file of secrets is copied into the image",
    reason="It stays in its layer, for everyone who pulls the image, even if a later RUN removes it.",
    source="dockle CIS-DI-0010; OWASP Docker Security Cheat Sheet, rule 12",
    bad="COPY .env /app/",
    good="COPY settings.toml /app/",
)
def secret_copied(file: Dockerfile) -> Iterator[Hit]:
    """Find files that hold secrets by their name."""
    for instruction in file.each("COPY", "ADD"):
        if instruction.flag("from") is not None or instruction.heredocs:
            continue
        for word in instruction.operands[:-1]:
            name = PurePosixPath(word.value).name
            if name in _SECRET_FILES or (name.endswith(_SECRET_ENDINGS) and "pub" not in name and "ca" not in name):
                yield Hit(
                    word.span, f"{name} holds secrets by its name", "RUN --mount=type=secret,id=NAME,target=PATH ..."
                )


@rule(
    "secret-run",
    "error",
    "No password or token written out in a RUN",
    reason="The command is in the image's history, and the file in version control.",
    source="OWASP Docker Security Cheat Sheet, rule 12",
    bad="RUN echo 'root:hunter2' | chpasswd",
    good="RUN --mount=type=secret,id=login chpasswd < /run/secrets/login",
)
def secret_run(file: Dockerfile) -> Iterator[Hit]:
    """Find passwords that are set, or given to a command."""
    for run in file.runs:
        for command in run.commands:
            names = [name for name, value in command.assignments if _is_secret_name(name) and _is_literal(value)]
            if command.name in ("export", "declare", "readonly"):
                given = (value.partition("=") for value in command.values)
                names += [
                    name for name, equals, value in given if equals and _is_secret_name(name) and _is_literal(value)
                ]
            if names:
                yield Hit(command.span, f"{listed(names)} is written out", _MOUNT)
            elif command.name == "chpasswd" and any("$" not in source.text for source in command.piped()):
                yield Hit(command.span, "a password is written out", "no password: nobody logs in to a container")
            elif any(_is_literal(value) for value in _passwords(command.values)):
                yield Hit(command.span, f"a password is given to {command.name}", _MOUNT)


def _passwords(values: tuple[str, ...]) -> Iterator[str]:
    for place, value in enumerate(values):
        if match := _PASSWORD_OPTION.fullmatch(value):
            following = values[place + 1] if place + 1 < len(values) else ""
            password = match[1] if match[1] is not None else following
            if not password.startswith("-"):
                yield password


RULES = (secret_env, secret_value, secret_url, secret_copied, secret_run)
