"""What is fetched while building: over checked connections, and the very file that is meant."""

import re
from collections.abc import Iterator

from surtitle.ship.lint.commands import Command
from surtitle.ship.lint.model import Dockerfile, Run
from surtitle.ship.lint.rule import Edit, Hit, rule
from surtitle.ship.lint.rules._shared import TRUE
from surtitle.ship.lint.shell import SHELLS

__all__ = ["RULES"]

_FETCHERS = ("curl", "wget")
_INTERPRETERS = SHELLS | {"python", "python3", "perl", "ruby", "node", "php"}
_UNPACKERS = frozenset({"tar", "unzip", "gunzip", "bsdtar", "cpio", "dpkg", "xz"})
_CHECKERS = re.compile(
    r"(?:sha(?:1|224|256|384|512)|b2|md5)sum|shasum|gpgv?|gpg2|cosign|minisign|openssl|slsa-verifier|gh"
)
_ARCHIVE = re.compile(r".*\.(?:tar|tgz|tbz2?|txz|tar\.(?:gz|bz2|xz|zst)|gz|bz2|xz|zst)")
_REMOTE = re.compile(r"(?:https?|ftp)://.*|git@.*|git://.*|ssh://.*", re.I)
_GIT = re.compile(r"(?:git@|git://|ssh://).*|https?://[^?]*\.git(?:[#?].*)?")
_COMMIT = re.compile(r".*(?:#|[?&](?:checksum|commit|ref)=)[0-9a-f]{40}(?:[:&].*)?")
_SIGNATURES = (
    ".asc",
    ".sig",
    ".sha256",
    ".sha512",
    ".minisig",
    ".gpg",
    ".pem",
    ".crt",
    "SHASUMS256.txt",
    "checksums.txt",
)
_OFF_IN_ENVIRONMENT = {
    "NODE_TLS_REJECT_UNAUTHORIZED": {"0"},
    "PYTHONHTTPSVERIFY": {"0"},
    "GIT_SSL_NO_VERIFY": TRUE,
    "CURL_INSECURE": TRUE,
    "NPM_CONFIG_STRICT_SSL": {"false"},
    "CONDA_SSL_VERIFY": {"false"},
}
_OFF_BY_OPTION = {
    "apk": "--allow-untrusted",
    "apt": "--force-yes",
    "apt-get": "--force-yes",
    "curl": "--insecure",
    "dnf": "--nogpgcheck",
    "wget": "--no-check-certificate",
    "yum": "--nogpgcheck",
}
_OFF_BY_SETTING = {
    "conda": "ssl_verify",
    "git": "sslverify",
    "mamba": "ssl_verify",
    "npm": "strict-ssl",
    "pnpm": "strict-ssl",
    "yarn": "strict-ssl",
}
_TRUSTED = re.compile(
    r"\[[^\]\n]{0,200}\btrusted=yes\b|allow-unauthenticated|AllowInsecureRepositories|Verify-Peer[= ]+\"?false"
)


@rule(
    "add-not-copy",
    "warning",
    "COPY for files, ADD only for what COPY cannot do",
    reason="ADD also unpacks archives and fetches addresses; COPY says that it does neither.",
    source="hadolint DL3020; dockle CIS-DI-0009",
    bad="ADD app.py /app/",
    good="COPY app.py /app/",
    fixable=True,
)
def add_not_copy(file: Dockerfile) -> Iterator[Hit]:
    """Find ADDs of plain files."""
    for instruction in file.each("ADD"):
        sources = [word.value for word in instruction.operands[:-1]]
        special = any(_REMOTE.match(source) or _ARCHIVE.fullmatch(source) or "$" in source for source in sources)
        if (
            sources
            and not special
            and not any(flag.name in ("checksum", "keep-git-dir", "unpack") for flag in instruction.flags)
        ):
            yield Hit(instruction.keyword, "ADD of local files", "COPY", (Edit(instruction.keyword, "COPY"),))


