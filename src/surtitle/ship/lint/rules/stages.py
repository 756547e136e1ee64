"""Stages, their names, variables, and instructions of which the last one wins."""

import re
from collections.abc import Iterator

from surtitle.ship.lint.instructions import Instruction
from surtitle.ship.lint.model import Dockerfile, Run, Stage
from surtitle.ship.lint.rule import Edit, Hit, rule
from surtitle.ship.lint.rules._shared import BASE, DIGEST
from surtitle.ship.lint.source import Span
from surtitle.ship.lint.words import variables

__all__ = ["RULES"]

_RESERVED = ("scratch", "context")
_DIGITS = re.compile(r"[0-9]{1,9}")
_SETS = ("read", "for", "export", "local", "declare", "readonly")


@rule(
    "maintainer",
    "warning",
    "Authors stand in a label, not in MAINTAINER",
    reason="MAINTAINER is deprecated, and tools that read images do not look for it.",
    source="hadolint DL4000; BuildKit MaintainerDeprecated",
    bad="MAINTAINER team@example.org",
    good='LABEL org.opencontainers.image.authors="team@example.org"',
    fixable=True,
)
def maintainer(file: Dockerfile) -> Iterator[Hit]:
    """Find MAINTAINER."""
    for instruction in file.each("MAINTAINER"):
        name = instruction.args.text.strip().strip('"').replace('"', '\\"')
        label = f'LABEL org.opencontainers.image.authors="{name}"'
        plain = "\n" not in file.source.text[instruction.span.start : instruction.span.end] and "\\" not in name
        edits = (Edit(instruction.span, label),) if plain and name else ()
        yield Hit(instruction.span, "MAINTAINER is deprecated", label, edits)


@rule(
    "instruction-case",
    "info",
    "Instructions are written in one case, AS like FROM",
    reason="Capitals set instructions apart from their arguments; a mixture hides one.",
    source="BuildKit ConsistentInstructionCasing, FromAsCasing",
    bad="run python -m compileall /app",
    good="RUN python -m compileall /app",
    fixable=True,
)
def instruction_case(file: Dockerfile) -> Iterator[Hit]:
    """Find instructions that are not in capitals among those that are."""
    text = file.source.text
    spans = [instruction.keyword for instruction in file.instructions]
    written = [text[span.start : span.end] for span in spans]
    for stage in file.stages:
        if len(stage.begin.words) > 2:
            written.append(stage.begin.words[1].raw)
            spans.append(stage.begin.words[1].span)
    if not any(word.isupper() for word in written):
        return
    for word, span in zip(written, spans, strict=True):
        if not word.isupper():
            yield Hit(span, f"{word} is not in capitals as others are", word.upper(), (Edit(span, word.upper()),))


@rule(
    "stage-name-case",
    "info",
    "Names of stages are in small letters",
    reason="Names are compared without regard to case; one spelling can be searched for.",
    source="BuildKit StageNameCasing",
    bad=f"{BASE} AS Build\nRUN python -m compileall /app\n{BASE}\nCOPY --from=Build /app /app",
    good=f"{BASE} AS build\nRUN python -m compileall /app\n{BASE}\nCOPY --from=build /app /app",
)
def stage_name_case(file: Dockerfile) -> Iterator[Hit]:
    """Find capitals in names of stages."""
    for stage in file.stages:
        if len(stage.begin.words) > 2 and (name := stage.begin.words[2].value) != name.lower():
            yield Hit(stage.begin.words[2].span, f"the stage's name {name} has capitals", name.lower())


@rule(
    "stage-duplicate",
    "error",
    "Names of stages are unique",
    reason="COPY --from takes the nearest one of that name, which need not be the one that is meant.",
    source="hadolint DL3024; BuildKit DuplicateStageName",
    bad=f"{BASE} AS build\n{BASE} AS build",
    good=f"{BASE} AS build\n{BASE} AS service",
)
def stage_duplicate(file: Dockerfile) -> Iterator[Hit]:
    """Find names given twice."""
    seen: set[str] = set()
    for stage in file.stages:
        if stage.name and stage.name in seen:
            yield Hit(stage.begin.words[2].span, f"a stage before is called {stage.name} too", "give it another name")
        seen.add(stage.name)


@rule(
    "stage-reserved",
    "error",
    "No stage has a reserved name",
    reason="`scratch` and `context` mean something else to the builder.",
    source="BuildKit ReservedStageName",
    bad=f"{BASE} AS context",
    good=f"{BASE} AS service",
)
def stage_reserved(file: Dockerfile) -> Iterator[Hit]:
    """Find reserved names."""
    for stage in file.stages:
        if stage.name in _RESERVED:
            yield Hit(stage.begin.words[2].span, f"{stage.name} is reserved", "give the stage another name")


