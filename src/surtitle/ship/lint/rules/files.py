"""Files and folders: what is copied whence and where, what is left out, what is mounted."""

import re
from collections.abc import Iterator
from pathlib import PurePosixPath

from surtitle.ship.lint.instructions import Instruction
from surtitle.ship.lint.model import Dockerfile
from surtitle.ship.lint.rule import Edit, Example, Hit, rule
from surtitle.ship.lint.rules._shared import listed
from surtitle.ship.lint.source import Span

__all__ = ["RULES"]

_WHOLE = frozenset({".", "./", "*", "./*", "/", "/*", "**"})
_SYSTEM = frozenset(
    [
        "/",
        "/bin",
        "/boot",
        "/dev",
        "/etc",
        "/lib",
        "/lib64",
        "/proc",
        "/root",
        "/run",
        "/sbin",
        "/sys",
        "/usr",
        "/var",
        "/var/run",
    ]
)
_WEIGHTS = re.compile(
    r".*\.(?:safetensors|gguf|ggml|onnx|pt|pth|ckpt|h5|hdf5|keras|pkl|pickle|joblib|tflite|caffemodel|weights)",
    re.IGNORECASE,
)
_FETCH = re.compile(
    r"snapshot_download|from_pretrained\(|hf_hub_download|nltk\.download\(|spacy\.cli\.download|SentenceTransformer\("
)
_CLEAN_IGNORE = ".git\n.env\n**/*.pem\n**/*.key\n**/id_rsa*\ndata\n**/*.ipynb\n**/__pycache__\n.venv\n"
_ABSOLUTE = re.compile(r"/|[A-Za-z]:[\\/]|\$|[\"']|\\\\")


@rule(
    "workdir-relative",
    "warning",
    "WORKDIR is absolute",
    reason="A relative one depends on the one before, which may be the base image's.",
    source="hadolint DL3000; BuildKit WorkdirRelativePath",
    bad="WORKDIR /srv\nWORKDIR app",
    good="WORKDIR /srv/app",
    fixable=True,
)
def workdir_relative(file: Dockerfile) -> Iterator[Hit]:
    """Find relative ones."""
    for stage in file.stages:
        before = ""
        for instruction in stage.body:
            if instruction.name != "WORKDIR" or not instruction.args.text.strip():
                continue
            folder = instruction.args.text.strip()
            if _ABSOLUTE.match(folder):
                before = folder if folder.startswith("/") and "$" not in folder else ""
                continue
            whole = str(PurePosixPath(before) / folder) if before and ".." not in folder else ""
            edits = (Edit(instruction.args.whole, whole),) if whole else ()
            yield Hit(instruction.args.whole, f"{folder} is relative", f"WORKDIR {whole or '/' + folder}", edits)
            before = whole


@rule(
    "copy-relative",
    "warning",
    "A relative destination stands below a WORKDIR",
    reason="Without one it is whatever folder the base image happens to have.",
    source="hadolint DL3045",
    bad="COPY app.py app/",
    good="WORKDIR /srv\nCOPY app.py app/",
)
def copy_relative(file: Dockerfile) -> Iterator[Hit]:
    """Find relative destinations without a WORKDIR above."""
    has_folder: set[int] = set()
    for stage in file.stages:
        known = stage.parent is not None and stage.parent.index in has_folder
        for instruction in stage.body:
            if instruction.name == "WORKDIR":
                known = True
            elif instruction.name in ("COPY", "ADD") and not known and len(instruction.operands) > 1:
                target = instruction.operands[-1]
                if not _ABSOLUTE.match(target.value):
                    yield Hit(target.span, f"{target.value} is relative, and there is no WORKDIR", "WORKDIR /app above")
        if known:
            has_folder.add(stage.index)


@rule(
    "copy-folder",
    "error",
    "Several sources go into a folder: its name ends with /",
    reason="The builder refuses to put several files into one.",
    source="hadolint DL3021",
    bad="COPY app.py terms.txt /srv",
    good="COPY app.py terms.txt /srv/",
    fixable=True,
)
def copy_folder(file: Dockerfile) -> Iterator[Hit]:
    """Find several sources whose destination is no folder by its name."""
    for instruction in file.each("COPY", "ADD"):
        target = instruction.operands[-1] if len(instruction.operands) > 2 else None
        if target is None or target.value.endswith(("/", "\\")) or target.value in (".", "..") or "$" in target.value:
            continue
        plain = target.raw == target.value
        edits = (Edit(Span(target.span.end, target.span.end), "/"),) if plain else ()
        yield Hit(target.span, f"{target.value} is no folder by its name", f"{target.value}/", edits)


def _from_context(instruction: Instruction) -> list[str]:
    if instruction.flag("from") is not None or instruction.heredocs:
        return []
    return [word.value for word in instruction.operands[:-1] if "://" not in word.value]


def _whole_copies(file: Dockerfile) -> list[Instruction]:
    return [one for one in file.each("COPY", "ADD") if not _WHOLE.isdisjoint(_from_context(one))]


@rule(
    "dockerignore-missing",
    "warning",
    "A .dockerignore says what stays out",
    reason="COPY of the whole folder takes .git with its history, .env with its secrets, and the data along.",
    source="Docker, best practices for building; Allard, Docker and Python, EuroPython 2020",
    bad=Example("COPY . /app/", ignore=""),
    good=Example("COPY . /app/", ignore=_CLEAN_IGNORE),
)
def dockerignore_missing(file: Dockerfile) -> Iterator[Hit]:
    """Find copies of the whole folder without one."""
    for instruction in _whole_copies(file)[:1]:
        if file.has_folder and file.ignore is None:
            yield Hit(instruction.span, "there is no .dockerignore, and the whole folder is copied", "write one")


