"""When two texts count as the same: a normal form, and its 64-bit key.

Copies of a comment differ in what people and programs add on the way: links, @names, a leading RT, punctuation, case,
full-width letters, emoji, HTML entities. Two texts with the same letters and digits once that is gone are one text.
Words stay apart: every mark that is not part of a letter becomes a space ("we'll" is not "well"), case is lowered, not
folded ("Maße" is not "Masse"), and accents and vowel signs stay.
"""

import hashlib
import html
import re
import unicodedata
from functools import lru_cache

__all__ = ["normal_form", "text_key", "value_key"]

_URL = re.compile(r"(?:https?://|\bwww\.)\S+", re.IGNORECASE)
# The same where there is no "www."; several times as fast, as a search can skip to the first letter.
_HTTP = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://\S+")
_NAME = re.compile(r"@(?<!\w@)\w+")  # what must not stand before it is asked only once an @ is found
# Possessive quantifiers keep this linear on hostile texts such as a million exclamation marks.
_RETWEET = re.compile(r"(?:[^\w@]*+(?:@\w++[^\w@]*+)*+(?:RT\b|[Rr][Tt](?=\s*[:@])))+")
_VARIATION_SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))


class _Letters(dict[int, int | str | None]):
    """Maps code points for `str.translate`: letters, digits and their marks stay, the rest becomes a space."""

    def __missing__(self, code: int) -> int | str | None:
        kind = unicodedata.category(chr(code))
        target: int | str | None = code if kind[0] in "LN" else " "
        if kind == "Cf" or any(code in selectors for selectors in _VARIATION_SELECTORS):
            target = None
        elif kind in ("Mn", "Mc"):
            target = code
        self[code] = target
        return target


_LETTERS = _Letters()
_ASCII_LETTERS = bytes(ord(" ") if code > 127 else ord(chr(code).lower().translate(_LETTERS)) for code in range(256))


def normal_form(text: str) -> str:
    """Return what is left of `text` when everything that copies differ in is gone; may be empty.

    Examples
    --------
    >>> normal_form("RT @bob: You are a DUMMY!!!! https://t.co/x")
    'you are a dummy'
    >>> normal_form("We&#39;ll see") == normal_form("Well see")
    False
    """
    if "&" in text:
        text = html.unescape(text)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    lower = text.lower()
    if "www." in lower:
        text = _URL.sub(" ", text)
    elif "://" in text:
        text = _HTTP.sub(" ", text)
    if "rt" in lower and (retweet := _RETWEET.match(text)):
        text = text[retweet.end() :]
    if "@" in text:
        text = _NAME.sub(" ", text)
    if text.isascii():
        return b" ".join(text.encode().translate(_ASCII_LETTERS).split()).decode()
    return " ".join(text.lower().translate(_LETTERS).split())


def text_key(text: str) -> int:
    """Return the 64-bit key of the normal form, the same on every machine.

    A text without any letter or digit (only emoji, only a link) is the same only as itself, but for white space around.

    Examples
    --------
    >>> text_key("Good morning!") == text_key("good MORNING")
    True
    >>> text_key("!!!") == text_key("???")
    False
    """
    form = normal_form(text)
    return _hash(form) if form else _hash("\0" + text.strip())


@lru_cache(maxsize=1 << 16)
def value_key(value: str) -> int:
    """Return a 64-bit key of a value that many examples share, such as a client."""
    return _hash(value)


def _hash(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
