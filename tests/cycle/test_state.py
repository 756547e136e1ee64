from pathlib import Path

from surtitle.cycle import project_plan, promote, train
from surtitle.cycle.flowchart import Node, to_mermaid, to_svg, to_text
from surtitle.project import Project, load_project

from .projects import NOW, make_project, write_comments


def nodes(project: Project) -> dict[str, Node]:
    return {node.id: node for node in project_plan(project, now=NOW).nodes}


def states(project: Project) -> dict[str, str]:
    return {name: node.state for name, node in nodes(project).items()}


def test_a_new_project_lacks_everything_but_its_data(tmp_path: Path) -> None:
    found = states(make_project(tmp_path))
    assert found["data"] == found["settings"] == "fresh"
    assert {found[name] for name in ("prepare", "train", "evaluate", "version", "gate", "champion", "score")} == {
        "missing"
    }


def test_after_training_everything_is_fresh(tmp_path: Path) -> None:
    project = make_project(tmp_path, '[owners]\ntrain = "Ada"\n')
    train(project, now=NOW, environ={})
    assert set(states(project).values()) == {"fresh"}
    assert nodes(project)["version"].badges == ("champion",)
    assert nodes(project)["train"].owner == "Ada"
    assert nodes(project)["data"].detail == "600 rows"


def test_changed_data_makes_all_that_follows_stale(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    train(project, now=NOW, environ={})
    write_comments(tmp_path / "comments.csv", 700)
    found = states(project)
    assert found["data"] == "fresh"
    assert {found[name] for name in ("prepare", "train", "evaluate", "version", "champion")} == {"stale"}


def test_changed_settings_leave_the_prepared_data_fresh(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    train(project, now=NOW, environ={})
    found = states(load_project(tmp_path, ["train.c=3.0"]))
    assert found["prepare"] == "fresh"
    assert found["train"] == found["champion"] == "stale"


def test_a_challenger_leaves_the_champion_stale_until_it_is_promoted(tmp_path: Path) -> None:
    train(make_project(tmp_path), now=NOW, environ={})
    project = load_project(tmp_path, ["train.c=1.5"])
    train(project, now=NOW, environ={})
    assert states(project)["champion"] == "stale"
    assert nodes(project)["version"].badges == ("challenger",)
    promote(project, "2", now=NOW, environ={}, force=True, why="test")
    assert states(project)["champion"] == "fresh"
    assert nodes(project)["gate"].detail == "version 2 against version 1"


def test_data_that_is_gone_is_missing(tmp_path: Path) -> None:
    project = make_project(tmp_path)
    (tmp_path / "comments.csv").unlink()
    assert states(project)["data"] == "missing"


def test_own_functions_stand_in_the_chart(tmp_path: Path) -> None:
    make_project(tmp_path)
    (tmp_path / "mine.py").write_text("def prepare(table):\n    return table\n")
    project = load_project(tmp_path, ["data.prepare=mine:prepare", "train.estimator=mine:prepare"])
    plan = project_plan(project, now=NOW)
    assert ("own", "prepare") in plan.edges
    assert ("estimator", "train") in plan.edges


def test_a_query_is_not_run_for_the_chart(tmp_path: Path) -> None:
    make_project(tmp_path)
    project = load_project(tmp_path, ["data.source=''", 'data.sql="select * from nowhere"'])
    assert states(project)["data"] == "unknown"


def test_every_drawing_takes_it(tmp_path: Path) -> None:
    plan = project_plan(make_project(tmp_path), now=NOW)
    assert "comments.csv" in to_text(plan, 80, colour=False)
    assert "comments.csv" in to_svg(plan)
    assert to_mermaid(plan).startswith("flowchart")
