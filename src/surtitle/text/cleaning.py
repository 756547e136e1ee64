"""Cleaning: a written list of steps from raw text to what the tokenizer sees.

Every step looks at one chunk (a run without white space) at a time, so cleaning a text is the same as cleaning its
chunks and joining what remains with spaces. The scorer's memory rests on this; a property test holds it.
"""

import html
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache

from surtitle.settings import CleaningSettings

__all__ = [
    "CHUNK_LIMIT",
    "CLEANING_PATTERNS",
    "NUMBER_DIGIT",
    "URL_WORD",
    "USER_WORD",
    "clean",
    "clean_chunks",
    "cleaning_steps",
    "trace_cleaning",
]

CHUNK_LIMIT = 100
"""A longer run without white space is cut into pieces of this many characters.

spaCy's affix rules take quadratic time on such runs: 8,000 exclamation marks cost seconds. The longest words of
ordinary text are far shorter, and addresses are masked before the cut.
"""

# Plain ASCII letters that are in no exception table: always one token, in every language.
URL_WORD = "maskurl"
USER_WORD = "maskuser"
NUMBER_DIGIT = "0"

Step = Callable[[str], str]

_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\U000e0000-\U000e0fff]"
)
_TRAILING = r".,;:!?…'\"”’»)\]}>*"
_URL = re.compile(rf"(?:https?://|www\.)\S*[^\s{_TRAILING}]", re.IGNORECASE)
_USER = re.compile(r"(?<![\w@.])@\w+|(?<![\w/])/?u/[\w-]+")
CLEANING_PATTERNS: Mapping[str, re.Pattern[str]] = {"urls": _URL, "users": _USER}
"""What the steps of these names replace; the native engine works with the same expressions."""

_DIGIT = re.compile(r"\d")
_REPEAT = re.compile(r"(.)\1{3,}")
_LETTERS = re.compile(r"[^\W\d_]+")
_LOOK_ALIKE = {
    **dict(zip("аеорсухіјѕԁһԛԝӏ", "aeopcyxijsdhqwl", strict=True)),  # Cyrillic, small
    **dict(zip("АВЕКМНОРСТХУІЈЅԚԜӀ", "ABEKMHOPCTXYIJSQWI", strict=True)),  # Cyrillic, capital
    **dict(zip("αικνορτυχ", "aiknoptux", strict=True)),  # Greek, small
    **dict(zip("ΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "ABEZHIKMNOPTYX", strict=True)),  # Greek, capital
}
_LOOK_ALIKES = str.maketrans(_LOOK_ALIKE)
_ANY_LOOK_ALIKE = re.compile(f"[{''.join(_LOOK_ALIKE)}]")
_LATIN = re.compile("[A-Za-z]")


def _unicode(text: str) -> str:
    return text if text.isascii() else unicodedata.normalize("NFKC", text)


def _controls(text: str) -> str:
    return _CONTROL.sub("", text)


def _invisible(text: str) -> str:
    return text if text.isascii() else _INVISIBLE.sub("", text)


def _homoglyphs(text: str) -> str:
    return _LETTERS.sub(_fold_mixed_word, text) if _ANY_LOOK_ALIKE.search(text) else text


def _fold_mixed_word(match: re.Match[str]) -> str:
    word = match[0]
    return word.translate(_LOOK_ALIKES) if _LATIN.search(word) else word


def _urls(text: str) -> str:
    return _URL.sub(f" {URL_WORD} ", text)


def _users(text: str) -> str:
    return _USER.sub(f" {USER_WORD} ", text)


def _numbers(text: str) -> str:
    return _DIGIT.sub(NUMBER_DIGIT, text)


def _repeats(text: str) -> str:
    return _REPEAT.sub(r"\1\1\1", text)


def _chunks(text: str) -> str:
    chunks = text.split()
    if len(text) <= CHUNK_LIMIT or max(map(len, chunks), default=0) <= CHUNK_LIMIT:
        return " ".join(chunks)
    return " ".join(_cut(chunk) for chunk in chunks)


def _cut(chunk: str) -> str:
    return " ".join(chunk[start : start + CHUNK_LIMIT] for start in range(0, len(chunk), CHUNK_LIMIT))


@cache
def cleaning_steps(settings: CleaningSettings) -> tuple[tuple[str, Step], ...]:
    """Return the steps that `settings` switch on, with their names, in order.

    White space, control characters and over-long chunks are always seen to.
    """
    steps: list[tuple[bool, str, Step]] = [
        (True, "spaces", lambda text: " ".join(text.split())),
        (settings.html, "html", html.unescape),
        (True, "controls", _controls),
        (settings.unicode, "unicode", _unicode),
        (settings.invisible, "invisible", _invisible),
        (settings.homoglyphs, "homoglyphs", _homoglyphs),
        (settings.urls, "urls", _urls),
        (settings.users, "users", _users),
        (settings.numbers, "numbers", _numbers),
        (settings.repeats, "repeats", _repeats),
        (settings.lowercase, "lowercase", str.lower),
        (True, "chunks", _chunks),
    ]
    return tuple((name, step) for switched_on, name, step in steps if switched_on)


def clean(text: str, settings: CleaningSettings) -> str:
    """Return what the tokenizer sees of `text`: single spaces, no chunk longer than `CHUNK_LIMIT`.

    Examples
    --------
    >>> clean("You are a  DUMMY!!!! &amp; see http://x.yz/a?b.", CleaningSettings())
    'you are a dummy!!! & see maskurl .'
    """
    for _, step in cleaning_steps(settings):
        text = step(text)
    return text


def clean_chunks(chunks: Sequence[str], settings: CleaningSettings) -> list[str]:
    r"""Clean many chunks, none with white space in it, at once: several times as fast as one by one.

    They are cleaned as the lines of one text: no step looks across white space.

    Examples
    --------
    >>> clean_chunks(["DUMMY!!!!", "&amp;", "@a,b"], CleaningSettings())
    ['dummy!!!', '&', 'maskuser ,b']
    """
    if any("&" in chunk for chunk in chunks):  # HTML can hide a line break in a chunk: &#10;
        plain = iter(clean_chunks([chunk for chunk in chunks if "&" not in chunk], settings))
        return [clean(chunk, settings) if "&" in chunk else next(plain) for chunk in chunks]
    text = "\n".join(chunks)
    for name, step in cleaning_steps(settings):
        if name not in ("spaces", "chunks"):
            text = step(text)
    return [_chunks(line) for line in text.split("\n")] if chunks else []


def trace_cleaning(text: str, settings: CleaningSettings) -> list[tuple[str, str]]:
    """Return the name of each step that changed `text`, with the text after it.

    Examples
    --------
    >>> trace_cleaning("DUMMY!!!!", CleaningSettings())
    [('repeats', 'DUMMY!!!'), ('lowercase', 'dummy!!!')]
    """
    changes = []
    for name, step in cleaning_steps(settings):
        after = step(text)
        if after != text:
            changes.append((name, after))
        text = after
    return changes
