"""Where the nodes of a flowchart go: layers, the order within a layer, and positions across it.

The method is that of Sugiyama, Tagawa and Toda (1981), "Methods for Visual Understanding of Hierarchical System
Structures", in its plainest form: longest-path layers, barycentre ordering, then positions that pull connected cells
under each other.
"""

from collections.abc import Mapping, Sequence
from itertools import pairwise

import msgspec

from surtitle.cycle.flowchart.plan import Plan, check_plan

__all__ = ["Layout", "lay_out", "place"]

_SWEEPS = 12
_BEND_WEIGHT = 4.0  # a straight long edge is worth more than a centred node
_SPINE_WEIGHT = 1e6  # and the main line is straight whatever the rest does


class Layout(msgspec.Struct, frozen=True):
    """Cells in layers, top to bottom and left to right.

    Parameters
    ----------
    layers : tuple of tuple of int
        A cell is a node's index in the plan or, from `n_nodes` on, a bend: the place where an edge passes a layer.
    routes : tuple of tuple of int
        For each edge the cells that it runs through, from its source to its target, one layer down each time.
    n_nodes : int
        How many of the cells are nodes.
    """

    layers: tuple[tuple[int, ...], ...]
    routes: tuple[tuple[int, ...], ...]
    n_nodes: int

    @property
    def links(self) -> tuple[tuple[int, int], ...]:
        """The pairs of cells, one layer apart, that an edge connects; each pair once."""
        pairs = (pair for route in self.routes for pair in pairwise(route))
        return tuple(dict.fromkeys(pairs))


def lay_out(plan: Plan) -> Layout:
    """Choose layers and the order in them.

    Raises
    ------
    UsageError
        If the plan cannot be drawn.

    Examples
    --------
    >>> from surtitle.cycle.flowchart.plan import Node
    >>> nodes = tuple(Node(name, name, "stage", "fresh") for name in "abc")
    >>> layout = lay_out(Plan("demo", nodes, (("a", "b"), ("b", "c"), ("a", "c"))))
    >>> layout.layers, layout.routes
    (((0,), (1, 3), (2,)), ((0, 1), (1, 2), (0, 3, 2)))
    """
    check_plan(plan)
    index = {node.id: number for number, node in enumerate(plan.nodes)}
    edges = [(index[source], index[target]) for source, target in dict.fromkeys(plan.edges)]
    depth = _depths(len(index), edges)
    layers: list[list[int]] = [[] for _ in range(max(depth, default=-1) + 1)]
    for number, level in enumerate(depth):
        layers[level].append(number)
    routes = _route(edges, depth, layers, len(index))
    layout = Layout(_freeze(layers), tuple(routes), len(index))
    return msgspec.structs.replace(layout, layers=_order(layout))


def _freeze(layers: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(layer) for layer in layers)


def _depths(n_nodes: int, edges: Sequence[tuple[int, int]]) -> list[int]:
    depth = [0] * n_nodes
    moved = True
    while moved:  # ends because the edges hold no circle
        moved = False
        for source, target in edges:
            if depth[target] <= depth[source]:
                depth[target] = depth[source] + 1
                moved = True
    targets = {target for _, target in edges}
    for number in set(range(n_nodes)) - targets:  # what needs nothing stands right above what needs it
        below = [depth[target] for source, target in edges if source == number]
        depth[number] = min(below, default=1) - 1
    return depth


def _route(
    edges: Sequence[tuple[int, int]], depth: Sequence[int], layers: list[list[int]], n_nodes: int
) -> list[tuple[int, ...]]:
    """Run each edge through one bend per layer that it passes; edges of one source share their bends."""
    bends: dict[tuple[int, int], int] = {}
    routes = []
    for source, target in edges:
        route = [source]
        for level in range(depth[source] + 1, depth[target]):
            if (source, level) not in bends:
                bends[source, level] = n_nodes + len(bends)
                layers[level].append(bends[source, level])
            route.append(bends[source, level])
        routes.append((*route, target))
    return routes


def _order(layout: Layout) -> tuple[tuple[int, ...], ...]:
    above, below = _neighbours(layout.links)
    layers = [list(layer) for layer in layout.layers]
    best, fewest = layout.layers, _crossings(layers, below)
    for sweep in range(_SWEEPS):
        if sweep % 2 == 0:
            for upper, layer in pairwise(layers):
                _sort_by_barycentre(layer, upper, above)
        else:
            for layer, lower in zip(layers[-2::-1], layers[:0:-1], strict=True):
                _sort_by_barycentre(layer, lower, below)
        crossings = _crossings(layers, below)
        if crossings < fewest:
            best, fewest = _freeze(layers), crossings
    return best


