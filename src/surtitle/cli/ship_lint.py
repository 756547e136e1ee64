"""`surtitle ship lint`: say what is wrong with a Dockerfile, and mend it."""

import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from surtitle.cli._options import JsonOption, examples
from surtitle.cli._progress import reporting
from surtitle.cli._terminal import print_json, show, table, visible
from surtitle.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from rich.text import Text

    from surtitle.ship.lint import Finding, Rule

__all__ = ["EPILOG", "command"]

EPILOG = examples(
    "surtitle ship lint",
    "surtitle ship lint Dockerfile deploy/ --ignore healthcheck-missing",
    "surtitle ship lint --fix Dockerfile",
    "surtitle ship lint - --github < Dockerfile",
    "surtitle ship lint . --sarif > lint.sarif",
    "surtitle ship lint --explain base-digest",
)
_STDIN = "-"
_STYLES = {"error": "bold red", "warning": "yellow", "info": "cyan"}

FilesArgument = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="[FILE]...",
        help="Dockerfiles, folders to look in, or - for standard input; without any, the project's Dockerfile.",
    ),
]


def command(
    files: FilesArgument = None,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended by itself, in place.")] = False,
    ignore: Annotated[
        list[str] | None, typer.Option("--ignore", metavar="RULE", help="Leave a rule out; may be repeated.")
    ] = None,
    fail_on: Annotated[
        Literal["info", "warning", "error"],
        typer.Option("--fail-on", help="The mildest finding with which to exit with 1."),
    ] = "warning",
    sarif: Annotated[bool, typer.Option("--sarif", help="Print SARIF 2.1.0.")] = False,
    github: Annotated[bool, typer.Option("--github", help="Print annotations for GitHub Actions.")] = False,
    gitlab: Annotated[bool, typer.Option("--gitlab", help="Print a code quality report for GitLab.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="List the rules.")] = False,
    explain: Annotated[str | None, typer.Option("--explain", metavar="RULE", help="Say what a rule asks for.")] = None,
    json: JsonOption = False,
) -> int:
    """Say what is wrong with a Dockerfile, and mend it.

    Line by line: what is so, why it matters, and the line mended. Exits with 1 if a finding is as bad as --fail-on.
    A comment leaves one out where there is a reason: # surtitle: ignore=RULE because REASON
    """
    form = _form(json=json, sarif=sarif, github=github, gitlab=gitlab)
    skip = _known(ignore or [])
    if list_ or explain is not None:
        return _describe([] if list_ else _known([explain or ""]), form)
    targets = _targets(files or [])
    if fix and None in targets:
        raise UsageError("--fix mends files in place; - is none: name the file")
    fixed, findings = _look(targets, skip, fix=fix)
    from surtitle.ship.lint import at_least

    _print(findings, form, len(targets), fixed)
    return ExitCode.REFUSED if at_least(findings, fail_on) else ExitCode.DONE


def _form(**asked: bool) -> str:
    forms = [name for name, wanted in asked.items() if wanted]
    if len(forms) > 1:
        raise UsageError(f"--{forms[0]} and --{forms[1]} exclude each other; ask for one of them")
    return forms[0] if forms else "text"


def _known(names: Sequence[str]) -> list[str]:
    from difflib import get_close_matches

    from surtitle.ship.lint import RULES

    for name in names:
        if name not in RULES:
            near = get_close_matches(name, RULES, 1)
            raise UsageError(
                f"there is no rule {name!r}" + (f"; did you mean {near[0]!r}?" if near else "; see --list")
            )
    return list(names)


def _targets(names: Sequence[str]) -> list[Path | None]:
    """Return the files to look at, each once; None stands for standard input."""
    from surtitle.ship.lint.folders import find

    found: dict[Path | None, None] = {}
    for name in names or [str(_own_dockerfile())]:
        found |= dict.fromkeys([None] if name == _STDIN else find(Path(name)))
    return list(found)


def _own_dockerfile() -> Path:
    """Return the project's Dockerfile, or that of the current folder where there is no project."""
    from surtitle.errors import SettingsError
    from surtitle.project import find_project

    here = Path.cwd()
    with suppress(SettingsError):  # the Dockerfile of any folder can be looked at
        here = find_project(here)
    path = here / "Dockerfile"
    if not path.is_file():
        raise UsageError(f"there is no {path}; name a Dockerfile, or a folder to look for them in")
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _look(targets: Sequence[Path | None], skip: Collection[str], *, fix: bool) -> tuple[int, list["Finding"]]:
    """Mend the files where that is asked for; return how many findings were mended, and those that are left."""
    from surtitle.ship.lint import Beside, lint
    from surtitle.ship.lint import fix as mend
    from surtitle.ship.lint.folders import beside, read, write
    from surtitle.ship.lint.source import MAX_BYTES

    fixed, findings = 0, []
    with reporting() as reporter:
        reporter.start("looking at Dockerfiles", len(targets))
        for path in targets:
            data = sys.stdin.buffer.read(MAX_BYTES + 1) if path is None else read(path)
            around = Beside() if path is None else beside(path)
            if fix and path is not None:
                mended = mend(data, beside=around, skip=skip)
                if mended.data != data:
                    write(path, mended.data)
                data, fixed = mended.data, fixed + mended.n_mended
            findings += lint(data, "stdin" if path is None else path.as_posix(), beside=around, skip=skip)
            reporter.advance(1)
    return fixed, findings


def _print(findings: Sequence["Finding"], form: str, n_files: int, fixed: int) -> None:
    from surtitle import __version__
    from surtitle.ship.lint import RULES, count

    match form:
        case "json":
            counts = count(findings)
            print_json({"files": n_files, "fixed": fixed, "counts": counts, "findings": findings})
        case "sarif":
            from surtitle.ship.lint.sarif import sarif

            print_json(sarif(findings, RULES, version=__version__))
        case "github":
            from surtitle.ship.lint.annotations import github

            sys.stdout.writelines(f"{line}\n" for line in github(findings))
        case "gitlab":
            from surtitle.ship.lint.annotations import gitlab

            print_json(gitlab(findings))
        case _:
            show(*_rendered(findings))
            show(_summary(findings, n_files, fixed))


def _rendered(findings: Sequence["Finding"]) -> Iterator["Text"]:
    from rich.text import Text

    told: set[str] = set()
    for finding in findings:
        head = Text(f"{visible(finding.file)}:{finding.line}:{finding.column}: ", "bold")
        head.append(finding.severity, _STYLES[finding.severity])
        yield head.append(f" {finding.rule}: {visible(finding.message)}", "default")
        if finding.rule not in told:  # once is enough
            told.add(finding.rule)
            yield Text(f"    why: {finding.reason}", "dim")
        for place, line in enumerate((finding.mended or finding.remedy).splitlines()):
            yield Text(
                f"    {'write:' if finding.mended else 'do:   '} {visible(line)}"
                if not place
                else f"           {visible(line)}",
                "green",
            )


def _summary(findings: Sequence["Finding"], n_files: int, fixed: int) -> "Text":
    from rich.text import Text

    from surtitle.ship.lint import count

    files = f"{n_files} file" + ("s" if n_files != 1 else "")
    mended = f"{fixed} mended. " if fixed else ""
    if not findings:
        return Text(f"{mended}No findings in {files}.")
    counts = ", ".join(f"{number} {name}" for name, number in count(findings).items() if number)
    mendable = sum(bool(finding.mended) for finding in findings)
    more = f" {mendable} can be mended by: surtitle ship lint --fix" if mendable else ""
    found = f"{len(findings)} finding" + ("s" if len(findings) != 1 else "")
    return Text(f"{mended}{found} in {files}: {counts}.{more}")


def _describe(names: Sequence[str], form: str) -> int:
    """Print one rule in full, or the list of all."""
    from surtitle.ship.lint import RULES

    rules = [RULES[name] for name in names] or list(RULES.values())
    if form == "json":
        print_json({"rules": [_facts(rule) for rule in rules]})
    elif form != "text":
        raise UsageError(f"--list and --explain print text or --json, not --{form}")
    elif names:
        show(*_explained(rules[0]))
    else:
        rows = [[rule.id, rule.severity, "yes" if rule.fixable else "", rule.title] for rule in rules]
        show(table(["rule", "severity", "--fix", "asks that"], rows))
    return ExitCode.DONE


def _facts(rule: "Rule") -> dict[str, object]:
    return {
        "rule": rule.id,
        "severity": rule.severity,
        "title": rule.title,
        "reason": rule.reason,
        "source": rule.source,
        "fixable": rule.fixable,
        "bad": rule.bad.text,
        "good": rule.good.text,
    }


def _explained(rule: "Rule") -> Iterator["Text"]:
    from rich.text import Text

    yield Text(f"{rule.id} ({rule.severity}{', --fix mends it' if rule.fixable else ''}): {rule.title}", "bold")
    yield Text(f"\n{rule.reason}\nSource: {rule.source}\n")
    for heading, example, style in (("Bad:", rule.bad, "red"), ("Good:", rule.good, "green")):
        yield Text(heading)
        yield Text("\n".join(f"    {visible(line)}" for line in example.text.splitlines()), style)
