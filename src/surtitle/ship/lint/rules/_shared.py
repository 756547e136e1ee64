"""What several rules share: the base of their examples, and how things are listed."""

import re
from collections.abc import Sequence

from surtitle.ship.lint.model import Stage
from surtitle.ship.lint.words import expand

__all__ = ["BASE", "DIGEST", "TRUE", "is_number", "listed", "value_in"]

DIGEST = "sha256:2ec5a4a5c3e919570f57675471f081d6299668d909feabd8d4803c6c61af666c"
BASE = f"FROM python:3.12.8-slim-bookworm@{DIGEST}"
TRUE = frozenset({"1", "true", "yes", "on"})
"""What switches a setting on, in small letters."""


def listed(names: Sequence[str], most: int = 6) -> str:
    """Return names in a row, a long list cut short.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    'a, b and 1 more'
    """
    more = len(names) - most
    return ", ".join(names[:most]) + (f" and {more} more" if more > 0 else "")


def is_number(text: str) -> bool:
    """Whether a text is a whole number of up to 12 ASCII digits.

    Examples
    --------
    >>> is_number("10001"), is_number("-1"), is_number("")
    (True, False, False)
    """
    return re.fullmatch(r"[0-9]{1,12}", text) is not None


def value_in(stage: Stage, text: str) -> str | None:
    """Fill in what ENV and ARG say; None where a variable has no value in the file."""
    return expand(text, stage.environment.get)
