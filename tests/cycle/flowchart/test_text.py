import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surtitle.cycle.flowchart import LEAST_WIDTH, Node, Plan, to_text
from surtitle.cycle.flowchart.labels import columns
from surtitle.errors import UsageError

from .charts import chain, plans, typical

ANSI = re.compile(r"\x1b\[[\d;]*m")


@settings(max_examples=40)
@given(plans(), st.integers(LEAST_WIDTH, 140))
def test_no_line_is_wider_than_the_terminal(plan: Plan, width: int) -> None:
    assert all(columns(line) <= width for line in to_text(plan, width, colour=False).split("\n"))


@settings(max_examples=40)
@given(plans())
def test_colour_changes_nothing_but_colour(plan: Plan) -> None:
    coloured = [line.rstrip() for line in ANSI.sub("", to_text(plan, 80, colour=True)).split("\n")]
    assert coloured == [line.rstrip() for line in to_text(plan, 80, colour=False).split("\n")]


@settings(max_examples=40)
@given(plans(), st.integers(LEAST_WIDTH, 140))
def test_labels_cannot_steer_the_terminal(plan: Plan, width: int) -> None:
    assert "\x1b" not in to_text(plan, width, colour=False)


def test_a_fork_and_its_join_are_drawn_with_lines() -> None:
    nodes = tuple(Node(name, name, "stage", "fresh") for name in "abcd")
    plan = Plan("demo", nodes, (("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")))
    assert to_text(plan, 60, colour=False).splitlines()[2:-2] == [
        "╭─ ▷ a ─────────── ● fresh ─╮",
        "╰─────────────┬─────────────╯",
        "              ├──────────────────────────────╮",
        "              ▼                              ▼",
        "╭─ ▷ b ─────────── ● fresh ─╮  ╭─ ▷ c ─────────── ● fresh ─╮",
        "╰─────────────┬─────────────╯  ╰─────────────┬─────────────╯",
        "              ├──────────────────────────────╯",
        "              ▼",
        "╭─ ▷ d ─────────── ● fresh ─╮",
        "╰───────────────────────────╯",
    ]


def test_the_typical_plan_is_drawn_in_80_columns_with_nothing_cut() -> None:
    text = to_text(typical(), 80, colour=False)
    assert "╭─" in text
    assert "needs:" not in text
    assert "…" not in text
    for node in typical().nodes:
        assert node.title in text
        assert all(f"[{badge}]" in text for badge in node.badges)


def test_a_narrow_terminal_gets_an_outline_with_what_each_node_needs() -> None:
    text = to_text(typical(), 40, colour=False)
    assert "╭" not in text
    assert "◐ evaluate (stage, stale)" in text
    assert "  needs: train, check and prepare" in text


def test_a_chain_is_drawn_however_long() -> None:
    assert to_text(chain(200), 80, colour=False).count("▼") == 199


def test_an_empty_plan_is_only_a_name() -> None:
    assert to_text(Plan("demo", (), ()), 80, colour=False).strip() == "demo"


def test_too_few_columns_are_refused() -> None:
    with pytest.raises(UsageError, match="at least 20 columns, got 19"):
        to_text(typical(), 19, colour=False)
