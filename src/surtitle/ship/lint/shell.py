"""A modest reader of shell scripts: which commands run, with which words, joined how.

It knows quotes, substitutions, redirections, here-documents, subshells and `sh -c`. What it does not know it passes
over: every text gives some commands, and none gives an error.
"""

import re

from surtitle.ship.lint.commands import ASSIGNMENT, Command, Redirect, ShellWord
from surtitle.ship.lint.source import Stretch
from surtitle.ship.lint.words import unquote

__all__ = ["SHELLS", "read_script"]

SHELLS = frozenset({"sh", "bash", "ash", "dash", "zsh", "ksh"})
_MAX_DEPTH = 4
_MAX_COMMANDS = 5_000
_SPACE = re.compile(r"(?:[ \t\r]++|\\\r?\n)++")
_PLAIN = re.compile(r"""[^\s'"\\$`;&|()<>]++""")
_COMMENT = re.compile(r"#[^\n]*+")
_OPERATOR = re.compile(r"&&|\|\||;;?|\|&?|&(?!>)|\n|[()]")
_REDIRECT = re.compile(r"\d*(?:<<<|<<-?|<>|<&|>>|>&|>\||&>>?|<|>)")
_PATTERN = re.compile(r"(?:\s++|\\\n|#[^\n]*+\n)*+(?!esac\b)\(?[^()\n;&]*+\)")
_RESERVED = frozenset(
    {"if", "then", "else", "elif", "do", "while", "until", "!", "{", "time", "}", "fi", "done", "esac"}
)
_SCRIPT_OPTION = re.compile(r"-[a-z]*c[a-z]*")


def read_script(script: Stretch, *, exact: bool = True) -> tuple[Command, ...]:
    """Return the commands of a script, those inside others behind them.

    Examples
    --------
    >>> script = Stretch([(0, "set -e; X=1 sudo apt-get -y install gcc && curl u | sh -c 'a b'")])
    >>> [(command.joined, command.name) for command in read_script(script)]
    [('', 'set'), (';', 'apt-get'), ('&&', 'curl'), ('|', 'sh'), ('', 'a')]
    """
    found: list[Command] = []
    waiting: list[tuple[Stretch, int, Command | None, bool]] = [(script, 0, None, exact)]
    position = 0
    while position < len(waiting) and len(found) < _MAX_COMMANDS:
        stretch, depth, within, editable = waiting[position]
        position += 1
        reader = _Reader(stretch, depth, within, editable)
        found += reader.commands
        if depth < _MAX_DEPTH:
            waiting += reader.nested
    return tuple(found[:_MAX_COMMANDS])


