"""Findings as SARIF 2.1.0, which code hosts show beside the code."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from surtitle.ship.lint.finding import Finding
from surtitle.ship.lint.rule import Rule

__all__ = ["sarif"]

_LEVELS = {"error": "error", "warning": "warning", "info": "note"}


def sarif(findings: Sequence[Finding], rules: Mapping[str, Rule], *, version: str) -> dict[str, Any]:
    """Return a SARIF log of one run.

    Parameters
    ----------
    findings : sequence of Finding
        What was found, in any number of files.
    rules : mapping of str to Rule
        Every rule that was looked at, by its id.
    version : str
        The version of the linter.

    References
    ----------
    OASIS, Static Analysis Results Interchange Format (SARIF) 2.1.0, sections 3.13 to 3.30.
    """
    places = {name: place for place, name in enumerate(rules)}
    return {
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": {"name": "surtitle ship lint", "version": version, "rules": _rules(rules.values())}},
                "columnKind": "unicodeCodePoints",
                "results": [_result(finding, places[finding.rule]) for finding in findings],
            }
        ],
    }


def _rules(rules: Iterable[Rule]) -> list[dict[str, Any]]:
    return [
        {
            "id": rule.id,
            "shortDescription": {"text": rule.title},
            "fullDescription": {"text": rule.reason},
            "help": {
                "text": f"{rule.reason}\n\nBad:\n{rule.bad.text}\n\nGood:\n{rule.good.text}\n\nSource: {rule.source}"
            },
            "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        }
        for rule in rules
    ]


def _result(finding: Finding, rule_index: int) -> dict[str, Any]:
    remedy = f"; {finding.remedy}" if finding.remedy else ""
    return {
        "ruleId": finding.rule,
        "ruleIndex": rule_index,
        "level": _LEVELS[finding.severity],
        "message": {"text": f"{finding.message}{remedy}"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(finding.file.replace("\\", "/"))},
                    "region": {
                        "startLine": finding.line,
                        "startColumn": finding.column,
                        "endLine": finding.end_line,
                        "endColumn": finding.end_column,
                    },
                }
            }
        ],
    }
