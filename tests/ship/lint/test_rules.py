"""Each rule finds its bad example, and nothing else does; its good example is clean."""

import re

import pytest

from surtitle.ship.lint import GROUPS, RULES, SEVERITIES, Beside, Dockerignore, Rule, fix, lint
from tests.ship.lint.frames import found_in, framed

EACH = pytest.mark.parametrize("rule", RULES.values(), ids=list(RULES))


@EACH
def test_the_bad_example_breaks_exactly_this_rule(rule: Rule) -> None:
    assert {finding.rule for finding in found_in(rule.bad)} == {rule.id}


@EACH
def test_the_good_example_breaks_no_rule(rule: Rule) -> None:
    assert found_in(rule.good) == []


def test_rules_and_their_findings_are_described() -> None:
    for rule in RULES.values():
        assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.id)
        assert rule.severity in SEVERITIES
        assert rule.reason.endswith(".")
        assert not rule.title.endswith(".")
        assert rule.source
        for finding in found_in(rule.bad):
            assert finding.message
            assert finding.severity == rule.severity
            assert finding.remedy or rule.id in ("unknown-instruction", "missing-argument")


@EACH
def test_what_is_said_to_be_fixable_is_fixed_and_nothing_else(rule: Rule) -> None:
    beside = Beside(True, Dockerignore(rule.bad.ignore)) if rule.bad.ignore else Beside()
    fixed = fix(framed(rule.bad).encode(), beside=beside)
    assert (fixed.n_mended > 0) == rule.fixable
    assert not rule.fixable or lint(fixed.data, beside=beside) == []


def test_no_rule_stands_in_two_groups() -> None:
    assert sum(len(rules) for rules in GROUPS.values()) == len(RULES)
