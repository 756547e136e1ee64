"""What an image is built on."""

import re
from collections.abc import Iterator

from surtitle.ship.lint.images import Image, parse_image
from surtitle.ship.lint.instructions import Flag
from surtitle.ship.lint.model import Dockerfile, Stage
from surtitle.ship.lint.rule import Hit, rule
from surtitle.ship.lint.rules._shared import BASE, DIGEST
from surtitle.ship.lint.source import Span

__all__ = ["RULES"]

_TALK = "Allard, Docker and Python, EuroPython 2020"
_MOVING = frozenset({"latest", "stable", "main", "master", "edge", "nightly", "dev", "rolling", "current", "lts"})
_PARTS = {
    "alpine": 3,
    "golang": 3,
    "nginx": 3,
    "node": 3,
    "php": 3,
    "postgres": 2,
    "python": 3,
    "redis": 3,
    "ruby": 3,
    "rust": 3,
}
"""How many numbers the full version of a well-known image has."""
_WITH_SLIM = frozenset({"node", "perl", "python", "ruby"})
_SMALL = ("slim", "alpine", "distroless", "wolfi")
_VERSION = re.compile(r"v?([0-9]+(?:\.[0-9]+)*)(?=$|[^0-9.])")


def _images(file: Dockerfile) -> Iterator[tuple[Stage, Image, Span]]:
    for stage in file.stages:
        if stage.image is not None:
            yield stage, stage.image, stage.begin.words[0].span


def _is_moving(image: Image) -> bool:
    return not image.digest and (not image.tag or image.tag in _MOVING)


def _is_half(image: Image) -> bool:
    wanted = _PARTS.get(image.short, 0)
    if image.digest or not wanted or _is_moving(image):
        return False
    version = _VERSION.match(image.tag)
    return version is None or version[1].count(".") + 1 < wanted


@rule(
    "base-latest",
    "error",
    "The base image has a tag, and one that stays",
    reason="Without a tag, or with one such as `latest`, each build may stand on another release, and break or not.",
    source=f"hadolint DL3006, DL3007; {_TALK}",
    bad="FROM python:latest",
    good=BASE,
)
def base_latest(file: Dockerfile) -> Iterator[Hit]:
    """Find images without a tag, or with one that moves."""
    for _, image, span in _images(file):
        if _is_moving(image):
            what = f"has the tag {image.tag}, which moves" if image.tag else "has no tag"
            yield Hit(span, f"{image.repository} {what}", f"FROM {image.repository}:VERSION@sha256:DIGEST")


@rule(
    "base-half-tag",
    "warning",
    "The base image's tag is a full version",
    reason="`3.12` is another image with every patch release; the full version says what is in it.",
    source=_TALK,
    bad="FROM python:3.12-slim",
    good=BASE,
)
def base_half_tag(file: Dockerfile) -> Iterator[Hit]:
    """Find tags that lack a part of the version."""
    for _, image, span in _images(file):
        if _is_half(image):
            wanted = ".".join("123"[: _PARTS[image.short]])
            remedy = f"a full version, such as {image.short}:{wanted}, and @sha256:DIGEST behind it"
            yield Hit(span, f"the tag {image.tag} of {image.short} is no full version", remedy)


@rule(
    "base-digest",
    "warning",
    "The base image is pinned by its digest",
    reason="A tag can be moved, by mistake or on purpose; a digest is the image. Updates come as changes to review.",
    source="OpenSSF Scorecard, Pinned-Dependencies",
    bad="FROM python:3.12.8-slim-bookworm",
    good=BASE,
)
def base_digest(file: Dockerfile) -> Iterator[Hit]:
    """Find images with a good tag that lack a digest."""
    for _, image, span in _images(file):
        if not image.pinned and not _is_moving(image) and not _is_half(image):
            name = f"{image.repository}:{image.tag}" if image.tag else image.repository
            what = "has no digest" if not image.digest else "has a broken digest"
            yield Hit(span, f"{name} {what}", f"FROM {name}@sha256:DIGEST (skopeo inspect docker://{name} tells it)")


