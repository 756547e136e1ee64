"""What a Dockerfile is made of: directives, comments, instructions with flags and here-documents."""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property

from surtitle.ship.lint.source import Source, Span, Stretch
from surtitle.ship.lint.words import Pair, Word, pairs, split

__all__ = ["INSTRUCTIONS", "Comment", "Flag", "Heredoc", "Instruction", "Parsed", "Problem"]

INSTRUCTIONS = frozenset(
    [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ]
)
_JSON_START = re.compile(r'\s*\[\s*(?:"|\])')
_JSON_STRING = re.compile(r'"((?:[^"\\]|\\.)*+)"')


@dataclass(frozen=True)
class Problem:
    """What keeps the builder from reading the file: the rule it breaks, where and how."""

    rule: str
    span: Span
    message: str
    remedy: str = ""
    edit: tuple[Span, str] | None = None


@dataclass(frozen=True)
class Comment:
    """A comment; `text` is what stands behind the `#`."""

    text: str
    span: Span


@dataclass(frozen=True)
class Flag:
    """`--name=value`; `value` is None where there is no `=`."""

    name: str
    value: str | None
    span: Span


@dataclass(frozen=True)
class Heredoc:
    """A here-document: its name, its body, and whether variables in it are left alone."""

    name: str
    body: Stretch
    quoted: bool


@dataclass(frozen=True)
class Instruction:
    """One instruction.

    Parameters
    ----------
    name : str
        In capitals.
    keyword : Span
        Where its name stands.
    span : Span
        All of it, here-documents too.
    args : Stretch
        What follows name and flags.
    escape : str
        The escape character in force.
    trigger : Instruction or None
        What an ONBUILD holds.
    """

    name: str
    keyword: Span
    span: Span
    args: Stretch
    flags: tuple[Flag, ...] = ()
    heredocs: tuple[Heredoc, ...] = ()
    escape: str = "\\"
    trigger: "Instruction | None" = None

    @cached_property
    def words(self) -> tuple[Word, ...]:
        """The arguments as words."""
        return split(self.args, self.escape)

    @cached_property
    def pairs(self) -> tuple[Pair, ...]:
        """The arguments as keys and values."""
        return pairs(self.args, self.escape)

    @cached_property
    def exec_form(self) -> tuple[str, ...] | None:
        """The arguments of the JSON form; None for the shell form."""
        if not _JSON_START.match(self.args.text):
            return None
        try:
            value = json.loads(self.args.text)
        except (ValueError, RecursionError):
            return None
        return tuple(value) if all(isinstance(item, str) for item in value) else None

    @cached_property
    def exec_parts(self) -> tuple[Stretch, ...]:
        """Each string of the JSON form as it is written between its quotes."""
        return tuple(self.args.part(*match.span(1)) for match in _JSON_STRING.finditer(self.args.text))

    def flag(self, name: str) -> Flag | None:
        """Return the first flag of that name."""
        return next((flag for flag in self.flags if flag.name == name), None)

    def values(self, name: str) -> list[str]:
        """Return what every flag of that name is set to."""
        return [flag.value or "" for flag in self.flags if flag.name == name]

    @cached_property
    def operands(self) -> tuple[Word, ...]:
        """The arguments of COPY, ADD or VOLUME in either form."""
        if self.exec_form is None:
            return self.words
        return tuple(
            Word(value, value, part.whole) for value, part in zip(self.exec_form, self.exec_parts, strict=False)
        )


@dataclass(frozen=True)
class Parsed:
    """A Dockerfile, read."""

    source: Source
    directives: dict[str, str] = field(default_factory=dict)
    instructions: tuple[Instruction, ...] = ()
    comments: tuple[Comment, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def escape(self) -> str:
        """The escape character in force."""
        return "`" if self.directives.get("escape") == "`" else "\\"
