"""Write the reference pages that follow from the code: settings, commands and the rules for Dockerfiles.

Run after changing a setting, an option or a rule: ``python docs/generate.py``. A test fails while a page is not up to
date.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from typer.testing import CliRunner

from surtitle.cli.app import COMMANDS, app, command_of
from surtitle.project import render_settings
from surtitle.settings import Settings
from surtitle.ship.lint import GROUPS
from surtitle.ship.lint.rule import Example

PAGES = Path(__file__).parent / "reference"
_NOTE = "<!-- Written by docs/generate.py; do not edit. -->"


def settings_page() -> str:
    """Return `settings.md`: every setting with its default and meaning."""
    head = [
        "# Settings",
        "",
        _NOTE,
        "",
        "All settings stand in `surtitle.toml`, in the project's folder. Leave out what you do not need: every setting",
        "but the source of the data has a default. `surtitle config` prints the file with all of them filled in.",
        "",
        '- Any setting can be overridden for one run: `surtitle train --set train.c=2.0 --set data.label="toxic"`.',
        "- An unknown key is refused, with the nearest known one. All faults of a file are told at once.",
        "- `${NAME}` in `data.database` is replaced from the environment. Secrets never belong in the file.",
    ]
    return "\n".join([*head, *_sections(render_settings(Settings()))]) + "\n"


def _sections(filled_in: str) -> Iterator[str]:
    comments: list[str] = []
    for line in filled_in.splitlines():
        if line.startswith("# "):
            comments.append(line[2:])
        elif section := re.fullmatch(r"\[(.+)\]", line):
            yield from ("", f"## [{section[1]}]", "", " ".join(comments), "")
            yield from ("| setting | default | meaning |", "| --- | --- | --- |")
            comments = []
        elif line:
            key, _, value = line.partition(" = ")
            yield f"| `{key}` | {_code(value)} | {_cell(' '.join(comments))} |"
            comments = []


def _code(text: str) -> str:
    return f"`{text}`" if text else ""


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def commands_page() -> str:
    """Return `commands.md`: what every command says of itself."""
    names = list(command_names())
    lines = [
        "# Commands",
        "",
        _NOTE,
        "",
        "Results go to standard output, everything else to standard error. With `--json` a command prints exactly one",
        "JSON object ([its fields](json.md)). How a command ends: [errors and exit codes](errors-and-exit-codes.md).",
        "",
        *(f"- [`surtitle {name}`](#surtitle-{name.replace(' ', '-')})" for name in names),
    ]
    for name in names:
        lines += ["", f"## surtitle {name}", "", "```text", _help(name), "```"]
    return "\n".join(lines) + "\n"


def command_names() -> Iterator[str]:
    """Yield every command, each group of them followed by its own: ``ship``, ``ship image``."""
    for name in COMMANDS:
        yield name
        group = getattr(command_of(name), "summaries", {})
        yield from (f"{name} {each}" for each in group)


def _help(name: str) -> str:
    shown = CliRunner().invoke(
        app, [*name.split(), "--help"], prog_name="surtitle", env={"COLUMNS": "100"}, catch_exceptions=False
    )
    return "\n".join(line.rstrip() for line in shown.output.strip().splitlines())


def dockerfile_rules_page() -> str:
    """Return `dockerfile-rules.md`: every rule of `surtitle ship lint`, with its examples."""
    lines = [
        "# Rules for Dockerfiles",
        "",
        _NOTE,
        "",
        "What [`surtitle ship lint`](commands.md#surtitle-ship-lint) looks for. Examples show the lines that matter;",
        "with a base, labels, a HEALTHCHECK, a USER and a CMD around them the good one gives no finding, the bad one",
        "this finding only. A rule's name never changes. *--fix* stands where it can mend what is plain.",
    ]
    for heading, rules in GROUPS.items():
        lines += ["", f"## {heading}", ""]
        lines += [f"- [{rule.id}](#{rule.id}): {rule.title}" for rule in rules]
        for rule in rules:
            fixable = ", *--fix*" if rule.fixable else ""
            lines += ["", f"### {rule.id}", "", f"**{rule.title}** ({rule.severity}{fixable})", "", rule.reason, ""]
            lines += _example("Bad", rule.bad) + _example("Good", rule.good)
            lines.append(f"Source: {rule.source}.")
    return "\n".join(lines) + "\n"


def _example(heading: str, example: Example) -> list[str]:
    without = f", and no {example.without}" if example.without else ""
    shown = [f"{heading}{without}:", "", "```dockerfile", example.text.replace("\0", "\\0"), "```", ""]
    if example.ignore is not None:
        patterns = f"with `{'`, `'.join(example.ignore.split())}`" if example.ignore else "missing"
        shown += [f"The `.dockerignore` beside it: {patterns}.", ""]
    return shown


def main() -> None:
    """Write the pages."""
    (PAGES / "settings.md").write_text(settings_page(), encoding="utf-8")
    (PAGES / "commands.md").write_text(commands_page(), encoding="utf-8")
    (PAGES / "dockerfile-rules.md").write_text(dockerfile_rules_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
