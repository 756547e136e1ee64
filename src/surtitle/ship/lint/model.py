"""A Dockerfile as rules see it: stages that build on one another, and what is in force where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from surtitle.ship.lint.commands import Command
from surtitle.ship.lint.dockerignore import Dockerignore
from surtitle.ship.lint.images import Image, parse_image
from surtitle.ship.lint.instructions import Instruction, Parsed
from surtitle.ship.lint.shell import SHELLS, read_script
from surtitle.ship.lint.source import Source, Span, Stretch
from surtitle.ship.lint.words import expand

__all__ = ["Dockerfile", "Mount", "Run", "Stage"]


@dataclass(frozen=True)
class Mount:
    """One `--mount` of a RUN."""

    kind: str
    target: str
    source: str


@dataclass(frozen=True, eq=False)
class Run:
    """A RUN: its commands, and the shell that reads them."""

    instruction: Instruction
    stage: "Stage"
    shell: tuple[str, ...]

    @cached_property
    def scripts(self) -> tuple[tuple[Stretch, bool], ...]:
        """The scripts in it, and whether each is written there as the shell reads it."""
        instruction = self.instruction
        if instruction.exec_form is not None:
            words = instruction.exec_form
            if len(words) > 2 and words[0].rpartition("/")[2] in SHELLS and words[1].endswith("c"):
                return ((instruction.exec_parts[2], False),)
            return ((instruction.args, False),)
        bodies = [(heredoc.body, True) for heredoc in instruction.heredocs]
        first = instruction.args.text.split(None, 1)[0] if instruction.args.text.strip() else ""
        if first.startswith("<<"):
            return tuple(bodies[:1]) if not bodies or _is_shell(bodies[0][0].text) else ()
        fed = first.rpartition("/")[2] in SHELLS and len(bodies) == 1
        return ((instruction.args, True), *(bodies if fed else ()))

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """Every command in it, those inside others behind them."""
        return tuple(command for script, exact in self.scripts for command in read_script(script, exact=exact))

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of its commands."""
        return frozenset(command.name for command in self.commands)

    @cached_property
    def mounts(self) -> tuple[Mount, ...]:
        """Its mounts."""
        found = []
        for value in self.instruction.values("mount"):
            parts = dict(part.partition("=")[::2] for part in value.split(","))
            target = parts.get("target") or parts.get("dst") or parts.get("destination") or ""
            found.append(Mount(parts.get("type", "bind"), target, parts.get("from", "")))
        return tuple(found)

    def caches(self, *folders: str) -> bool:
        """Whether a cache or tmpfs is mounted on one of the folders, or on one whose name ends so."""
        return any(
            mount.kind in ("cache", "tmpfs") and mount.target.rstrip("/").endswith(folders) for mount in self.mounts
        )

    @property
    def head(self) -> Span:
        """Its first word, for findings about all of it."""
        return self.instruction.keyword


def _is_shell(script: str) -> bool:
    first = script.split("\n", 1)[0]
    return not first.startswith("#!") or any(first.rstrip().endswith(name) for name in (*SHELLS, "sh -e", "bash -e"))