@rule(
    "copy-from-unknown",
    "warning",
    "COPY --from names a stage before, or an image in full",
    reason="A misspelt stage is looked for as an image of a public registry, where anyone may have put one.",
    source="hadolint DL3022, DL3023",
    bad=f"{BASE} AS build\nRUN python -m compileall /app\n{BASE}\nCOPY --from=biuld /app /app",
    good=f"{BASE} AS build\nRUN python -m compileall /app\n{BASE}\nCOPY --from=build /app /app",
)
def copy_from_unknown(file: Dockerfile) -> Iterator[Hit]:
    """Find names that are no stage's, and numbers beyond the stages before."""
    before: set[str] = set()
    for stage in file.stages:
        for instruction in stage.body:
            flag = instruction.flag("from") if instruction.name == "COPY" else None
            name = (flag.value or "").lower() if flag else ""
            if flag is None or not name or any(mark in name for mark in ":/@$."):
                continue
            if not (int(name) < stage.index if _DIGITS.fullmatch(name) else name in before):
                known = ", ".join(sorted(before)) or "none"
                yield Hit(flag.span, f"no stage before is called {name}", f"stages before: {known}")
        before |= {stage.name} - {""}


@rule(
    "undeclared-arg",
    "error",
    "Variables in FROM are declared before the first FROM, with a value",
    reason="Without one the name of the image is broken, or the build needs an argument that nobody is told of.",
    source="BuildKit UndefinedArgInFrom, InvalidDefaultArgInFrom",
    bad=f"FROM python:${{TAG}}@{DIGEST}",
    good=f"ARG TAG=3.12.8-slim-bookworm\nFROM python:${{TAG}}@{DIGEST}",
)
def undeclared_arg(file: Dockerfile) -> Iterator[Hit]:
    """Find variables in FROM without a declaration or a value."""
    for stage in file.stages:
        for word in stage.begin.words[:1]:
            for name in variables(word.value):
                if name not in file.global_args and f"${{{name}:" not in word.raw and f"${{{name}-" not in word.raw:
                    remedy = f"before the first FROM: ARG {name}=..."
                    yield Hit(word.span, f"{name} is not declared before the first FROM", remedy)


@rule(
    "arg-not-in-stage",
    "warning",
    "A stage declares the ARGs that it uses",
    reason="An ARG before the first FROM holds for FROM only; in a stage it is empty until it is declared there.",
    source="BuildKit UndefinedVar",
    bad=f"ARG PORT=8080\n{BASE}\nENV SERVICE_PORT=$PORT",
    good=f"ARG PORT=8080\n{BASE}\nARG PORT\nENV SERVICE_PORT=$PORT",
)
def arg_not_in_stage(file: Dockerfile) -> Iterator[Hit]:
    """Find uses of global ARGs that the stage does not declare."""
    if not file.global_args:
        return
    declared: dict[Stage, set[str]] = {}
    for stage in file.stages:
        known = set(declared[stage.parent]) if stage.parent in declared else set()
        runs = {run.instruction: run for run in stage.runs} if file.global_args else {}
        for instruction in stage.body:
            if instruction.name in ("ARG", "ENV"):
                known |= {pair.key for pair in instruction.pairs}
            for name in _used(instruction, runs.get(instruction)):
                if name in file.global_args and name not in known:
                    known.add(name)
                    yield Hit(instruction.keyword, f"{name} is empty in this stage", f"above: ARG {name}")
        declared[stage] = known


def _used(instruction: Instruction, run: Run | None) -> list[str]:
    names = variables(instruction.args.text)
    if run is None or not names:
        return names
    own = {name for command in run.commands for name, _ in command.assignments}
    own |= {word.partition("=")[0] for command in run.commands if command.name in _SETS for word in command.values}
    return [name for name in names if name not in own]


@rule(
    "one-of-each",
    "warning",
    "One CMD, ENTRYPOINT and HEALTHCHECK in a stage",
    reason="Only the last one counts; the others mislead.",
    source="hadolint DL4003, DL4004, DL3012; BuildKit MultipleInstructionsDisallowed",
    bad='CMD ["python", "-m", "old"]\nCMD ["python", "-m", "app"]',
    good='CMD ["python", "-m", "app"]',
    fixable=True,
)
def one_of_each(file: Dockerfile) -> Iterator[Hit]:
    """Find those that are overruled in the same stage."""
    for stage in file.stages:
        for name in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
            for instruction in [one for one in stage.body if one.name == name][:-1]:
                edit = Edit(_with_line_end(file, instruction.span), "")
                yield Hit(instruction.span, f"a later {name} overrules this one", "take it out", (edit,))


def _with_line_end(file: Dockerfile, span: Span) -> Span:
    end = file.source.text.find("\n", span.end)
    return Span(span.start, len(file.source.text) if end < 0 else end + 1)


RULES = (
    maintainer,
    instruction_case,
    stage_name_case,
    stage_duplicate,
    stage_reserved,
    copy_from_unknown,
    undeclared_arg,
    arg_not_in_stage,
    one_of_each,
)