@rule(
    "add-checksum",
    "error",
    "ADD of an address has a checksum",
    reason="Whoever holds the server, or a forgotten domain, decides what is in the image.",
    source="Docker, best practices for building; hadolint DL3020",
    bad="ADD https://example.org/terms.txt /app/terms.txt",
    good="ADD --checksum=sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 \\\n"
    "    https://example.org/terms.txt /app/terms.txt",
)
def add_checksum(file: Dockerfile) -> Iterator[Hit]:
    """Find addresses without `--checksum`, and repositories without a commit."""
    for instruction in file.each("ADD"):
        for word in instruction.operands[:-1]:
            if _REMOTE.match(word.value) and instruction.flag("checksum") is None and not _is_commit(word.value):
                remedy = "#COMMIT behind it" if _GIT.match(word.value) else "ADD --checksum=sha256:..."
                yield Hit(word.span, "what comes from this address is not checked", remedy)


def _is_commit(address: str) -> bool:
    return _GIT.match(address) is not None and _COMMIT.fullmatch(address) is not None


@rule(
    "curl-pipe-shell",
    "error",
    "Nothing is run as it comes from the network",
    reason="Whoever holds the server runs commands as root in your build, today's or tomorrow's, and no trace is left.",
    source="OpenSSF Scorecard, Pinned-Dependencies (downloadThenRun)",
    bad='SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN curl -fsSL https://example.org/install.sh | sh',
    good="ADD --checksum=sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08 \\\n"
    "    https://example.org/install.sh /tmp/install.sh\nRUN sh /tmp/install.sh",
)
def curl_pipe_shell(file: Dockerfile) -> Iterator[Hit]:
    """Find downloads fed to an interpreter."""
    for run, command in file.commands(*_FETCHERS):
        runner = _runs_output(run, command)
        if runner:
            yield Hit(
                command.span, f"what {command.name} fetches is run by {runner} unseen", "download, check, then run"
            )


def _runs_output(run: Run, command: Command) -> str:
    outer = command.within
    if outer is not None and (outer.name in _INTERPRETERS or outer.name in ("eval", "source", ".")):
        return outer.name if "$(" in outer.text or "<(" in outer.text or "`" in outer.text else ""
    for other in run.commands:
        if other.name in _INTERPRETERS and command in other.piped():
            reads_input = all(value.startswith("-") or value == "-" or "=" in value for value in other.values[:1])
            if (
                reads_input
                and not other.has_letter("c")
                and not other.has("-m", "--eval")
                and not other.has_letter("e")
            ):
                return other.name
            if other.name in SHELLS and reads_input:
                return other.name
    return ""


@rule(
    "download-unchecked",
    "warning",
    "What curl and wget fetch is checked against a hash or a signature",
    reason="A download that was cut short, swapped or taken over is noticed before it is in the image.",
    source="OpenSSF Scorecard, Pinned-Dependencies",
    bad="RUN curl -fsSLo tool https://example.org/tool-1.2",
    good="RUN curl -fsSLo tool https://example.org/tool-1.2 \\\n"
    "    && echo '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08  tool' > tool.sum \\\n"
    "    && sha256sum -c tool.sum",
)
def download_unchecked(file: Dockerfile) -> Iterator[Hit]:
    """Find downloads that are kept, in RUNs that check nothing."""
    for run in file.runs:
        if run.names.isdisjoint(_FETCHERS) or any(map(_CHECKERS.fullmatch, run.names)):
            continue
        for command in run.commands:
            if command.name in _FETCHERS and _keeps_output(run, command) and not _runs_output(run, command):
                yield Hit(
                    command.span, f"what {command.name} fetches is not checked", "&& echo 'HASH  FILE' | sha256sum -c -"
                )
                break


