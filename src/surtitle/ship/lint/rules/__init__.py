"""Every rule, by what it is about."""

from collections.abc import Mapping

from surtitle.ship.lint import ignores
from surtitle.ship.lint.rule import Rule
from surtitle.ship.lint.rules import (
    apt,
    base,
    downloads,
    entry,
    files,
    labels,
    layers,
    packages,
    python,
    reading,
    secrets,
    shells,
    stages,
    users,
)

__all__ = ["GROUPS", "RULES"]

GROUPS: Mapping[str, tuple[Rule, ...]] = {
    "Reading the file": reading.RULES,
    "The base": base.RULES,
    "Stages and instructions": stages.RULES,
    "Users and rights": users.RULES,
    "Secrets": secrets.RULES,
    "Downloads": downloads.RULES,
    "Debian's packages": apt.RULES,
    "Python's packages": python.RULES,
    "Other packages": packages.RULES,
    "Files and folders": files.RULES,
    "Layers and variables": layers.RULES,
    "The shell": shells.RULES,
    "Starting, stopping, health, ports": entry.RULES,
    "Labels": labels.RULES,
    "Ignoring a finding": ignores.RULES,
}
"""The rules under headings."""
RULES: Mapping[str, Rule] = {rule.id: rule for rules in GROUPS.values() for rule in rules}
"""Every rule by its id."""
