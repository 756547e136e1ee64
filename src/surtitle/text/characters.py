"""Characters that cleaning leaves as they are, from the tables of the Python that runs.

The native engine cleans chunks made of these by itself, and hands every other chunk to Python. So both agree, whatever
version of Unicode either of them knows.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache

import msgspec

from surtitle.settings import CleaningSettings
from surtitle.text.cleaning import cleaning_steps

__all__ = ["Characters", "plain_characters"]

# Scripts, signs and pictures of ordinary text. Others are rare, and only slower.
_RANGES = ((0x21, 0x3000), (0xFE30, 0x10000), (0x1F000, 0x1FB00))
_FINAL_SIGMA = "Σ"  # the one letter whose lower case depends on its neighbours


class Characters(msgspec.Struct, frozen=True):
    """Characters that can be cleaned one by one.

    Parameters
    ----------
    points : tuple of int
        Code points that all steps leave alone, but those that replace patterns, digits, repeats and capitals.
    lower : tuple of int
        The lower case of each.
    digits : tuple of int
        Those of `points` that are decimal digits.
    """

    points: tuple[int, ...]
    lower: tuple[int, ...]
    digits: tuple[int, ...]


@cache
def plain_characters(settings: CleaningSettings) -> Characters:
    """Return the plain characters under these settings.

    Examples
    --------
    >>> plain = plain_characters(CleaningSettings())
    >>> [ord(character) in plain.points for character in "aé😂ﬁ\u0301\u200b"]
    [True, True, True, False, False, False]
    """
    plain = [character for character in _candidates() if _stays(character, settings) and len(character.lower()) == 1]
    return Characters(
        points=tuple(map(ord, plain)),
        lower=tuple(ord(character.lower()) for character in plain),
        digits=tuple(ord(character) for character in plain if re.fullmatch(r"\d", character)),
    )


def _candidates() -> Iterator[str]:
    combining = _combining()
    for first, end in _RANGES:
        for character in map(chr, range(first, end)):
            if not character.isspace() and character not in combining and character != _FINAL_SIGMA:
                yield character


def _stays(character: str, settings: CleaningSettings) -> bool:
    # The homoglyphs of a word are told by its other letters.
    around = f"a{character}"
    for name, step in cleaning_steps(settings):
        if name in ("controls", "unicode", "invisible", "homoglyphs") and step(around) != around:
            return False
    return True


@cache
def _combining() -> frozenset[str]:
    """Return the characters that can change the one before them, or change places with it."""
    found = set()
    for character in map(chr, range(0x20000)):  # beyond it, nothing decomposes into two
        if unicodedata.combining(character):
            found.add(character)
        parts = unicodedata.decomposition(character).split()
        if len(parts) == 2 and not parts[0].startswith("<"):
            found.add(chr(int(parts[1], 16)))
    # Hangul syllables are composed by arithmetic and have no decomposition in the table.
    return frozenset(found | set(map(chr, range(0x1161, 0x11C3))))
