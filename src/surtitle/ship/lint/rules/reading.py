"""A file that the builder can read."""

import re
from collections.abc import Iterator

from surtitle.ship.lint.model import Dockerfile
from surtitle.ship.lint.rule import Check, Edit, Hit, rule
from surtitle.ship.lint.rules._shared import BASE
from surtitle.ship.lint.source import Span

__all__ = ["RULES"]

_LATE = re.compile(r"[ \t]*(syntax|escape)[ \t]*=[ \t]*\S", re.IGNORECASE)
_REFERENCE = "Dockerfile reference"


def _problems(name: str) -> Check:
    def check(file: Dockerfile) -> Iterator[Hit]:
        for problem in file.parsed.problems:
            if problem.rule == name:
                edits = (Edit(*problem.edit),) if problem.edit else ()
                yield Hit(problem.span, problem.message, problem.remedy, edits)

    return check


unreadable = rule(
    "unreadable",
    "error",
    "The file is text in UTF-8, of a sensible size",
    reason="The builder refuses other bytes or takes them for something else, and so would whoever reviews the file.",
    source=_REFERENCE,
    bad="RUN echo a\0b",
    good="RUN echo ab",
)(_problems("unreadable"))

unknown_instruction = rule(
    "unknown-instruction",
    "error",
    "Every line begins with an instruction",
    reason="The builder stops at a word that is no instruction.",
    source=_REFERENCE,
    bad="COYP app.py /app/",
    good="COPY app.py /app/",
)(_problems("unknown-instruction"))

missing_argument = rule(
    "missing-argument",
    "error",
    "Instructions have the arguments they need",
    reason="The builder stops at an instruction without them.",
    source=_REFERENCE,
    bad="COPY app.py",
    good="COPY app.py /app/",
)(_problems("missing-argument"))

bad_argument = rule(
    "bad-argument",
    "error",
    "Flags and arguments are ones that the instruction knows",
    reason="The builder stops at a flag that it does not know, at a quote left open, at SHELL without the JSON form.",
    source=_REFERENCE,
    bad="COPY --form=build app.py /app/",
    good="COPY --chmod=0444 app.py /app/",
)(_problems("bad-argument"))

unclosed_heredoc = rule(
    "unclosed-heredoc",
    "error",
    "Every here-document has an end",
    reason="All lines after it, to the end of the file, would belong to it.",
    source=_REFERENCE,
    bad="RUN <<EOF\nset -e\npython -m compileall /app",
    good="RUN <<EOF\nset -e\npython -m compileall /app\nEOF",
)(_problems("unclosed-heredoc"))

empty_continuation = rule(
    "empty-continuation",
    "warning",
    "No empty line inside an instruction",
    reason="Builders still join the lines around it, warn, and will refuse it; a reader sees two instructions.",
    source="BuildKit NoEmptyContinuation",
    bad="RUN python -m compileall \\\n\n    /app",
    good="RUN python -m compileall \\\n    /app",
    fixable=True,
)(_problems("empty-continuation"))

no_from = rule(
    "no-from",
    "error",
    "FROM comes first; only ARG may stand before it",
    reason="Nothing can be built on nothing.",
    source="hadolint DL3061",
    bad=f"RUN python -m compileall /app\n{BASE}",
    good=f"{BASE}\nRUN python -m compileall /app",
)(_problems("no-from"))


@rule(
    "late-directive",
    "warning",
    "Directives stand at the very top",
    reason="Below a comment, an empty line or an instruction, `# syntax=` and `# escape=` are mere comments.",
    source=_REFERENCE,
    bad=f"# The service.\n# syntax=docker/dockerfile:1.12\n{BASE}",
    good=f"# syntax=docker/dockerfile:1.12\n# The service.\n{BASE}",
)
def late_directive(file: Dockerfile) -> Iterator[Hit]:
    """Find directives among the comments."""
    for comment in file.parsed.comments[len(file.parsed.directives) :]:
        if match := _LATE.match(comment.text):
            message = f"{match[1]} is no directive here, but a comment"
            yield Hit(Span(*comment.span), message, "move it to the first line")


RULES = (
    unreadable,
    unknown_instruction,
    missing_argument,
    bad_argument,
    unclosed_heredoc,
    empty_continuation,
    no_from,
    late_directive,
)
