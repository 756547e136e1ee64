"""Names of images: repository, tag, digest."""

import re
from typing import NamedTuple

__all__ = ["Image", "parse_image"]

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128}")


class Image(NamedTuple):
    """An image's name, taken apart; empty where a part is missing."""

    repository: str
    tag: str
    digest: str

    @property
    def short(self) -> str:
        """The repository without a registry, and without `library`."""
        parts = self.repository.split("/")
        if len(parts) > 1 and ("." in parts[0] or ":" in parts[0]):
            parts = parts[1:]
        return "/".join(parts[1:] if parts[0] == "library" and len(parts) > 1 else parts)

    @property
    def pinned(self) -> bool:
        """Whether a whole digest stands in it."""
        return _DIGEST.fullmatch(self.digest) is not None


def parse_image(name: str) -> Image:
    """Take an image's name apart.

    Examples
    --------
    >>> parse_image("registry.example:5000/team/app:1.2@sha256:abc")
    Image(repository='registry.example:5000/team/app', tag='1.2', digest='sha256:abc')
    >>> parse_image("docker.io/library/python").short
    'python'
    """
    rest, _, digest = name.partition("@")
    head, slash, last = rest.rpartition("/")
    last, _, tag = last.partition(":")
    return Image(f"{head}{slash}{last}", tag, digest)
