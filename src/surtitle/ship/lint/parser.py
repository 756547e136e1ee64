r"""Dockerfile -> instructions with their places, read as BuildKit reads them.

A broken file gives problems with places, and whatever could be read. The order of things is BuildKit's: directives at
the very top; lines joined where one ends with the escape character, comments and empty lines between them left out;
then the bodies of here-documents.
"""

import re
from bisect import bisect_right
from difflib import get_close_matches

from surtitle.ship.lint.instructions import INSTRUCTIONS, Comment, Flag, Heredoc, Instruction, Parsed, Problem
from surtitle.ship.lint.source import Source, Span, Stretch

__all__ = ["MAX_INSTRUCTION", "MAX_INSTRUCTIONS", "MAX_PROBLEMS", "parse"]

MAX_INSTRUCTIONS = 2_000
MAX_PROBLEMS = 100
MAX_INSTRUCTION = 65_536
"""Characters of one instruction, and of one here-document; what is longer is not looked into."""
_DIRECTIVE = re.compile(r"#[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*=[ \t]*(\S.*?)[ \t]*$")
_CONTINUED = {"\\": re.compile(r"(?<!\\)\\[ \t]*$"), "`": re.compile(r"(?<!`)`[ \t]*$")}
_KEYWORD = re.compile(r"\s*(\S+)[ \t]*")
_FLAG = re.compile(
    r"""[ \t]*--([A-Za-z][A-Za-z-]*)(?:=((?:[^\s"'\\]++|\\.|"[^"]*+"|'[^']*+'|["'\\])*+))?(?=\s|$)[ \t]*"""
)
_HEREDOC = re.compile(r"""(?<![<\w])\d?<<(-?)[ \t]*(?:"([^"\s]+)"|'([^'\s]+)'|([A-Za-z_][\w.-]*))""")
_QUOTED = re.compile(r"""\\.|"(?:[^"\\]|\\.)*+"|'[^']*+'|\$\(\(.*?\)\)""", re.S)
_KNOWN_FLAGS = {
    "FROM": {"platform"},
    "RUN": {"mount", "network", "security", "device"},
    "COPY": {"from", "chown", "chmod", "link", "parents", "exclude"},
    "ADD": {"keep-git-dir", "checksum", "chown", "chmod", "link", "exclude", "unpack"},
    "HEALTHCHECK": {"interval", "timeout", "start-period", "start-interval", "retries"},
}
_LEAST_WORDS = {"COPY": 2, "ADD": 2}
_FORBIDDEN_TRIGGERS = ("ONBUILD", "FROM", "MAINTAINER")


