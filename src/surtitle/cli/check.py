"""`surtitle check`: what is wrong with settings or data, before any training."""

import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from surtitle.cli._options import JsonOption, ProjectOption, SetOption, examples, now, open_project
from surtitle.cli._progress import reporting
from surtitle.cli._terminal import print_json, show, visible
from surtitle.errors import ExitCode

if TYPE_CHECKING:
    from rich.console import RenderableType

    from surtitle.prepare import Finding

__all__ = ["EPILOG", "command"]

EPILOG = examples("surtitle check", "surtitle check --set data.encoding=latin-1 --json")
_HEADINGS = {
    "error": ("Errors: training refuses this data", "bold red"),
    "warning": ("Warnings: worth a look", "bold yellow"),
    "info": ("Good to know", "bold"),
}


def command(project: ProjectOption = None, set_: SetOption = None, json: JsonOption = False) -> int:
    """Say what is wrong with settings or data.

    Before any training, with row numbers and what to do about it. Exits with 1 if there is an error.
    """
    from surtitle.prepare import check

    opened = open_project(project, set_)
    with reporting() as reporter:
        checked = check(opened, now=now(), environ=os.environ, reporter=reporter)
    counts = Counter(finding.severity for finding in checked.findings)
    if json:
        print_json({"ok": not counts["error"], "counts": counts, "findings": checked.findings})
    else:
        _render(checked.findings, opened.root)
    return ExitCode.REFUSED if counts["error"] else ExitCode.DONE


def _render(findings: Sequence["Finding"], root: Path) -> None:
    from rich.text import Text

    for severity, (heading, style) in _HEADINGS.items():
        found = [finding for finding in findings if finding.severity == severity]
        if found:
            show(Text(f"{heading} ({len(found)})", style), *map(_finding, found), "")
    errors = sum(finding.severity == "error" for finding in findings)
    if errors:
        show(Text(f"{errors} to repair in the data, or in {root / 'surtitle.toml'}."))
    else:
        show(Text("No errors. Next: surtitle train"))


def _finding(finding: "Finding") -> "RenderableType":
    from rich.table import Table
    from rich.text import Text

    lines = Table.grid(padding=(0, 1))
    lines.add_row("  •", Text(visible(finding.message)))
    if finding.places:
        more = ", ..." if finding.count > len(finding.places) else ""
        lines.add_row("", Text(f"at {visible(', '.join(finding.places))}{more}", "dim"))
    if finding.remedy:
        lines.add_row("", Text(f"→ {visible(finding.remedy)}"))
    return lines