@rule(
    "base-alpine",
    "warning",
    "Python stands on slim Debian, not on Alpine",
    reason="Many wheels are not made for musl, so pip compiles for minutes, and musl is slower in places.",
    source=_TALK,
    bad=f"FROM python:3.12.8-alpine3.21@{DIGEST}",
    good=BASE,
)
def base_alpine(file: Dockerfile) -> Iterator[Hit]:
    """Find Python on Alpine."""
    for stage, image, span in _images(file):
        is_alpine = image.short == "alpine" and any(
            command.name == "apk" and any(value.startswith(("python3", "py3-")) for value in command.values)
            for run in stage.runs
            for command in run.commands
        )
        if is_alpine or (image.short == "python" and "alpine" in image.tag):
            yield Hit(span, "Python on Alpine", "a tag with slim-bookworm or slim-trixie")


@rule(
    "base-slim",
    "info",
    "The shipped image stands on a slim one",
    reason="The full image brings compilers and some hundreds of packages: a gigabyte to pull and to patch.",
    source=_TALK,
    bad=f"FROM python:3.12.8-bookworm@{DIGEST}",
    good=BASE,
)
def base_slim(file: Dockerfile) -> Iterator[Hit]:
    """Find full images under the last stage."""
    root = file.shipped[0] if file.shipped else None
    if root is None or root.image is None or root.image.short not in _WITH_SLIM:
        return
    if (
        root.image.tag
        and not _is_moving(root.image)
        and not any(word in root.image.tag for word in (*_SMALL, "windows", "nano"))
    ):
        yield Hit(root.begin.words[0].span, f"{root.image.short}:{root.image.tag} is not slim", "a tag with -slim")


@rule(
    "base-platform",
    "warning",
    "FROM leaves the platform to the build",
    reason="A fixed platform builds the wrong image, or an emulated one, on every other machine.",
    source="hadolint DL3029; BuildKit FromPlatformFlagConstDisallowed",
    bad=f"FROM --platform=linux/amd64 python:3.12.8-slim-bookworm@{DIGEST}",
    good=f"FROM --platform=$BUILDPLATFORM python:3.12.8-slim-bookworm@{DIGEST}",
)
def base_platform(file: Dockerfile) -> Iterator[Hit]:
    """Find platforms that are written out."""
    for stage in file.stages:
        flag = stage.begin.flag("platform")
        if flag is not None and flag.value and "$" not in flag.value:
            yield Hit(flag.span, f"the platform {flag.value} is fixed", "leave it out; build with --platform")


@rule(
    "copy-from-digest",
    "warning",
    "Images that files are copied from are pinned by digest",
    reason="What is copied from an image is as much a part of yours as its base.",
    source="OpenSSF Scorecard, Pinned-Dependencies",
    bad="COPY --from=ghcr.io/astral-sh/uv:0.5.11 /uv /usr/local/bin/uv",
    good=f"COPY --from=ghcr.io/astral-sh/uv:0.5.11@{DIGEST} /uv /usr/local/bin/uv",
)
def copy_from_digest(file: Dockerfile) -> Iterator[Hit]:
    """Find images in `COPY --from` and `RUN --mount=from=` without a digest."""
    for name, flag in _sources(file):
        if any(mark in name for mark in ":/@.") and file.stage_named(name) is None and not parse_image(name).pinned:
            yield Hit(flag.span, f"the image {name} has no digest", f"{name.partition('@')[0]}@sha256:DIGEST")


def _sources(file: Dockerfile) -> Iterator[tuple[str, Flag]]:
    for instruction in file.each("COPY", "RUN"):
        for flag in instruction.flags:
            name = flag.value or ""
            if flag.name == "mount":
                name = next((part[5:] for part in name.split(",") if part.startswith("from=")), "")
            elif flag.name != "from":
                continue
            resolved = file.resolved(name)
            if resolved:
                yield resolved, flag


RULES = (base_latest, base_half_tag, base_digest, base_alpine, base_slim, base_platform, copy_from_digest)
