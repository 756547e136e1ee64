"""What all sections share: kinds of numbers, and that an unknown key is refused."""

from typing import Annotated

import msgspec
from msgspec import Meta

__all__ = ["Count", "NgramRange", "Positive", "Section", "Share"]

Share = Annotated[float, Meta(ge=0.0, lt=1.0)]
Positive = Annotated[float, Meta(gt=0.0)]
Count = Annotated[int, Meta(ge=1)]
NgramRange = Annotated[tuple[Count, ...], Meta(max_length=2)]


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A table of the file."""
