"""One command of a shell script: its name behind wrappers, its options, what feeds it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from surtitle.ship.lint.source import Span, Stretch

__all__ = ["ASSIGNMENT", "Command", "Redirect", "ShellWord"]

ASSIGNMENT = re.compile(r"([A-Za-z_]\w*)\+?=")
_WRAPPERS = frozenset({"sudo", "env", "exec", "command", "nohup", "nice", "eatmydata", "gosu", "su-exec"})
_WITH_VALUE = {"sudo": {"-u", "-g"}, "env": {"-u", "-C"}, "nice": {"-n"}}
_PYTHON = re.compile(r"python[\d.]*|pypy[\d.]*")


class ShellWord(NamedTuple):
    """A word of a command: as written, without its quotes, and from where to where in the script."""

    raw: str
    value: str
    start: int
    end: int


class Redirect(NamedTuple):
    """Where a command's input or output goes."""

    operator: str
    target: ShellWord


@dataclass(frozen=True, eq=False)
class Command:
    """One simple command.

    Parameters
    ----------
    words : tuple of ShellWord
        Its name and arguments, without assignments and words such as `if`.
    assignments : tuple of (str, str)
        What is set in front of it, or by it alone.
    joined : str
        What stands before it: `&&`, `||`, `;`, `|`, `&`, a line's end, `(`, or nothing.
    fed_by : Command or None
        Whose output it reads.
    within : Command or None
        In a word of which command it stands, as a substitution or after `sh -c`.
    script : Stretch
        The script that it belongs to.
    exact : bool
        Whether the script's text is the source's, so that it may be edited there.
    """

    words: tuple[ShellWord, ...]
    assignments: tuple[tuple[str, str], ...]
    redirects: tuple[Redirect, ...]
    joined: str
    start: int
    end: int
    depth: int
    fed_by: "Command | None"
    within: "Command | None"
    script: Stretch
    exact: bool

    @cached_property
    def _own(self) -> int:
        """Index of the first word behind wrappers such as `sudo -E` and `env A=1`."""
        at = 0
        while at < len(self.words) - 1 and (name := _file_name(self.words[at].value)) in _WRAPPERS:
            at += 1
            while at < len(self.words) - 1 and (
                self.words[at].value.startswith("-") or ASSIGNMENT.match(self.words[at].value)
            ):
                at += 2 if self.words[at].value in _WITH_VALUE.get(name, ()) else 1
            if name in ("gosu", "su-exec") and at < len(self.words) - 1:
                at += 1
        return min(at, max(0, len(self.words) - 1))

    @cached_property
    def via(self) -> tuple[str, ...]:
        """The wrappers in front of it."""
        return tuple(_file_name(word.value) for word in self.words[: self._own])

    @cached_property
    def _module(self) -> str:
        """The module of `python -m MODULE`."""
        words = self.words[self._own :]
        if len(words) > 2 and _PYTHON.fullmatch(_file_name(words[0].value)):
            for place, word in enumerate(words[1:-1], 1):
                if word.value == "-m":
                    return words[place + 1].value
        return ""

    @cached_property
    def name(self) -> str:
        """What is run, without its folder: `pip` also for `/opt/venv/bin/pip3.12` and `python -m pip`."""
        if not self.words:
            return ""
        name = self._module or _file_name(self.words[self._own].value)
        return "pip" if re.fullmatch(r"pip[\d.]*", name) else name

    @cached_property
    def args(self) -> tuple[ShellWord, ...]:
        """What it is given."""
        if self._module:
            place = next(i for i, word in enumerate(self.words) if i > self._own and word.value == "-m")
            return self.words[place + 2 :]
        return self.words[self._own + 1 :]

    @cached_property
    def values(self) -> tuple[str, ...]:
        """What it is given, without quotes."""
        return tuple(word.value for word in self.args)

    @property
    def operands(self) -> list[ShellWord]:
        """The arguments that are no options."""
        return [word for word in self.args if not word.value.startswith("-")]

    def has(self, *options: str) -> bool:
        """Whether one of the options is given, alone or as `--option=value`."""
        return any(value in options or value.partition("=")[0] in options for value in self.values)

    def has_letter(self, letter: str) -> bool:
        """Whether a short option is given, alone or among others: `-y`, `-qy`."""
        return any(re.fullmatch(r"-[A-Za-z]+", value) is not None and letter in value for value in self.values)

    def option(self, *names: str) -> str | None:
        """Return the value of the first of these options: `--option value` or `--option=value`."""
        for place, value in enumerate(self.values):
            head, equals, tail = value.partition("=")
            if head in names and (equals or place + 1 < len(self.values)):
                return tail if equals else self.values[place + 1]
        return None

    @cached_property
    def span(self) -> Span:
        """Where it stands in the source."""
        return self.script.span(self.start, self.end)

    def span_of(self, word: ShellWord) -> Span:
        """Return where one of its words stands in the source."""
        return self.script.span(word.start, word.end)

    @property
    def text(self) -> str:
        """Itself as it is written, on one line."""
        return " ".join(self.script.text[self.start : self.end].split())

    def piped(self) -> Iterator["Command"]:
        """Yield the commands whose output comes to it, the nearest first."""
        source = self.fed_by
        while source is not None:
            yield source
            source = source.fed_by


def _file_name(path: str) -> str:
    return path.rpartition("/")[2]
