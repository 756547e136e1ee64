"""Labels made safe and short: any text in, one clean line or a few out."""

import unicodedata
from bisect import bisect_left
from collections.abc import Callable

__all__ = ["clean_label", "columns", "shorten", "wrap", "wrap_facts"]

_JOINER = "\u200d"  # joins emoji; unlike the other invisible characters it neither hides nor reorders anything
_ELLIPSIS = "…"
_MOST = 1_000  # characters; no label is longer in any drawing


def clean_label(text: str) -> str:
    r"""One line of at most 1,000 characters, without control, invisible or direction-changing ones.

    Examples
    --------
    >>> clean_label("two\nlines \x1b[31m")
    'two lines �[31m'
    """
    line = " ".join(text[:_MOST].split())
    return "".join(char if char.isprintable() or char == _JOINER else "\ufffd" for char in line)


def columns(text: str) -> int:
    """Terminal columns that `text` takes: two for wide characters, none for combining ones.

    Examples
    --------
    >>> columns("abc"), columns("日本"), columns("e\u0301")
    (3, 4, 1)
    """
    return sum(_char_columns(char) for char in text)


def _char_columns(char: str) -> int:
    if char == _JOINER or unicodedata.category(char) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def shorten(text: str, limit: float, measure: Callable[[str], float]) -> str:
    """Cut `text` so that its measure is at most `limit`, with an ellipsis where something is missing.

    Examples
    --------
    >>> shorten("comments.csv", 8, columns)
    'comment…'
    """
    if measure(text) <= limit:
        return text
    count = _longest(len(text), lambda count: measure(text[:count] + _ELLIPSIS) <= limit)
    return text[:count].rstrip() + _ELLIPSIS if count else ""


def _longest(most: int, fits: Callable[[int], bool]) -> int:
    """Return the largest count up to `most` that fits, by halving; 0 if not even 1 does."""
    return bisect_left(range(1, most + 1), True, key=lambda count: not fits(count))


def wrap(text: str, limit: float, lines: int, measure: Callable[[str], float]) -> list[str]:
    """Break `text` at spaces into at most `lines` lines, the last one shortened if need be.

    Examples
    --------
    >>> wrap("version 3 of the model", 12, 2, columns)
    ['version 3 of', 'the model']
    """
    if not text:
        return []
    if lines == 1 or measure(text) <= limit:
        return [line for line in (shorten(text, limit, measure),) if line]
    words = text.split(" ")
    count = _longest(len(words), lambda count: measure(" ".join(words[:count])) <= limit)
    if count:
        return [" ".join(words[:count]), *wrap(" ".join(words[count:]), limit, lines - 1, measure)]
    # One word is too long for a line of its own: break inside it.
    cut = max(1, _longest(len(text), lambda count: measure(text[:count]) <= limit))
    return [text[:cut], *wrap(text[cut:].lstrip(), limit, lines - 1, measure)]


def wrap_facts(text: str, limit: float, lines: int, measure: Callable[[str], float]) -> list[str]:
    """Like `wrap`, but break facts that stand between middle dots at the dots, where that does.

    Examples
    --------
    >>> wrap_facts("28,648 rows · Jan 2023 to Jun 2024", 24, 2, columns)
    ['28,648 rows', 'Jan 2023 to Jun 2024']
    """
    broken: list[str] = []
    for fact in text.split(" · "):
        if broken and measure(f"{broken[-1]} · {fact}") <= limit:
            broken[-1] = f"{broken[-1]} · {fact}"
        else:
            broken.append(fact)
    if text and len(broken) <= lines and all(measure(line) <= limit for line in broken):
        return broken
    return wrap(text, limit, lines, measure)