def _keeps_output(run: Run, command: Command) -> bool:
    addresses = [value for value in command.values if "://" in value or value.startswith("$")]
    if not addresses or all(address.endswith(_SIGNATURES) for address in addresses) or command.within is not None:
        return False
    if any(other.name in _UNPACKERS and command in other.piped() for other in run.commands):
        return True
    target = _target(command)
    return target is not None and not target.startswith("/dev/") and not target.endswith(_SIGNATURES)


def _target(command: Command) -> str | None:
    """Return the file that it writes; None where it writes none."""
    for redirect in command.redirects:
        if redirect.operator in (">", ">>", ">|"):
            return redirect.target.value
    named = command.option("-o", "--output") if command.name == "curl" else command.option("-O", "--output-document")
    if named is None:
        short = "o" if command.name == "curl" else "O"
        for place, value in enumerate(command.values):
            if match := re.fullmatch(rf"-[A-Za-z0-9]*{short}(.*)", value):
                named = match[1] or "".join(command.values[place + 1 : place + 2])
                break
    if named is not None:
        return None if named == "-" else named
    if command.name == "curl":
        return "its name" if command.has("-O", "--remote-name") or command.has_letter("O") else None
    return None if command.has("--spider", "-q") and command.has("--spider") else "its name"


@rule(
    "tls-off",
    "error",
    "Certificates and signatures are checked",
    reason="Without the check anyone on the way can put in what they like.",
    source="OWASP Docker Security Cheat Sheet; checkov CKV2_DOCKER_2 to 17",
    bad="RUN curl -fsSk https://example.org/ready",
    good="RUN curl -fsS https://example.org/ready",
)
def tls_off(file: Dockerfile) -> Iterator[Hit]:
    """Find checks that are switched off, by option, setting or environment."""
    for instruction in file.each("ENV", "ARG"):
        for pair in instruction.pairs:
            if (pair.value or "").lower() in _OFF_IN_ENVIRONMENT.get(
                pair.key.upper(), ()
            ) or pair.key == "PIP_TRUSTED_HOST":
                yield Hit(pair.span, f"{pair.key} switches a check off", "take it out; add your certificate authority")
    for run in file.runs:
        for command in run.commands:
            if what := _switched_off(command):
                yield Hit(command.span, f"{what} switches a check off", "take it out; add your certificate authority")
    yield from _trusted_lists(file)


def _trusted_lists(file: Dockerfile) -> Iterator[Hit]:
    for instruction in file.each("RUN", "COPY"):
        for stretch in (instruction.args, *(heredoc.body for heredoc in instruction.heredocs)):
            if match := _TRUSTED.search(stretch.text):
                message = "packages without a signature are taken"
                yield Hit(stretch.span(*match.span()), message, "signed-by=/usr/share/keyrings/NAME.gpg")


def _switched_off(command: Command) -> str:
    """Return the option or setting with which a command checks nothing; empty where it has none."""
    for name, value in command.assignments:
        if value.lower() in _OFF_IN_ENVIRONMENT.get(name.upper(), ()):
            return name
    if command.name in ("pip", "uv"):
        return _index_option(command)
    if command.name in _OFF_BY_OPTION:
        option = _OFF_BY_OPTION[command.name]
        return option if command.has(option) or (command.name == "curl" and command.has_letter("k")) else ""
    setting = _OFF_BY_SETTING.get(command.name)
    off = setting is not None and any(setting in value.lower() for value in command.values)
    return setting or "" if off and _says_false(command.values) else ""


def _index_option(command: Command) -> str:
    if command.has("--trusted-host", "--allow-insecure-host"):
        return "--trusted-host" if command.name == "pip" else "--allow-insecure-host"
    address = command.option(
        "-i", "--index-url", "--extra-index-url", "--index", "--default-index", "-f", "--find-links"
    )
    return f"http in {address}" if address and address.startswith("http://") else ""


def _says_false(values: tuple[str, ...]) -> bool:
    return any(value.lower().rpartition("=")[2] in ("false", "0", "no") for value in values)


RULES = (add_not_copy, add_checksum, curl_pipe_shell, download_unchecked, tls_off)