def _neighbours(links: Sequence[tuple[int, int]]) -> tuple[dict[int, list[int]], dict[int, list[int]]]:
    above: dict[int, list[int]] = {}
    below: dict[int, list[int]] = {}
    for upper, lower in links:
        above.setdefault(lower, []).append(upper)
        below.setdefault(upper, []).append(lower)
    return above, below


def _sort_by_barycentre(layer: list[int], other: Sequence[int], neighbours: Mapping[int, Sequence[int]]) -> None:
    place_of = {cell: place for place, cell in enumerate(other)}
    own = {cell: place for place, cell in enumerate(layer)}

    def barycentre(cell: int) -> float:
        places = [place_of[near] for near in neighbours.get(cell, ()) if near in place_of]
        return sum(places) / len(places) if places else float(own[cell])

    layer.sort(key=barycentre)


def _crossings(layers: Sequence[Sequence[int]], below: Mapping[int, Sequence[int]]) -> int:
    total = 0
    for upper, lower in pairwise(layers):
        place_of = {cell: place for place, cell in enumerate(lower)}
        ends = [sorted(place_of[cell] for cell in below.get(start, ())) for start in upper]
        flat = [end for group in ends for end in group]
        total += sum(a > b for number, a in enumerate(flat) for b in flat[number + 1 :])
    return total


def place(layout: Layout, widths: Mapping[int, float], gap: float) -> dict[int, float]:
    """Find the centre of each cell across its layer, at least `gap` between neighbours, the leftmost edge at 0.

    Parameters
    ----------
    layout : Layout
        From `lay_out`.
    widths : mapping of int to float
        The width of each cell.
    gap : float
        The least distance between the edges of two neighbours, in the unit of the widths.

    Examples
    --------
    >>> layout = Layout(((0, 1), (2,)), ((0, 2), (1, 2)), 3)
    >>> place(layout, {0: 10, 1: 10, 2: 10}, 4)
    {0: 5.0, 1: 19.0, 2: 5.0}
    """
    spine = _spine(layout)
    weights = {cell: _BEND_WEIGHT if cell >= layout.n_nodes else 1.0 for layer in layout.layers for cell in layer}
    weights |= dict.fromkeys(spine, _SPINE_WEIGHT)
    centres: dict[int, float] = {}
    for layer in layout.layers:
        centres |= _spread(layer, dict.fromkeys(layer, 0.0), weights, widths, gap)
    above, below = _neighbours(layout.links)
    for sweep in range(_SWEEPS):
        pull = above if sweep % 2 == 0 else below
        for layer in layout.layers if sweep % 2 == 0 else reversed(layout.layers):
            wanted = {cell: _pull(cell, pull.get(cell, ()), centres, spine) for cell in layer}
            centres |= _spread(layer, wanted, weights, widths, gap)
    left = min((centres[cell] - widths[cell] / 2 for cell in centres), default=0.0)
    return {cell: round(centre - left, 2) for cell, centre in sorted(centres.items())}


def _spine(layout: Layout) -> frozenset[int]:
    """Return the longest way through the nodes, the first of equals: the chart's main line."""
    best: dict[int, tuple[int, ...]] = {cell: (cell,) for cell in range(layout.n_nodes)}
    for layer in reversed(layout.layers):
        for route in layout.routes:
            source, target = route[0], route[-1]
            if source in layer and len(route) == 2 and len(best[target]) + 1 > len(best[source]):
                best[source] = (source, *best[target])
    ways = sorted(best.values(), key=len, reverse=True)
    return frozenset(ways[0] if ways else ())


def _pull(cell: int, near: Sequence[int], centres: Mapping[int, float], spine: frozenset[int]) -> float:
    """Return where `cell` would stand if it were alone: under or above what it is connected with."""
    if cell in spine:
        near = [other for other in near if other in spine]
    return sum(centres[other] for other in near) / len(near) if near else centres[cell]


def _spread(
    layer: Sequence[int],
    wanted: Mapping[int, float],
    weights: Mapping[int, float],
    widths: Mapping[int, float],
    gap: float,
) -> dict[int, float]:
    """Move cells as little as possible (weighted squares) so that none overlap: pooled adjacent violators."""
    offsets = [0.0]
    for left, right in pairwise(layer):
        offsets.append(offsets[-1] + (widths[left] + widths[right]) / 2 + gap)
    blocks: list[tuple[float, float, int]] = []  # of cells that touch: mean of wanted less offset, weight, cells
    for cell, offset in zip(layer, offsets, strict=True):
        block = (wanted[cell] - offset, weights[cell], 1)
        while blocks and blocks[-1][0] > block[0]:
            mean, weight, count = blocks.pop()
            total = weight + block[1]
            block = ((mean * weight + block[0] * block[1]) / total, total, count + block[2])
        blocks.append(block)
    starts = [mean for mean, _, count in blocks for _ in range(count)]
    return {cell: start + offset for cell, start, offset in zip(layer, starts, offsets, strict=True)}
