"""Building an image with docker, podman or buildah, whichever is there."""

import json
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from surtitle.errors import SurroundingsError, UsageError
from surtitle.ship.image.making import ImageFiles

__all__ = ["BUILDERS", "Builder", "Built", "Format", "build", "choose_builder", "default_tag"]

Builder = Literal["docker", "podman", "buildah"]
Format = Literal["oci", "docker"]
BUILDERS: tuple[Builder, ...] = get_args(Builder)
_PROBE: Mapping[Builder, tuple[str, ...]] = {
    # Its client alone builds nothing.
    "docker": ("version", "--format", "{{.Server.Version}}"),
    "podman": ("--version",),
    "buildah": ("--version",),
}
_EPOCH = "SOURCE_DATE_EPOCH"
_TALK_KEPT = 20


class Built(msgspec.Struct, frozen=True):
    """An image.

    Parameters
    ----------
    tag : str
        Its name here.
    builder : str
        What has built it.
    id : str
        Of its configuration.
    digest : str
        Of its manifest; empty where the builder knows it only after a push.
    bytes : int
        Of all layers, uncompressed.
    seconds : float
        How long it took.
    """

    tag: str
    builder: Builder
    id: str
    digest: str
    bytes: int
    seconds: float


def choose_builder(wanted: Builder | None) -> Builder:
    """Return the builder that was asked for, or the first that works here.

    Raises
    ------
    SurroundingsError
        If there is none.
    """
    for builder in BUILDERS if wanted is None else (wanted,):
        if shutil.which(builder) and _works(builder):
            return builder
    none = f"none of {', '.join(BUILDERS)} works here"
    what = f"{wanted} is not installed, or its server does not answer" if wanted else none
    raise SurroundingsError(f"{what}; install podman, or build the Dockerfile elsewhere")


def default_tag(name: str, version: int) -> str:
    """Return a name that every registry takes.

    Examples
    --------
    >>> default_tag("Spam_-", 3)
    'spam:3'
    """
    return f"{re.sub(r'[._-]{2,}', '-', name.lower()).strip('._-')}:{version}"


def build(
    files: ImageFiles,
    *,
    tag: str,
    builder: Builder,
    format: Format,  # noqa: A002 the builders' own word
    more: Sequence[str],
    environ: Mapping[str, str],
    on_line: Callable[[str], None],
) -> Built:
    """Build the image; the same files, revision and time give the same digest.

    Parameters
    ----------
    files : ImageFiles
        As `make_files` left them.
    tag : str
        To name it by.
    builder : {"docker", "podman", "buildah"}
        What builds.
    format : {"oci", "docker"}
        Of the manifest, where the builder can choose: that of Docker keeps the health check, that of OCI the digest.
    more : sequence of str
        Further arguments to ``build``.
    environ : mapping of str to str
        For SOURCE_DATE_EPOCH.
    on_line : callable
        Given each line that the builder says.

    Raises
    ------
    UsageError
        If SOURCE_DATE_EPOCH is no number of seconds.
    SurroundingsError
        If the build fails.
    """
    began = time.monotonic()
    epoch = _epoch(files, environ)
    given = {
        "VERSION": str(files.version),
        "REVISION": _revision(files.root),
        "CREATED": f"{datetime.fromtimestamp(epoch, UTC):%Y-%m-%dT%H:%M:%SZ}",
    }
    if builder == "docker":
        own = ["--build-arg", f"{_EPOCH}={epoch}"]
    else:
        own = ["--format", format, "--timestamp", str(epoch)]
    arguments = [part for name, value in given.items() for part in ("--build-arg", f"{name}={value}")]
    _run([builder, "build", "--tag", tag, *own, *arguments, *more, str(files.root)], on_line)
    return _look(builder, tag, time.monotonic() - began)


def _works(builder: Builder) -> bool:
    try:
        # A list, no shell.
        done = subprocess.run([builder, *_PROBE[builder]], capture_output=True, timeout=20, check=False)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def _epoch(files: ImageFiles, environ: Mapping[str, str]) -> int:
    told = environ.get(_EPOCH)
    if told is None:
        return int(files.created_at.timestamp())
    if not re.fullmatch(r"[0-9]{1,11}", told):
        raise UsageError(f"{_EPOCH} is {told!r}, which is no number of seconds since 1970")
    return int(told)


def _revision(root: Path) -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown"
    done = subprocess.run(  # noqa: S603 a list, no shell
        [git, "-C", str(root), "rev-parse", "--verify", "HEAD"], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else "unknown"


def _run(command: Sequence[str], on_line: Callable[[str], None]) -> None:
    talk: list[str] = []
    with subprocess.Popen(  # noqa: S603 a list, no shell
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        for line in process.stdout or ():
            on_line(line.rstrip("\n"))
            talk = [*talk[-_TALK_KEPT:], line.rstrip("\n")]
    if process.returncode:
        told = next((line for line in reversed(talk) if line.strip()), "it said nothing")
        raise SurroundingsError(f"{command[0]} build ended with {process.returncode}: {told}")


def _look(builder: Builder, tag: str, seconds: float) -> Built:
    if builder == "buildah":
        found = _ask([builder, "inspect", "--type", "image", tag])
        layers: Iterable[Any] = json.loads(found["Manifest"])["layers"]
        size = sum(layer["size"] for layer in layers)
        return Built(tag, builder, found["FromImageID"], found["FromImageDigest"], size, seconds)
    found = _ask([builder, "image", "inspect", tag])[0]
    digest = found.get("Digest") or next((each.partition("@")[2] for each in found.get("RepoDigests") or ()), "")
    return Built(tag, builder, found["Id"].removeprefix("sha256:"), digest, found["Size"], seconds)


def _ask(command: Sequence[str]) -> Any:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 a list, no shell
    if done.returncode:
        raise SurroundingsError(f"{' '.join(command)} failed: {done.stderr.strip()[-300:]}")
    return json.loads(done.stdout)
