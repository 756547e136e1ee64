"""Words of an instruction: split at spaces, quotes removed, variables filled in, as the builder does it."""

import re
from collections.abc import Callable
from typing import NamedTuple

from surtitle.ship.lint.source import Span, Stretch

__all__ = ["Pair", "Word", "expand", "pairs", "split", "unquote", "variables"]

# Possessive throughout: whatever the text, each character is looked at a bounded number of times.
_WORD = {
    "\\": re.compile(r"""(?:[^\s"'\\]++|\\.|"(?:[^"\\]|\\.)*+"|'[^']*+'|["'\\])++""", re.S),
    "`": re.compile(r"""(?:[^\s"'`]++|`.|"(?:[^"`]|`.)*+"|'[^']*+'|["'`])++""", re.S),
}
_QUOTED = {
    "\\": re.compile(r"""\\(.)|"((?:[^"\\]|\\.)*+)"|'([^']*+)'""", re.S),
    "`": re.compile(r"""`(.)|"((?:[^"`]|`.)*+)"|'([^']*+)'""", re.S),
}
_ESCAPED = {"\\": re.compile(r"""\\(["\\$])"""), "`": re.compile(r"""`(["`$])""")}
_VARIABLE = re.compile(r"(?<!\\)\$(?:\{(\w+)(?:(:?[-+?]|[#%/]{1,2})([^}]*))?\}|(\w+))")


class Word(NamedTuple):
    """A word: as it is written, without its quotes, and where."""

    raw: str
    value: str
    span: Span


class Pair(NamedTuple):
    """A key and its value, of ENV, LABEL or ARG; `value` is None where none is given."""

    key: str
    value: str | None
    raw: str
    span: Span
    legacy: bool = False


def split(stretch: Stretch, escape: str = "\\") -> tuple[Word, ...]:
    r"""Return the words.

    Examples
    --------
    >>> [word.value for word in split(Stretch([(0, 'a "b c" d\\ e')]))]
    ['a', 'b c', 'd e']
    """
    return tuple(
        Word(match[0], unquote(match[0], escape), stretch.span(*match.span()))
        for match in _WORD[escape].finditer(stretch.text)
    )


def unquote(raw: str, escape: str = "\\") -> str:
    r"""Return a word without its quotes and escapes.

    Examples
    --------
    >>> unquote('a"b c"\\ d')
    'ab c d'
    """
    if '"' not in raw and "'" not in raw and escape not in raw:
        return raw

    def bare(match: re.Match[str]) -> str:
        if match[1] is not None:
            return match[1]
        return match[3] if match[2] is None else _ESCAPED[escape].sub(r"\1", match[2])

    return _QUOTED[escape].sub(bare, raw)


def pairs(stretch: Stretch, escape: str = "\\") -> tuple[Pair, ...]:
    """Return keys and values; `key value` without `=` is one pair, its value the rest of the line.

    Examples
    --------
    >>> [(pair.key, pair.value) for pair in pairs(Stretch([(0, 'A=1 B="x y" C')]))]
    [('A', '1'), ('B', 'x y'), ('C', None)]
    >>> pairs(Stretch([(0, "A two words")]))[0].value
    'two words'
    """
    words = split(stretch, escape)
    if len(words) > 1 and "=" not in words[0].raw:
        rest = stretch.text.strip()[len(words[0].raw) :].strip()
        return (Pair(words[0].value, unquote(rest, escape), rest, Span(words[0].span.start, words[-1].span.end), True),)
    found = []
    for word in words:
        key, equals, raw = word.raw.partition("=")
        value = unquote(raw, escape) if equals else None
        found.append(Pair(unquote(key, escape), value, raw, word.span))
    return tuple(found)


def variables(text: str) -> list[str]:
    """Return the names of the variables in a text, in order.

    Examples
    --------
    >>> variables("${A:-$B} $C")
    ['A', 'C']
    """
    return [match[1] or match[4] for match in _VARIABLE.finditer(text)] if "$" in text else []


def expand(text: str, look_up: Callable[[str], str | None]) -> str | None:
    """Fill the variables in; None where one is not known.

    Examples
    --------
    >>> expand("python:${TAG:-3}", {}.get)
    'python:3'
    """
    if "$" not in text:
        return text
    known = True

    def fill(match: re.Match[str]) -> str:
        nonlocal known
        value = look_up(match[1] or match[4])
        operator = match[2] or ""
        if operator.endswith("-"):
            return value or match[3]
        if operator.endswith("+"):
            return match[3] if value else ""
        if value is None or (operator[:1] in "#%/" and operator):
            known = False
            return ""
        return value

    filled = _VARIABLE.sub(fill, text)
    return filled if known and "$" not in filled else None
