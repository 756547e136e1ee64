"""What a `.dockerignore` keeps out of the build.

Patterns are read as the builder reads them: from the top, the last that matches wins, `!` takes back in, `**` stands
for any number of folders, and a pattern that matches a folder matches what is in it.
"""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache, partial

__all__ = ["WANTED", "Dockerignore"]

Fits = Callable[[str], object]
"""Whether a character, or a part of a path, fits."""

WANTED = {
    ".git": (".git/config",),
    ".env": (".env",),
    "keys": ("id_rsa", "server.key", "server.pem"),
    "data": ("data/comments.csv",),
    "notebooks": ("look.ipynb",),
    "caches": ("__pycache__/a.pyc", ".venv/bin/python"),
}
"""What is to be kept out, and examples of it; each must be kept out by itself."""
_TOKEN = re.compile(r"\*+|\?|\[[^\]]*\]|\\.|.", re.S)
_MAX_PATTERNS = 1_000
_MAX_LENGTH = 300


class Dockerignore:
    r"""The patterns of a `.dockerignore`.

    Parameters
    ----------
    text : str
        What the file holds. Only the first 1,000 patterns of up to 300 characters count.

    Examples
    --------
    >>> ignore = Dockerignore("data\n**/*.key\n!data/terms.csv\n")
    >>> [ignore.keeps_out(path) for path in ("data/a.csv", "deep/b.key", "data/terms.csv", "app.py")]
    [True, True, False, False]
    >>> Dockerignore("*\n!src\n").gaps()
    []
    """

    def __init__(self, text: str) -> None:
        self._patterns = []
        for line in text.splitlines()[:_MAX_PATTERNS]:
            bare = line.strip().removeprefix("\ufeff")
            back = bare.startswith("!")
            pattern = bare.lstrip("!").strip().removeprefix("./").strip("/")
            if pattern and not bare.startswith("#") and len(pattern) <= _MAX_LENGTH:
                self._patterns.append((back, _compile(pattern)))

    def keeps_out(self, path: str) -> bool:
        """Whether a file is kept out."""
        out = False
        parts = path.split("/")
        for back, pattern in self._patterns:
            if out == back and _match(pattern, parts):
                out = not back
        return out

    def gaps(self) -> list[str]:
        """Return what of `WANTED` is let in."""
        return [name for name, paths in WANTED.items() if not all(map(self.keeps_out, paths))]


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> tuple[Fits | None, ...]:
    """Return what each part of a path has to fit; None stands for any number of parts."""
    parts: list[Fits | None] = [
        None if part == "**" else partial(_match, _compile_part(part)) for part in pattern.split("/") if part
    ]
    return (*parts, None)  # what matches a folder matches all that is in it


def _compile_part(part: str) -> tuple[Fits | None, ...]:
    """Return what each character has to fit; None stands for any number of them."""
    return tuple(_token(written) for written in _TOKEN.findall(part))


def _token(written: str) -> Fits | None:
    if written[0] == "*":
        return None
    if written == "?":
        return bool
    if written[0] == "[" and len(written) > 2:
        body = written[1:-1].replace("\\", "\\\\").replace("[", "\\[")
        try:
            return re.compile(f"[{body}]").fullmatch
        except re.error:  # a class such as [z-a], which matches nothing
            return _nothing
    return written.removeprefix("\\").__eq__ if len(written) > 1 else written.__eq__


def _nothing(character: str) -> bool:  # noqa: ARG001 a Fits
    return False


def _match(pattern: Sequence[Fits | None], items: Sequence[str]) -> bool:
    """Match without going back further than to the last star: in steps that the lengths' product bounds."""
    at = item = mark = 0
    star = -1
    while item < len(items):
        fits = pattern[at] if at < len(pattern) else _nothing
        if fits is None:
            star, mark = at, item
            at += 1
        elif fits(items[item]):
            at, item = at + 1, item + 1
        elif star >= 0:
            mark += 1
            at, item = star + 1, mark
        else:
            return False
    return all(fits is None for fits in pattern[at:])