class _Reader:
    """Reads one script; what stands inside its words is left in `nested`."""

    def __init__(self, script: Stretch, depth: int, within: Command | None, exact: bool) -> None:
        self.script, self.depth, self.within, self.exact = script, depth, within, exact
        self.text = script.text
        self.commands: list[Command] = []
        self.nested: list[tuple[Stretch, int, Command | None, bool]] = []
        self._words: list[ShellWord] = []
        self._redirects: list[Redirect] = []
        self._inner: list[tuple[int, int]] = []
        self._heredocs: list[tuple[str, bool]] = []
        self._read()

    def _read(self) -> None:
        at, joined = 0, ""
        while at < len(self.text) and len(self.commands) < _MAX_COMMANDS:
            if space := _SPACE.match(self.text, at):
                at = space.end()
            elif self.text[at] == "#":
                at = _COMMENT.match(self.text, at).end()  # type: ignore[union-attr]  # the text there is a #
            elif redirect := _REDIRECT.match(self.text, at):
                at = self._redirect(redirect[0], at, redirect.end())
            elif operator := _OPERATOR.match(self.text, at):
                if self._close(joined) or operator[0] != "\n" or not joined:
                    joined = operator[0]
                at = operator.end()
                if operator[0] == "\n":
                    at = self._pass_heredocs(at)
                elif operator[0] == ";;":
                    at = self._pass_pattern(at)
            else:
                at = self._word(at)
                if len(self._words) > 2 and self._words[-1].raw == "in" and self._words[0].raw == "case":
                    self._close(joined)
                    joined, at = ";", self._pass_pattern(at)
        self._close(joined)

    def _redirect(self, operator: str, at: int, end: int) -> int:
        if operator in ("<", ">") and self.text[end : end + 1] == "(":
            return self._word(at)
        space = _SPACE.match(self.text, end)
        start = space.end() if space else end
        before = len(self._words)
        end = self._word(start) if start < len(self.text) and not _OPERATOR.match(self.text, start) else start
        if len(self._words) > before:
            target = self._words.pop()
            bare = operator.lstrip("0123456789")
            self._redirects.append(Redirect(bare, target))
            if bare in ("<<", "<<-"):
                self._heredocs.append((target.value, bare == "<<-"))
        return end

    def _pass_heredocs(self, at: int) -> int:
        """Move over the bodies of here-documents, which are data."""
        for name, tabs in self._heredocs:
            while at < len(self.text):
                end = self.text.find("\n", at)
                end = len(self.text) if end < 0 else end
                line = self.text[at:end].rstrip("\r")
                at = end + 1
                if (line.lstrip("\t") if tabs else line) == name:
                    break
        self._heredocs = []
        return min(at, len(self.text))

    def _pass_pattern(self, at: int) -> int:
        """Move over the `a|b)` of a case, which is no pipe."""
        pattern = _PATTERN.match(self.text, at)
        return pattern.end() if pattern else at

    def _word(self, start: int) -> int:
        """Take one word, and return where it ends."""
        at = start
        while at < len(self.text):
            character = self.text[at]
            if plain := _PLAIN.match(self.text, at):
                at = plain.end()
            elif character in "<>" and self.text[at + 1 : at + 2] == "(" and at == start:
                at = self._substitution(at + 1)
            elif character in " \t\r\n;&|()<>":
                break
            else:
                at = self._quoted(at)
        if at == start:  # a character that begins nothing: passed over
            return at + 1
        raw = self.text[start:at].replace("\\\n", "")
        self._words.append(ShellWord(raw, unquote(raw), start, at))
        return at

    def _quoted(self, at: int) -> int:
        match self.text[at]:
            case "'":
                end = self.text.find("'", at + 1)
                return len(self.text) if end < 0 else end + 1
            case '"':
                return self._double(at)
            case "\\":
                return min(at + 2, len(self.text))
            case "`":
                end = self.text.find("`", at + 1)
                end = len(self.text) if end < 0 else end
                self._inner.append((at + 1, end))
                return min(end + 1, len(self.text))
            case "$" if self.text[at + 1 : at + 2] == "(":
                return self._substitution(at + 1)
            case "$" if self.text[at + 1 : at + 2] == "{":
                end = self.text.find("}", at)
                return len(self.text) if end < 0 else end + 1
        return at + 1

    def _double(self, at: int) -> int:
        """Return where the text in double quotes that begins here ends."""
        at += 1
        while at < len(self.text) and self.text[at] != '"':
            character = self.text[at]
            if character == "\\":
                at += 2
            elif character == "`" or (character == "$" and self.text[at + 1 : at + 2] == "("):
                at = self._quoted(at)
            else:
                at += 1
        return min(at + 1, len(self.text))

    def _substitution(self, opening: int) -> int:
        """Note the script between brackets, and return where it ends."""
        end = _closing(self.text, opening)
        if self.text[opening + 1 : opening + 2] != "(":  # $((...)) computes, and runs nothing
            self._inner.append((opening + 1, max(opening + 1, end - 1)))
        return end

    def _close(self, joined: str) -> bool:
        """Make a command of the words so far; False where there are none."""
        words, redirects, inner = self._words, self._redirects, self._inner
        self._words, self._redirects, self._inner = [], [], []
        first = 0
        assignments = []
        while first < len(words):
            match = ASSIGNMENT.match(words[first].raw)
            if match:
                assignments.append((match[1], unquote(words[first].raw[match.end() :])))
            elif words[first].raw not in _RESERVED:
                break
            first += 1
        if not words and not redirects:
            return False
        command = self._command(words, first, assignments, redirects, joined)
        self.commands.append(command)
        for start, end in inner:
            self.nested.append((self.script.part(start, end), self.depth + 1, command, False))
        if (script := _script_of(command)) is not None:
            self.nested.append((self.script.part(script.start + 1, script.end - 1), self.depth + 1, command, False))
        return True

    def _command(
        self,
        words: list[ShellWord],
        first: int,
        assignments: list[tuple[str, str]],
        redirects: list[Redirect],
        joined: str,
    ) -> Command:
        places = [*words, *(redirect.target for redirect in redirects)]
        return Command(
            words=tuple(words[first:]),
            assignments=tuple(assignments),
            redirects=tuple(redirects),
            joined=joined,
            start=min(word.start for word in places),
            end=max(word.end for word in places),
            depth=self.depth,
            fed_by=self.commands[-1] if joined in ("|", "|&") and self.commands else None,
            within=self.within,
            script=self.script,
            exact=self.exact,
        )


def _script_of(command: Command) -> ShellWord | None:
    """Return the quoted script of `sh -c`."""
    if command.name not in SHELLS:
        return None
    for place, word in enumerate(command.args[:-1]):
        if _SCRIPT_OPTION.fullmatch(word.value):
            script = command.args[place + 1]
            return script if script.raw[:1] in "'\"" and script.end - script.start >= 2 else None
    return None


def _closing(text: str, opening: int) -> int:
    """Return the place behind the bracket that closes the one at `opening`, quotes minded."""
    depth, at = 0, opening
    while at < len(text):
        character = text[at]
        if character == "\\":
            at += 1
        elif character in "'\"":
            end = text.find(character, at + 1)
            at = len(text) if end < 0 else end
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return len(text)
