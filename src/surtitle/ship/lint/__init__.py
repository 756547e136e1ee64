"""A linter of Dockerfiles: what a careful platform engineer would say, line by line, and why."""

from surtitle.ship.lint.dockerignore import Dockerignore
from surtitle.ship.lint.finding import Finding, at_least, count
from surtitle.ship.lint.linter import Beside, Fixed, fix, lint
from surtitle.ship.lint.rule import SEVERITIES, Rule, Severity
from surtitle.ship.lint.rules import GROUPS, RULES

__all__ = [
    "GROUPS",
    "RULES",
    "SEVERITIES",
    "Beside",
    "Dockerignore",
    "Finding",
    "Fixed",
    "Rule",
    "Severity",
    "at_least",
    "count",
    "fix",
    "lint",
]
