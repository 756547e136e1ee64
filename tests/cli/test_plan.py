"""`surtitle plan`."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from surtitle.errors import ExitCode
from tests.cli.conftest import Run


@pytest.mark.parametrize("name", ["project", "trained_once"])
def test_the_flowchart_is_drawn_before_and_after_training(name: str, run: Run, request: pytest.FixtureRequest) -> None:
    folder = request.getfixturevalue(name)
    ran = run("plan", "--project", folder)
    assert ran.code == ExitCode.DONE, ran.err
    assert "comments.csv" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 120
    assert "\x1b" not in ran.out


def test_mermaid_text_is_printed(trained_once: Path, run: Run) -> None:
    assert run("plan", "--project", trained_once, "--mermaid").out.startswith("flowchart")


def test_an_svg_is_written(trained_once: Path, run: Run, tmp_path: Path) -> None:
    ran = run("plan", "--project", trained_once, "--svg", tmp_path / "plan.svg")
    assert (ran.code, ran.out) == (ExitCode.DONE, "")
    assert ElementTree.parse(tmp_path / "plan.svg").getroot().tag.endswith("svg")


def test_json_holds_nodes_and_edges(trained_once: Path, run: Run) -> None:
    plan = run("plan", "--project", trained_once, "--json").json()
    known = {node["id"] for node in plan["nodes"]}
    assert plan["name"] == "moderation"
    assert {end for edge in plan["edges"] for end in edge} <= known


def test_one_form_at_a_time(trained_once: Path, run: Run) -> None:
    assert run("plan", "--project", trained_once, "--mermaid", "--json").code == ExitCode.WRONG_INPUT


def test_a_drawing_that_cannot_be_written_is_told(trained_once: Path, run: Run, tmp_path: Path) -> None:
    ran = run("plan", "--project", trained_once, "--svg", tmp_path / "nowhere" / "plan.svg")
    assert ran.code == ExitCode.SURROUNDINGS
    assert "nowhere" in ran.err
