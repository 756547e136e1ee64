"""The files of a project, whatever its settings say."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from surtitle.settings import DataSettings, OwnerSettings, Settings, TrainSettings
from surtitle.ship.template.rendering import Forge, render_template
from surtitle.ship.template.updating import start_project
from tests.ship.ci.checkers import run_checker


def with_owners(**owners: str) -> list[str]:
    told = Settings(data=DataSettings(source="a.csv"), owners=OwnerSettings(**owners))
    return render_template(told, "github")["CODEOWNERS"].splitlines()


@settings(max_examples=50)
@given(st.text(min_size=1, max_size=30).filter(lambda text: text.isascii() or text.isprintable()))
def test_any_column_is_named_in_your_function(text: str) -> None:
    files = render_template(Settings(data=DataSettings(source="a.csv", text=text)), "none")
    line = next(line for line in files["prepare.py"].split("\n") if line.startswith("TEXT = "))
    assert eval(line.removeprefix("TEXT = ")) == text
    compile(files["prepare.py"], "prepare.py", "exec")


@settings(max_examples=50)
@given(st.text(max_size=40))
def test_no_owner_breaks_the_file_of_owners(owner: str) -> None:
    for line in with_owners(data=owner):
        assert not line or line.startswith("#") or re.fullmatch(r"/\S+( (@[\w./-]+|\S+@\S+))+", line, re.ASCII)


def test_owners_answer_for_the_files_of_their_stage() -> None:
    lines = with_owners(prepare="@ana", registry="@team/models, ops@example.org", uses="the operators")
    assert "/prepare.py @ana" in lines
    assert "/tests/ @ana" in lines
    assert "/.github/ @team/models ops@example.org" in lines
    assert "# uses: the operators" in lines


def test_the_flowchart_shows_your_own_parts_and_owners() -> None:
    told = Settings(
        data=DataSettings(source="data/a.csv", prepare="prepare:prepare"),
        train=TrainSettings(estimator="mine:make"),
        owners=OwnerSettings(data="Ana"),
    )
    chart = render_template(told, "none")["README.md"].partition("```mermaid\n")[2].partition("```")[0]
    assert chart.startswith("flowchart TB")
    for part in ("a#46;csv", "Ana", "prepare#58;prepare", "mine#58;make"):
        assert part in chart


@pytest.mark.parametrize("forge", ["github", "gitlab", "none"])
def test_nothing_is_left_to_fill_in(forge: Forge) -> None:
    for text in render_template(Settings(data=DataSettings(source="a.csv")), forge).values():
        assert "@{" not in text
        assert text.endswith("\n")


def test_what_a_project_starts_with_passes_its_own_checks(tmp_path: Path) -> None:
    start_project(tmp_path, Settings(data=DataSettings(source="a.csv", text="body")), "none")
    run_checker("ruff", "check", "--no-cache", folder=tmp_path)
    run_checker("ruff", "format", "--check", "--no-cache", folder=tmp_path)
    run_checker("python", "-m", "pytest", "-q", "-p", "no:cacheprovider", folder=tmp_path)


def test_the_notebook_is_a_notebook() -> None:
    notebook = json.loads(render_template(Settings(data=DataSettings(source="a.csv")), "none")["notebooks/look.ipynb"])
    assert (notebook["nbformat"], notebook["nbformat_minor"]) == (4, 5)
    assert len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
