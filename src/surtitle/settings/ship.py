"""[ship]: what images are built from, and what they say of themselves."""

from typing import Annotated

from msgspec import Meta

from surtitle.settings.kinds import Section

__all__ = ["PINNED_BASE", "ShipSettings"]

PINNED_BASE = "python:3.13.15-slim-bookworm@sha256:2325bb286ec344af3e5898cc224b5844e2707ac6e26b1632516fd3edc84a5e26"
"""Debian's slim image with a full version of Python, by digest: a tag may name another image tomorrow."""


class ShipSettings(Section, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What images are built from, and what they say of themselves."""

    base: Annotated[
        str, Meta(description="the image to build on, NAME:TAG@sha256:DIGEST; Debian with Python, venv and pip")
    ] = PINNED_BASE
    python: Annotated[str, Meta(description="the version of Python in it, such as 3.13; empty: as its name says")] = ""
    packages: Annotated[
        tuple[str, ...],
        Meta(description="installed packages that the image needs beyond ours"),
    ] = ()
    description: Annotated[str, Meta(description="one line, in the image's labels")] = ""
    source: Annotated[str, Meta(description="the address of the code, in the labels")] = ""
    licenses: Annotated[str, Meta(description="SPDX, in the labels, such as Apache-2.0")] = "NOASSERTION"
    security: Annotated[
        str, Meta(description="where to report a weakness, in the labels: mailto:... or https://..., as of RFC 9116")
    ] = ""
