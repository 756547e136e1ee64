"""Chunks that are one token for certain, so that they need not go to spaCy.

If no pattern can match inside a run of letters, then a chunk of letters that is no exception stays whole. Whether one
can is proved from the patterns' programs, for each language; where there is no proof, there are no such chunks.
"""

import re
from collections.abc import Callable
from typing import Any

from surtitle.text.rules import TokenizerRules

__all__ = ["plain_word"]

_LETTERS = "a-zA-Z"
_RANGES = ((0x41, 0x5A), (0x61, 0x7A))
_CUTTING = ("prefix", "suffix", "infix")


def plain_word(rules: TokenizerRules) -> Callable[[str], bool]:
    """Return a function that says of a cleaned chunk whether it is one token for certain.

    Examples
    --------
    >>> from surtitle.settings import TextSettings
    >>> from surtitle.text.rules import read_rules
    >>> plain = plain_word(read_rules(TextSettings()))
    >>> [plain(chunk) for chunk in ("dummy", "cannot", "10km", "you!")]
    [True, False, False, False]
    """
    programs = rules.with_programs().programs or {}
    try:
        proved = not any(_can_match(programs[name]) for name in _CUTTING if getattr(rules, name) is not None)
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        proved = False  # there are no programs, or an artefact's are none
    if not proved:
        return lambda _: False
    letters, exceptions = re.compile(f"[{_LETTERS}]+").fullmatch, rules.exceptions
    return lambda chunk: letters(chunk) is not None and chunk not in exceptions


def _can_match(program: dict[str, Any]) -> bool:
    """Whether a program may match in a text of letters only; when in doubt, it may."""
    with_letters = [_meets(points) for points in program["sets"]]

    def may(node: Any) -> bool:
        ((kind, value),) = node.items()
        if kind == "set":
            return bool(with_letters[value])
        if kind == "seq":
            return all(map(may, value))
        if kind == "alt":
            return any(map(may, value))
        if kind == "repeat":
            return value["min"] == 0 or may(value["body"])
        if kind == "look":
            return bool(value["negate"]) or may(value["body"])
        return True  # a place in the text

    return may(program["root"])


def _meets(points: list[int]) -> bool:
    pairs = zip(points[::2], points[1::2], strict=True)
    return any(first <= end and start <= last for first, last in pairs for start, end in _RANGES)
