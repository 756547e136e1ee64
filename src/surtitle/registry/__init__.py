"""Versions and aliases on disk: numbered artefacts, movable names, the gate, rollback.

One SQLite file and one folder per version; no server. Start at `Registry`.
"""

from surtitle.registry.facts import AliasMove, RecordedVerdict, Version, VersionFacts
from surtitle.registry.gate import Verdict, judge, own_bar
from surtitle.registry.names import alias_of
from surtitle.registry.registry import Registry

__all__ = [
    "AliasMove",
    "RecordedVerdict",
    "Registry",
    "Verdict",
    "Version",
    "VersionFacts",
    "alias_of",
    "judge",
    "own_bar",
]