def parse(source: Source) -> Parsed:
    r"""Read a Dockerfile.

    Parameters
    ----------
    source : Source
        Any text at all.

    Examples
    --------
    >>> parsed = parse(Source(b"FROM a\nRUN b \\\n  # why\n  c\nCOYP d e\n"))
    >>> [(instruction.name, instruction.args.text) for instruction in parsed.instructions]
    [('FROM', 'a'), ('RUN', 'b   c')]
    >>> parsed.problems[0].message
    'COYP is no instruction; did you mean COPY?'
    """
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.lines = source.lines
        self.at = 0
        self.directives: dict[str, str] = {}
        self.instructions: list[Instruction] = []
        self.comments: list[Comment] = []
        self.problems: list[Problem] = [
            Problem("unreadable", Span(offset, offset), what, "save it as a text file in UTF-8")
            for offset, what in source.faults
        ]
        self.escape = "\\"

    def read(self) -> Parsed:
        self._directives()
        while self.at < len(self.lines) and not self._full():
            start, line = self.lines[self.at]
            if not line.strip():
                self.at += 1
            elif not self._took_comment(start, line):
                self._instruction()
        if not self.source.faults:
            self._check_order()
        return Parsed(
            self.source, self.directives, tuple(self.instructions), tuple(self.comments), tuple(self.problems)
        )

    def _full(self) -> bool:
        if len(self.instructions) < MAX_INSTRUCTIONS and len(self.problems) < MAX_PROBLEMS:
            return False
        start = self.lines[self.at][0]
        what = f"has more than {MAX_INSTRUCTIONS:,} instructions or {MAX_PROBLEMS} faults; the rest is not looked at"
        self.problems.append(Problem("unreadable", Span(start, start), what, "is this a Dockerfile?"))
        return True

    def _directives(self) -> None:
        for start, line in self.lines:
            match = _DIRECTIVE.match(line)
            name = match[1].lower() if match else ""
            if match is None or name not in ("syntax", "escape", "check") or name in self.directives:
                break
            self.directives[name] = match[2]
            self.comments.append(Comment(line.strip()[1:], Span(start, start + len(line))))
            self.at += 1
            if name == "escape" and match[2] not in ("\\", "`"):
                span = Span(start + match.start(2), start + match.end(2))
                self._problem("bad-argument", span, f"escape is {match[2]!r}", "it can be \\ or `")
        self.escape = "`" if self.directives.get("escape") == "`" else "\\"

    def _took_comment(self, start: int, line: str) -> bool:
        bare = line.lstrip()
        if not bare.startswith("#"):
            return False
        begin = start + len(line) - len(bare)
        self.comments.append(Comment(bare[1:], Span(begin, start + len(line))))
        self.at += 1
        return True

    def _problem(self, rule: str, span: Span, message: str, remedy: str = "") -> None:
        self.problems.append(Problem(rule, span, message, remedy))

    def _logical_line(self) -> Stretch:
        """Join the lines of one instruction, and move behind them."""
        pieces: list[tuple[int, str]] = []
        continued = _CONTINUED[self.escape]
        while self.at < len(self.lines):
            start, line = self.lines[self.at]
            self.at += 1
            more = continued.search(line)
            pieces.append((start, line[: more.start()] if more else line))
            if not more:
                break
            self._between()
        return Stretch(pieces)

    def _short(self, stretch: Stretch) -> Stretch:
        """Return the stretch itself, or nothing and a problem where it is too long."""
        if len(stretch.text) <= MAX_INSTRUCTION:
            return stretch
        what = f"has more than {MAX_INSTRUCTION:,} characters in one piece, which is not looked into"
        self._problem("unreadable", stretch.span(0, 0), what, "put it into a file of its own and COPY it")
        return stretch.part(0, 0)

    def _between(self) -> None:
        """Move over what is left out between two joined lines."""
        while self.at < len(self.lines):
            start, line = self.lines[self.at]
            if not line.strip():
                self.at += 1
                if self.at < len(self.lines) and len(self.problems) < MAX_PROBLEMS:
                    end = self.lines[self.at][0]
                    self.problems.append(
                        Problem(
                            "empty-continuation",
                            Span(start, start + len(line)),
                            "an empty line inside an instruction; builders will refuse it",
                            "take the line out",
                            (Span(start, end), ""),
                        )
                    )
            elif not self._took_comment(start, line):
                return

    def _instruction(self) -> None:
        stretch = self._short(self._logical_line())
        made = self._read_instruction(stretch)
        if made is not None:
            self.instructions.append(made)

    def _read_instruction(self, stretch: Stretch) -> Instruction | None:
        match = _KEYWORD.match(stretch.text)
        if match is None:
            return None
        keyword = stretch.span(*match.span(1))
        name = match[1].upper()
        if name not in INSTRUCTIONS:
            near = get_close_matches(name[:20], sorted(INSTRUCTIONS), 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            self._problem("unknown-instruction", keyword, f"{match[1][:40]} is no instruction{hint}")
            return None
        rest = stretch.part(match.end(), len(stretch.text))
        if name == "ONBUILD":
            return self._onbuild(keyword, rest)
        flags, args = self._flags(name, rest)
        heredocs = self._heredocs(name, args)
        text = args.text.rstrip()
        args = args.part(0, len(text))
        end = heredocs[-1].body.whole.end if heredocs else stretch.at(max(0, len(stretch.text) - 1)) + 1
        made = Instruction(name, keyword, Span(keyword.start, end), args, flags, heredocs, self.escape)
        self._check(made)
        return made

    def _onbuild(self, keyword: Span, rest: Stretch) -> Instruction:
        if not rest.text.strip():
            self._problem("missing-argument", keyword, "ONBUILD has no instruction", "write one, or take it out")
            return Instruction("ONBUILD", keyword, keyword, rest, escape=self.escape)
        name = rest.text.split(None, 1)[0].upper()
        if name in _FORBIDDEN_TRIGGERS:
            self._problem("bad-argument", keyword, f"ONBUILD cannot hold {name}", "builders refuse it")
            return Instruction("ONBUILD", keyword, Span(keyword.start, rest.whole.end), rest, escape=self.escape)
        trigger = self._read_instruction(rest)
        end = trigger.span.end if trigger else rest.whole.end
        return Instruction("ONBUILD", keyword, Span(keyword.start, end), rest, escape=self.escape, trigger=trigger)

    def _flags(self, name: str, rest: Stretch) -> tuple[tuple[Flag, ...], Stretch]:
        known = _KNOWN_FLAGS.get(name)
        flags: list[Flag] = []
        at = 0
        while known is not None and (match := _FLAG.match(rest.text, at)):
            span = rest.span(match.start(1) - 2, match.end(2) if match[2] is not None else match.end(1))
            flag = Flag(match[1], match[2].strip("\"'") if match[2] is not None else None, span)
            if flag.name not in known:
                self._problem("bad-argument", span, f"{name} has no flag --{flag.name}", f"it has: {_listed(known)}")
            flags.append(flag)
            at = match.end()
        return tuple(flags), rest.part(at, len(rest.text))

    def _heredocs(self, name: str, args: Stretch) -> tuple[Heredoc, ...]:
        if name not in ("RUN", "COPY", "ADD") or "<<" not in args.text or args.text.lstrip().startswith("["):
            return ()
        hidden = [match.span() for match in _QUOTED.finditer(args.text)]  # in order, and none inside another
        found = []
        for match in _HEREDOC.finditer(args.text):
            if _inside(hidden, match.start()):
                continue
            word = match[2] or match[3] or match[4]
            body = self._body(word, strip_tabs=bool(match[1]))
            if body is None:
                place = args.span(*match.span())
                self._problem("unclosed-heredoc", place, f"the here-document {word} has no end", f"add a line: {word}")
                break
            found.append(Heredoc(word, body, quoted=match[4] is None))
        return tuple(found)

    def _body(self, word: str, *, strip_tabs: bool) -> Stretch | None:
        """Move over a here-document's lines; None, and all lines passed, where its end is missing."""
        pieces: list[tuple[int, str]] = []
        while self.at < len(self.lines):
            start, line = self.lines[self.at]
            self.at += 1
            if (line.lstrip("\t") if strip_tabs else line) == word:
                return self._short(Stretch(pieces or [(start, "")]))
            pieces.append((start, line + "\n"))
        return None

    def _check(self, made: Instruction) -> None:
        if made.heredocs:
            return
        if not made.args.text.strip():
            self._problem("missing-argument", made.keyword, f"{made.name} has no argument", "write one, or take it out")
        elif (least := _LEAST_WORDS.get(made.name)) and len(made.operands) < least:
            self._problem("missing-argument", made.keyword, f"{made.name} needs a source and a destination")
        elif made.name == "SHELL" and not made.exec_form:
            remedy = 'write: SHELL ["/bin/bash", "-c"]'
            self._problem("bad-argument", made.args.whole, "SHELL takes the JSON form only", remedy)
        elif made.name in ("ENV", "LABEL", "ARG") and (open_ := _open_quote(made)):
            self._problem("bad-argument", open_, f"a quote in {made.name} is not closed", "close it")
        elif made.name == "FROM" and not _is_from([word.value for word in made.words]):
            self._problem("bad-argument", made.args.whole, "FROM takes an image, and AS NAME", "FROM IMAGE AS NAME")

    def _check_order(self) -> None:
        names = [instruction.name for instruction in self.instructions]
        if "FROM" not in names:
            if not any(problem.rule == "unknown-instruction" for problem in self.problems):
                self._problem("no-from", Span(0, 0), "there is no FROM", "begin with: FROM IMAGE")
            return
        for instruction in self.instructions[: names.index("FROM")]:
            if instruction.name != "ARG":
                what = f"{instruction.name} stands before the first FROM"
                self._problem("no-from", instruction.keyword, what, "only ARG may")


def _listed(names: set[str]) -> str:
    return ", ".join(f"--{name}" for name in sorted(names))


def _is_from(words: list[str]) -> bool:
    return len(words) == 1 or (len(words) == 3 and words[1].upper() == "AS")


def _open_quote(made: Instruction) -> Span | None:
    if '"' not in made.args.text and "'" not in made.args.text:
        return None
    return next((word.span for word in made.words if re.search("[\"']", _QUOTED.sub("", word.raw))), None)


def _inside(spans: list[tuple[int, int]], at: int) -> bool:
    before = bisect_right(spans, at, key=lambda span: span[0]) - 1
    return before >= 0 and at < spans[before][1]
