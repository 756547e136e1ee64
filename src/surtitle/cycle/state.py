"""What is up to date in a project, and what is stale: its flowchart as data."""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import msgspec

from surtitle.cycle.flowchart import Node, Plan, State
from surtitle.cycle.keys import training_key
from surtitle.cycle.opening import registry_of
from surtitle.errors import DataError
from surtitle.prepare import Prepared, find_prepared
from surtitle.project import Project
from surtitle.registry import RecordedVerdict, Version

__all__ = ["project_plan"]

_CHAIN = ("data", "prepare", "train", "evaluate", "version", "gate", "champion", "score")


class _Facts(msgspec.Struct, frozen=True):
    """What the flowchart is drawn from.

    Parameters
    ----------
    missing : str
        Why the data cannot be found; empty when it can.
    prepared : Prepared or None
        Of the data and settings as they are now, if it is kept.
    current : Version or None
        The version of the data and settings as they are now.
    versions : sequence of Version
        All but clients' own, oldest first.
    aliases : dict of str to int
        All.
    verdict : RecordedVerdict or None
        The gate's last one about the champion.
    """

    missing: str
    prepared: Prepared | None
    current: Version | None
    versions: Sequence[Version]
    aliases: dict[str, int]
    verdict: RecordedVerdict | None


def project_plan(project: Project, *, now: datetime) -> Plan:
    """Return the project's flowchart; nothing is run, and no query is made.

    Parameters
    ----------
    project : Project
        Whose stages to look at.
    now : datetime
        Aware.
    """
    facts = _look(project, now)
    nodes = [
        _data(project, facts),
        Node("settings", "surtitle.toml", "data", "fresh", "settings"),
        _prepare(project, facts),
        *_training(project, facts),
        _version(facts),
        _gate(project, facts),
        _champion(facts),
        _score(project, facts),
    ]
    edges = [*pairwise(_CHAIN), ("settings", "prepare")]
    if project.settings.data.prepare:
        nodes.append(Node("own", project.settings.data.prepare, "data", "fresh", "your own function"))
        edges.append(("own", "prepare"))
    if project.settings.train.estimator:
        nodes.append(Node("estimator", project.settings.train.estimator, "data", "fresh", "your own estimator"))
        edges.append(("estimator", "train"))
    return Plan(project.settings.project.name, tuple(nodes), tuple(edges))


def _look(project: Project, now: datetime) -> _Facts:
    missing, prepared = "", None
    try:
        prepared = find_prepared(project, now=now)
    except DataError as error:
        missing = error.faults[0].what if error.faults else error.message
    registry = registry_of(project)
    versions = [version for version in registry.versions() if version.facts.client is None]
    key = training_key(project, prepared.key) if prepared else ""
    verdicts = registry.verdicts("champion")
    return _Facts(
        missing=missing,
        prepared=prepared,
        current=next((version for version in reversed(versions) if version.facts.training_key == key), None),
        versions=versions,
        aliases=registry.aliases(),
        verdict=verdicts[-1] if verdicts else None,
    )


def _data(project: Project, facts: _Facts) -> Node:
    data, owner = project.settings.data, project.settings.owners.data
    title = Path(data.source).name if data.source else "SQL query"
    if data.sql:
        return Node("data", title, "data", "unknown", "not run for this chart", owner)
    if facts.missing:
        return Node("data", title, "data", "missing", facts.missing, owner)
    detail = f"{facts.prepared.rows_read:,} rows" if facts.prepared else "changed, or never read"
    return Node("data", title, "data", "fresh", detail, owner, ("synthetic",) if data.synthetic else ())


def _prepare(project: Project, facts: _Facts) -> Node:
    owner = project.settings.owners.prepare
    if facts.prepared:
        sizes = " · ".join(f"{split} {size:,}" for split, size in facts.prepared.sizes.items())
        return Node("prepare", "check & prepare", "stage", "fresh", sizes, owner)
    if project.settings.data.sql:
        return Node("prepare", "check & prepare", "stage", "unknown", "", owner)
    return Node("prepare", "check & prepare", "stage", "stale" if facts.versions else "missing", "", owner)


def _training(project: Project, facts: _Facts) -> list[Node]:
    owners = project.settings.owners
    if facts.current:
        auc = facts.current.facts.metrics.get("auc")
        trained = f"gave version {facts.current.number}"
        return [
            Node("train", "train", "stage", "fresh", trained, owners.train),
            Node("evaluate", "evaluate", "stage", "fresh", f"AUC {auc}" if auc else "", owners.evaluate),
        ]
    unknown = bool(project.settings.data.sql and facts.versions)
    state: State = "unknown" if unknown else "stale" if facts.versions else "missing"
    hint = "run: surtitle train"
    return [
        Node("train", "train", "stage", state, hint, owners.train),
        Node("evaluate", "evaluate", "stage", state, "", owners.evaluate),
    ]


def _version(facts: _Facts) -> Node:
    if not facts.versions:
        return Node("version", "no version yet", "artefact", "missing")
    newest = facts.versions[-1]
    state: State = "fresh" if facts.current and facts.current.number == newest.number else "stale"
    badges = tuple(
        name for name, number in sorted(facts.aliases.items()) if number == newest.number and "@" not in name
    )
    return Node("version", f"version {newest.number}", "artefact", state, _summary(newest), badges=badges)


def _gate(project: Project, facts: _Facts) -> Node:
    owner = project.settings.owners.registry
    if facts.verdict is None:
        return Node("gate", "gate", "stage", "missing", "nothing judged yet", owner)
    verdict = facts.verdict.verdict
    badge = "passed" if verdict.passed else "refused"
    detail = f"version {verdict.challenger}"
    if verdict.champion is not None:
        detail += f" against version {verdict.champion}"
    judged_newest = bool(facts.versions) and verdict.challenger == facts.versions[-1].number
    return Node("gate", "gate", "stage", "fresh" if judged_newest else "stale", detail, owner, (badge,))


def _champion(facts: _Facts) -> Node:
    number = facts.aliases.get("champion")
    champion = next((version for version in facts.versions if version.number == number), None)
    if champion is None:
        return Node("champion", "no champion yet", "artefact", "missing")
    own = sum(name.startswith("champion@") for name in facts.aliases)
    badges = (f"{own} clients with their own",) if own else ()
    state: State = "fresh" if facts.current and facts.current.number == champion.number else "stale"
    return Node(
        "champion", f"champion: version {champion.number}", "artefact", state, _summary(champion), badges=badges
    )


def _score(project: Project, facts: _Facts) -> Node:
    state: State = "fresh" if "champion" in facts.aliases else "missing"
    return Node("score", "score", "use", state, "texts and files", project.settings.owners.uses)


def _summary(version: Version) -> str:
    auc = version.facts.metrics.get("auc")
    when = f"{version.created_at:%Y-%m-%d}"
    return f"{when} · AUC {auc}" if auc else when
