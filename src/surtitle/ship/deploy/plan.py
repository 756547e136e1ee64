"""What is deployed, how large, where it listens: all that the files are written from."""

import re
from pathlib import Path

import msgspec

from surtitle.errors import Fault, UsageError
from surtitle.project import Project
from surtitle.settings import ServeSettings
from surtitle.ship.deploy.sizing import Load, Size

__all__ = ["Image", "Plan", "check_domain", "check_path", "parse_image", "slug_of"]

_HOST = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
_PART = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_IMAGE = re.compile(
    rf"(?P<name>(?:{_HOST}(?::\d{{1,5}})?/)?{_PART}(?:/{_PART})*)"
    r"(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?",
    re.A,
)
_DOMAIN = re.compile(rf"(?:\*\.)?{_HOST}", re.A)
# What means something to systemd, supervisor, nginx or a shell has no place in a path that is written into their files.
_PATH = re.compile(r"/[A-Za-z0-9._/+@-]*")


class Image(msgspec.Struct, frozen=True, kw_only=True):
    """A container image, by its digest.

    Parameters
    ----------
    name : str
        Registry and repository.
    tag : str
        For people; may be empty.
    digest : str
        ``sha256:`` and 64 hexadecimal digits.
    """

    name: str
    tag: str
    digest: str

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        return f"{self.name}{tag}@{self.digest}"


def parse_image(text: str) -> Image:
    """Read the name of an image, with its digest.

    Raises
    ------
    UsageError
        If it is no name, or one that may mean another image tomorrow.

    Examples
    --------
    >>> parse_image("ghcr.io/opera/moderation:1.2@sha256:" + 64 * "0").tag
    '1.2'
    """
    match = _IMAGE.fullmatch(text)
    if match is None:
        raise UsageError(
            f"--image {text!r} is not the name of an image; give one such as ghcr.io/OWNER/NAME:1.0@sha256:..."
        )
    if match["digest"] is None:
        raise UsageError(
            f"--image {text!r} has no digest, so it may be another image tomorrow; add @sha256:..., as this tells it: "
            f"skopeo inspect --format '{{{{.Digest}}}}' docker://{match['name']}:{match['tag'] or 'TAG'}"
        )
    return Image(name=match["name"], tag=match["tag"] or "", digest=match["digest"])


def check_domain(domain: str) -> str:
    """Return the host name.

    Raises
    ------
    UsageError
        If it is none.
    """
    if domain != "_" and (not _DOMAIN.fullmatch(domain) or len(domain) > 253):
        raise UsageError(
            f"--domain {domain!r} is not a host name; give one such as moderation.example.org, in small letters"
        )
    return domain


def check_path(path: Path, what: str) -> str:
    """Return an absolute path as text that can stand in any of the files.

    Raises
    ------
    UsageError
        If it holds a character that means something there.
    """
    if not _PATH.fullmatch(str(path)):
        raise UsageError(
            f"{what} {str(path)!r} cannot be written into a unit file; move it to one of letters, digits and . _ + @ -"
        )
    return str(path)


def slug_of(name: str) -> str:
    """Return a name that containers, units and Kubernetes accept.

    Examples
    --------
    >>> slug_of("Comments (r/science)"), slug_of("評論"), slug_of("3 models")
    ('comments-r-science', 'model', 'model-3-models')
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-")
    if not slug:
        return "model"
    return slug if slug[0].isalpha() else f"model-{slug}"


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All that the files are written from.

    Parameters
    ----------
    project : Project
        What is deployed.
    load : Load
        To come.
    size : Size
        What it takes.
    domain : str
        The host name of the service; ``_`` is any.
    image : Image or None
        For containers.
    """

    project: Project
    load: Load
    size: Size
    domain: str = "_"
    image: Image | None = None

    @property
    def name(self) -> str:
        """The project's, for machines."""
        return slug_of(self.project.settings.project.name)

    @property
    def host(self) -> str:
        """The host name, in a sentence."""
        return "your host name" if self.domain == "_" else self.domain

    @property
    def serve(self) -> ServeSettings:
        """How the service listens."""
        return self.project.settings.serve

    @property
    def stop_s(self) -> int:
        """Seconds from SIGTERM to the end, at most: as the service counts them, and two to spare."""
        return int(self.serve.drain_s + self.serve.grace_s) + 3

    def port_of(self, instance: int) -> int:
        """Return the port of an instance, counted from 1, where several share a machine.

        Raises
        ------
        UsageError
            If there is none left.
        """
        port = (self.serve.port or 8080) + instance
        if port > 65_535:
            fault = Fault(
                "serve.port", f"{self.size.instances} services need the ports above {self.serve.port}", "lower it"
            )
            raise UsageError("there is no port left", [fault])
        return port
