"""Findings as the annotations of GitHub Actions and as GitLab's code quality report."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from surtitle.ship.lint.finding import Finding

__all__ = ["github", "gitlab"]

_COMMANDS = {"error": "error", "warning": "warning", "info": "notice"}
_SEVERITIES = {"error": "critical", "warning": "major", "info": "info"}


def github(findings: Iterable[Finding]) -> Iterator[str]:
    r"""Yield one workflow command a finding.

    Nothing in a file's name or text can end the command or begin another: what would is escaped.

    Examples
    --------
    >>> finding = Finding("a,b", 3, 1, 3, 9, "cd", "info", "50 %\n::error::", "", "", "", "")
    >>> list(github([finding]))
    ['::notice file=a%2Cb,line=3,endLine=3,col=1,endColumn=9,title=cd::50 %25%0A::error::']
    """
    for finding in findings:
        remedy = f"; {finding.remedy}" if finding.remedy else ""
        properties = {
            "file": finding.file,
            "line": finding.line,
            "endLine": finding.end_line,
            "col": finding.column,
            "endColumn": finding.end_column,
            "title": finding.rule,
        }
        shown = ",".join(f"{name}={_property(str(value))}" for name, value in properties.items())
        yield f"::{_COMMANDS[finding.severity]} {shown}::{_data(finding.message + remedy)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def gitlab(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Return the entries of a code quality report.

    A finding's fingerprint does not change when lines above it do, so that it stays the same finding.

    Examples
    --------
    >>> finding = Finding("Dockerfile", 3, 1, 3, 9, "cd", "info", "begins with cd", "", "", "", "")
    >>> entry = gitlab([finding])[0]
    >>> entry["check_name"], entry["location"], len(entry["fingerprint"])
    ('cd', {'path': 'Dockerfile', 'lines': {'begin': 3, 'end': 3}}, 64)
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    entries = []
    for finding in findings:
        what = (finding.file, finding.rule, finding.message)
        seen[what] += 1
        text = "\0".join((*what, str(seen[what]))).encode("utf-8", "replace")
        entries.append(
            {
                "description": f"{finding.message}; {finding.remedy}" if finding.remedy else finding.message,
                "check_name": finding.rule,
                "fingerprint": hashlib.sha256(text).hexdigest(),
                "severity": _SEVERITIES[finding.severity],
                "location": {"path": finding.file, "lines": {"begin": finding.line, "end": finding.end_line}},
            }
        )
    return entries
