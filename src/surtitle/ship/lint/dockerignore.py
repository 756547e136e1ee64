"""What a `.dockerignore` keeps out of the build.

Patterns are read as the builder reads them: from the top, the last that matches wins, `!` takes back in, `**` stands for any
number of folders, and a pattern that matches a folder matches what is in it.
"""

import re
from functools import lru_cache

__all__ = ["WANTED", "Dockerignore"]

WANTED = {
    ".git": (".git/config",),
    ".env": (".env",),
    "keys": ("id_rsa", "server.key", "server.pem"),
    "data": ("data/comments.csv",),
    "notebooks": ("look.ipynb",),
    "caches": ("__pycache__/a.pyc", ".venv/bin/python"),
}
"""What is to be kept out, and examples of it; each must be kept out by itself."""
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
        for back, pattern in self._patterns:
            if out == back and pattern.match(path):
                out = not back
        return out

    def gaps(self) -> list[str]:
        """Return what of `WANTED` is let in."""
        return [name for name, paths in WANTED.items() if not all(map(self.keeps_out, paths))]


@lru_cache(maxsize=1024)
def _compile(pattern: str) -> "re.Pattern[str]":
    # A run of stars matches no more than one does; left as it is, it would be matched in very many ways.
    parts = re.findall(r"\*\*/|\*\*|\*|\?|\[[^\]]*\]|\\.|[^*?\[\\]+|.", re.sub(r"\*{3,}", "**", pattern), re.S)
    made = []
    for part in parts:
        match part:
            case "**/":
                made.append("(?:.*/)?")
            case "**":
                made.append(".*")
            case "*":
                made.append("[^/]*")
            case "?":
                made.append("[^/]")
            case _ if part[0] == "[" and len(part) > 2:
                made.append("[" + part[1:-1].replace("\\", "\\\\").replace("[", "\\[") + "]")
            case _:
                made.append(re.escape(part.removeprefix("\\") or part))
    try:
        return re.compile("".join(made) + r"(?:/.*)?\Z", re.S)
    except re.error:  # a class such as [z-a], which matches nothing
        return re.compile(r"(?!)")