@rule(
    "dockerignore-gaps",
    "warning",
    "The .dockerignore keeps out .git, .env, keys, data, notebooks and caches",
    reason="What is let in is copied: secrets for everyone who pulls the image, data nobody meant to publish.",
    source="Docker, best practices for building; Allard, Docker and Python, EuroPython 2020",
    bad=Example("COPY . /app/", ignore=_CLEAN_IGNORE.replace(".env\n", "")),
    good=Example("COPY . /app/", ignore=_CLEAN_IGNORE),
)
def dockerignore_gaps(file: Dockerfile) -> Iterator[Hit]:
    """Find copies of the whole folder that take more than the app."""
    for instruction in _whole_copies(file)[:1]:
        gaps = file.ignore.gaps() if file.ignore is not None else []
        if gaps:
            yield Hit(
                instruction.span, f".dockerignore lets in: {listed(gaps)}", "add them, or begin with * and ! the app"
            )


@rule(
    "copy-ignored",
    "error",
    "What is copied is not kept out by .dockerignore",
    reason="The builder does not find it, and says only that it is not there.",
    source="BuildKit CopyIgnoredFile",
    bad=Example("COPY data/terms.csv /app/", ignore=_CLEAN_IGNORE),
    good=Example("COPY terms.csv /app/", ignore=_CLEAN_IGNORE),
)
def copy_ignored(file: Dockerfile) -> Iterator[Hit]:
    """Find sources that are kept out."""
    if file.ignore is None:
        return
    for instruction in file.each("COPY", "ADD"):
        sources = set(_from_context(instruction))
        for word in instruction.operands[:-1]:
            name = word.value.removeprefix("./").strip("/")
            plain = word.value in sources and not any(mark in name for mark in "*?[$")
            if plain and name not in ("", ".") and file.ignore.keeps_out(name):
                yield Hit(word.span, f".dockerignore keeps {name} out", f"add to it: !{name}")


@rule(
    "docker-sock",
    "error",
    "Nothing of the Docker socket in an image",
    reason="Whoever reaches the socket is root on the host.",
    source="OWASP Docker Security Cheat Sheet, rule 1; CIS Docker Benchmark 5.32",
    bad="VOLUME /var/run/docker.sock",
    good="VOLUME /srv/cache",
)
def docker_sock(file: Dockerfile) -> Iterator[Hit]:
    """Find the socket's path."""
    for instruction in file.each("VOLUME", "ENV", "RUN", "COPY", "ADD", "CMD", "ENTRYPOINT"):
        if (place := instruction.args.text.find("docker.sock")) >= 0:
            yield Hit(instruction.args.span(place, place + 11), "the Docker socket", "take it out")


@rule(
    "volume-system",
    "error",
    "No VOLUME on a folder of the system",
    reason="What the build puts there later is lost, and a mounted /etc or /usr changes what runs.",
    source="CIS Docker Benchmark 5.6; checkov",
    bad="VOLUME /etc",
    good="VOLUME /srv/cache",
)
def volume_system(file: Dockerfile) -> Iterator[Hit]:
    """Find volumes on the system's folders."""
    for instruction in file.each("VOLUME"):
        for word in instruction.operands:
            if (word.value.rstrip("/") or "/") in _SYSTEM:
                yield Hit(word.span, f"{word.value} is a folder of the system", "a folder of the app's own")


@rule(
    "run-insecure",
    "error",
    "Builds run without privileges, in a network of their own",
    reason="--security=insecure and --network=host give what is built, and all it downloads, power over the host.",
    source="Dockerfile reference, RUN --security",
    bad="RUN --network=host python -m compileall /app",
    good="RUN --network=none python -m compileall /app",
)
def run_insecure(file: Dockerfile) -> Iterator[Hit]:
    """Find flags that give power over the host."""
    for instruction in file.each("RUN"):
        for flag in instruction.flags:
            if (flag.name, flag.value) in (("security", "insecure"), ("network", "host")):
                yield Hit(flag.span, f"--{flag.name}={flag.value} gives power over the host", "take it out")


@rule(
    "model-weights",
    "info",
    "Model weights are baked in only on purpose",
    reason="Gigabytes in every pull, and an image for every model. Mount them, or say in an ignore why they are here.",
    source="Google, best practices for building containers",
    bad="COPY model.safetensors /srv/",
    good="VOLUME /srv/model",
)
def model_weights(file: Dockerfile) -> Iterator[Hit]:
    """Find weights that are copied or fetched into what is shipped."""
    shipped = {instruction for stage in file.shipped for instruction in stage.body}
    for instruction in file.each("COPY", "ADD"):
        for word in instruction.operands[:-1]:
            if instruction in shipped and _WEIGHTS.fullmatch(word.value):
                yield Hit(word.span, f"{word.value} is baked into the image", "mount it, or fetch it at the start")
    for run in file.shipped_runs:
        for command in run.commands:
            spacy = command.name == "spacy" and command.values[:1] == ("download",)
            hub = command.name in ("huggingface-cli", "hf") and "download" in command.values
            if spacy or hub or (command.name.startswith("python") and _FETCH.search(command.text)):
                yield Hit(command.span, "a model is fetched into the image", "mount it, or fetch it at the start")


RULES = (
    workdir_relative,
    copy_relative,
    copy_folder,
    dockerignore_missing,
    dockerignore_gaps,
    copy_ignored,
    docker_sock,
    volume_system,
    run_insecure,
    model_weights,
)
