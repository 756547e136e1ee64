"""What a flowchart shows: nodes, the edges between them, and the check that they make a chart."""

from collections import Counter
from collections.abc import Iterator
from typing import Literal

import msgspec

from surtitle.errors import Fault, UsageError

__all__ = ["Kind", "Node", "Plan", "State", "check_plan"]

Kind = Literal["data", "stage", "artefact", "use"]
State = Literal["fresh", "stale", "missing", "unknown"]


class Node(msgspec.Struct, frozen=True):
    """One box of the chart.

    Parameters
    ----------
    id : str
        Unique in the plan; edges name it.
    title : str
        What it is, in a few words.
    kind : str
        `data` (files, settings), `stage` (work that is done), `artefact` (what is kept) or `use` (what it is for).
    state : str
        `fresh` (up to date), `stale` (made from something that has changed since), `missing` (not made yet) or
        `unknown`.
    detail : str
        One short line of facts, such as ``version 3 · AUC 0.791 [0.765, 0.814]``.
    owner : str
        Who answers for it.
    badges : tuple of str
        Short marks, such as ``champion`` or ``gate passed``.
    """

    id: str
    title: str
    kind: Kind
    state: State
    detail: str = ""
    owner: str = ""
    badges: tuple[str, ...] = ()


class Plan(msgspec.Struct, frozen=True):
    """A project's flowchart: `edges` run from what is needed to what needs it."""

    name: str
    nodes: tuple[Node, ...]
    edges: tuple[tuple[str, str], ...]


def check_plan(plan: Plan) -> None:
    """Refuse a plan that cannot be drawn.

    Raises
    ------
    UsageError
        With every fault: ids used twice, edges that name no node, and nodes that need themselves.

    Examples
    --------
    >>> a = Node("a", "A", "data", "fresh")
    >>> check_plan(Plan("demo", (a,), (("a", "b"),)))
    Traceback (most recent call last):
    surtitle.errors.UsageError: the flowchart 'demo' cannot be drawn
      - edge 'a' -> 'b': there is no node 'b'; known: 'a'
    """
    faults = [*_id_faults(plan), *_edge_faults(plan)]
    if not faults:
        faults += _cycle_faults(plan)
    if faults:
        raise UsageError(f"the flowchart {plan.name!r} cannot be drawn", faults)


def _id_faults(plan: Plan) -> Iterator[Fault]:
    for name, count in Counter(node.id for node in plan.nodes).items():
        if count > 1:
            yield Fault(f"node {name!r}", f"is there {count} times", "give each node an id of its own")


def _edge_faults(plan: Plan) -> Iterator[Fault]:
    known = {node.id: None for node in plan.nodes}
    names = ", ".join(repr(name) for name in known) or "none"
    for edge in plan.edges:
        for name in dict.fromkeys(edge):
            if name not in known:
                yield Fault(f"edge {edge[0]!r} -> {edge[1]!r}", f"there is no node {name!r}", f"known: {names}")


def _cycle_faults(plan: Plan) -> Iterator[Fault]:
    """Peel off nodes that nothing left needs (Kahn 1962); a cycle is what cannot be peeled."""
    after: dict[str, set[str]] = {node.id: set() for node in plan.nodes}
    for source, target in plan.edges:
        after[source].add(target)
    leaves = [name for name, targets in after.items() if not targets]
    before: dict[str, list[str]] = {name: [] for name in after}
    for source, targets in after.items():
        for target in targets:
            before[target].append(source)
    while leaves:
        leaf = leaves.pop()
        del after[leaf]
        for source in before[leaf]:
            after[source].discard(leaf)
            if not after[source]:
                leaves.append(source)
    if after:
        yield Fault("edges", f"run in a circle: {' -> '.join(_walk_circle(after))}", "remove one of them")


def _walk_circle(after: dict[str, set[str]]) -> list[str]:
    # Every node left has a node after it, so the walk must come back to one that it has seen.
    path = [min(after)]
    while (following := min(after[path[-1]])) not in path:
        path.append(following)
    return [repr(name) for name in [*path[path.index(following) :], following]]
