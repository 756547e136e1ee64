from itertools import pairwise

import pytest
from hypothesis import given, settings

from surtitle.cycle.flowchart import Node, Plan
from surtitle.cycle.flowchart.layout import lay_out, place

from .charts import chain, plans, typical


def _depth(plan: Plan) -> dict[int, int]:
    return {cell: level for level, layer in enumerate(lay_out(plan).layers) for cell in layer}


@settings(max_examples=40)
@given(plans())
def test_every_edge_runs_down_one_layer_at_a_time(plan: Plan) -> None:
    layout, depth = lay_out(plan), _depth(plan)
    assert len(layout.routes) == len(set(plan.edges))
    for route in layout.routes:
        assert [depth[lower] - depth[upper] for upper, lower in pairwise(route)] == [1] * (len(route) - 1)


@settings(max_examples=40)
@given(plans())
def test_every_node_stands_in_one_place_and_no_layer_is_empty_of_nodes(plan: Plan) -> None:
    layout = lay_out(plan)
    cells = [cell for layer in layout.layers for cell in layer]
    assert len(cells) == len(set(cells))
    assert set(range(len(plan.nodes))) <= set(cells)
    assert all(any(cell < layout.n_nodes for cell in layer) for layer in layout.layers)


@settings(max_examples=40)
@given(plans())
def test_neighbours_never_overlap(plan: Plan) -> None:
    layout = lay_out(plan)
    widths = {cell: 20.0 if cell < layout.n_nodes else 1.0 for layer in layout.layers for cell in layer}
    centres = place(layout, widths, 3)
    for layer in layout.layers:
        for left, right in pairwise(layer):
            assert centres[right] - centres[left] >= (widths[left] + widths[right]) / 2 + 3 - 0.02


def test_a_source_stands_right_above_what_needs_it() -> None:
    plan = typical()
    index = {node.id: number for number, node in enumerate(plan.nodes)}
    depth = _depth(plan)
    assert depth[index["settings"]] == depth[index["prepare"]] - 1


def test_long_edges_of_one_source_share_their_bends() -> None:
    nodes = tuple(Node(name, name, "stage", "fresh") for name in "abcd")
    layout = lay_out(Plan("demo", nodes, (("a", "b"), ("b", "c"), ("c", "d"), ("a", "c"), ("a", "d"))))
    long, longer = layout.routes[3], layout.routes[4]
    assert long == (0, 4, 2)
    assert longer == (0, 4, 5, 3)


def test_order_avoids_a_needless_crossing() -> None:
    nodes = tuple(Node(name, name, "stage", "fresh") for name in "abxy")
    layout = lay_out(Plan("demo", nodes, (("a", "y"), ("b", "x"))))
    upper, lower = layout.layers
    assert [upper.index(0), upper.index(1)] == [lower.index(3), lower.index(2)]


@pytest.mark.parametrize("plan", [typical(), chain(6)], ids=["typical", "chain"])
def test_the_main_line_is_straight(plan: Plan) -> None:
    layout = lay_out(plan)
    widths = {cell: 20.0 if cell < layout.n_nodes else 1.0 for layer in layout.layers for cell in layer}
    centres = place(layout, widths, 3)
    main = [
        number for number, node in enumerate(plan.nodes) if node.id in ("data", "prepare", "train", "gate", "score")
    ]
    assert len({centres[cell] for cell in main or layout.routes[0]}) == 1


def test_an_empty_plan_has_no_layers() -> None:
    layout = lay_out(Plan("empty", (), ()))
    assert layout.layers == ()
    assert place(layout, {}, 3) == {}


def test_a_long_chain_is_laid_out() -> None:
    assert len(lay_out(chain(300)).layers) == 300