@dataclass(eq=False)
class Stage:
    """A FROM and what follows it.

    Parameters
    ----------
    index : int
        Its number, from 0.
    begin : Instruction
        Its FROM.
    name : str
        Its name in small letters; empty where it has none.
    image : Image or None
        What it is built on; None for another stage, `scratch`, or a name that is not known before the build.
    parent : Stage or None
        The stage that it is built on.
    """

    index: int
    begin: Instruction
    name: str
    image: Image | None
    parent: "Stage | None"
    body: list[Instruction] = field(default_factory=list)

    @cached_property
    def chain(self) -> tuple["Stage", ...]:
        """The stages that it is built on, the first one first, and itself."""
        found: list[Stage] = [self]
        while found[-1].parent is not None:
            found.append(found[-1].parent)
        return tuple(reversed(found))

    @cached_property
    def root_image(self) -> Image | None:
        """The image that the first stage of the chain is built on."""
        return self.chain[0].image

    @property
    def base(self) -> str:
        """What its chain begins with, as it is written."""
        words = self.chain[0].begin.words
        return words[0].value if words else ""

    @cached_property
    def whole(self) -> tuple[Instruction, ...]:
        """Every instruction of the chain, in order."""
        return tuple(instruction for stage in self.chain for instruction in stage.body)

    def all(self, *names: str) -> list[Instruction]:
        """Return the instructions of these names in the chain."""
        return [instruction for instruction in self.whole if instruction.name in names]

    def last(self, *names: str) -> Instruction | None:
        """Return the last instruction of these names in the chain."""
        found = self.all(*names)
        return found[-1] if found else None

    @cached_property
    def environment(self) -> dict[str, str]:
        """What ENV and ARG set in the chain, the last value of each; values that are not known are left out."""
        known: dict[str, str] = {}
        for instruction in self.all("ENV", "ARG"):
            for pair in instruction.pairs:
                value = expand(pair.value, known.get) if pair.value is not None else None
                if value is not None:
                    known[pair.key] = value
        return known

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Its RUNs, each with the shell in force."""
        shell = self.parent.shell_at_end if self.parent else ()
        found = []
        for instruction in self.body:
            inner = instruction.trigger or instruction
            if inner.name == "SHELL":
                shell = inner.exec_form or ()
            elif inner.name == "RUN":
                found.append(Run(inner, self, shell))
        return tuple(found)

    @cached_property
    def shell_at_end(self) -> tuple[str, ...]:
        """The SHELL in force at its end; empty for the default one."""
        stage: Stage | None = self
        while stage is not None:
            for instruction in reversed(stage.body):
                if instruction.name == "SHELL":
                    return instruction.exec_form or ()
            stage = stage.parent
        return ()

    @cached_property
    def all_runs(self) -> tuple[Run, ...]:
        """The RUNs of the chain."""
        return tuple(run for stage in self.chain for run in stage.runs)


class Dockerfile:
    """A Dockerfile, read, with its stages.

    Parameters
    ----------
    parsed : Parsed
        The file.
    ignore : Dockerignore or None
        What is beside it; None where there is none.
    has_folder : bool
        Whether it stands in a folder, where a `.dockerignore` could be.
    """

    def __init__(self, parsed: Parsed, ignore: Dockerignore | None = None, *, has_folder: bool = False) -> None:
        self.parsed = parsed
        self.ignore = ignore
        self.has_folder = has_folder
        self.source: Source = parsed.source
        self.instructions: Sequence[Instruction] = parsed.instructions
        self.stages: list[Stage] = []
        self._by_name: dict[str, Stage] = {}
        self.global_args: dict[str, str | None] = {}
        for instruction in parsed.instructions:
            self._take(instruction)

    def _take(self, instruction: Instruction) -> None:
        if instruction.name == "FROM":
            stage = self._stage(instruction)
            self.stages.append(stage)
            if stage.name:
                self._by_name[stage.name] = stage
        elif self.stages:
            self.stages[-1].body.append(instruction)
        elif instruction.name == "ARG":
            for pair in instruction.pairs:
                value = expand(pair.value, self.global_args.get) if pair.value is not None else None
                self.global_args[pair.key] = value

    def _stage(self, instruction: Instruction) -> Stage:
        words = instruction.words
        base = self.resolved(words[0].value) if words else None
        parent = self.stage_named(base) if base else None
        image = parse_image(base) if base and parent is None and base != "scratch" else None
        name = words[2].value.lower() if len(words) > 2 else ""
        return Stage(len(self.stages), instruction, name, image, parent)

    def resolved(self, name: str) -> str | None:
        """Return a FROM's name with the ARGs in front of it filled in; None where one has no value."""
        return expand(name, self.global_args.get)

    def stage_named(self, name: str) -> Stage | None:
        """Return the last stage so far of a name."""
        return self._by_name.get(name.lower())

    @cached_property
    def final(self) -> Stage | None:
        """The last stage: what is shipped."""
        return self.stages[-1] if self.stages else None

    @cached_property
    def shipped(self) -> tuple[Stage, ...]:
        """The stages whose layers are shipped."""
        return self.final.chain if self.final else ()

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Every RUN of the file."""
        return tuple(run for stage in self.stages for run in stage.runs)

    @cached_property
    def shipped_runs(self) -> tuple[Run, ...]:
        """The RUNs whose layers are shipped."""
        return self.final.all_runs if self.final else ()

    def commands(self, *names: str) -> Iterator[tuple[Run, Command]]:
        """Yield every command of these names, with its RUN."""
        for run in self.runs:
            if run.names.isdisjoint(names):
                continue
            for command in run.commands:
                if command.name in names:
                    yield run, command

    @cached_property
    def _by_kind(self) -> dict[str, list[Instruction]]:
        found: dict[str, list[Instruction]] = {}
        for instruction in self.instructions:
            found.setdefault(instruction.name, []).append(instruction)
            if instruction.trigger is not None:
                found.setdefault(instruction.trigger.name, []).append(instruction.trigger)
        return found

    def each(self, *names: str) -> list[Instruction]:
        """Return every instruction of these names, those of ONBUILD too."""
        return [instruction for name in names for instruction in self._by_kind.get(name, ())]
