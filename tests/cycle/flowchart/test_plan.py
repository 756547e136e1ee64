from collections.abc import Callable

import pytest

from surtitle.cycle.flowchart import Node, Plan, check_plan, to_mermaid, to_svg, to_text
from surtitle.errors import ExitCode, UsageError

from .charts import chain


def _nodes(*names: str) -> tuple[Node, ...]:
    return tuple(Node(name, name, "stage", "fresh") for name in names)


def test_a_plan_without_faults_passes() -> None:
    check_plan(chain(5))
    check_plan(Plan("empty", (), ()))


def test_every_fault_is_told_at_once() -> None:
    plan = Plan("demo", _nodes("a", "a", "b"), (("a", "x"), ("y", "b")))
    with pytest.raises(UsageError) as caught:
        check_plan(plan)
    told = str(caught.value)
    assert len(caught.value.faults) == 3
    assert caught.value.exit_code == ExitCode.WRONG_INPUT
    assert "'a': is there 2 times" in told
    assert "edge 'a' -> 'x': there is no node 'x'; known: 'a', 'b'" in told
    assert "edge 'y' -> 'b': there is no node 'y'" in told


def test_an_edge_in_an_empty_plan_is_a_fault() -> None:
    with pytest.raises(UsageError, match="known: none"):
        check_plan(Plan("demo", (), (("a", "a"),)))


def test_a_circle_is_named() -> None:
    plan = Plan("demo", _nodes("z", "a", "b", "c", "d"), (("z", "a"), ("a", "b"), ("b", "c"), ("c", "a"), ("c", "d")))
    with pytest.raises(UsageError, match="'a' -> 'b' -> 'c' -> 'a'; remove one"):
        check_plan(plan)


def test_a_node_that_needs_itself_is_a_circle() -> None:
    with pytest.raises(UsageError, match="'a' -> 'a'"):
        check_plan(Plan("demo", _nodes("a"), (("a", "a"),)))


@pytest.mark.parametrize("draw", [to_svg, to_mermaid, lambda plan: to_text(plan, 80, colour=False)])
def test_every_way_to_draw_refuses_a_faulty_plan(draw: Callable[[Plan], str]) -> None:
    with pytest.raises(UsageError, match="there is no node 'b'"):
        draw(Plan("demo", _nodes("a"), (("a", "b"),)))
