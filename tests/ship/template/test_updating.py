"""A project of one template, edited, and the next template: merged, conflicts shown, nothing lost, also when killed."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from surtitle.errors import UsageError
from surtitle.project import Project, create_project, load_project
from surtitle.settings import DataSettings, Settings
from surtitle.ship.template import updating
from surtitle.ship.template.merging import Step
from surtitle.ship.template.record import RECORD_NAME, read_record
from surtitle.ship.template.rendering import render_template
from surtitle.ship.template.updating import plan_project_update, start_project, update_project
from surtitle.ship.writing import write_files

SETTINGS = Settings(data=DataSettings(source="a.csv", text="body", label="removed"))
# How the next template differs: a line of the Makefile and of the README, a new file, and none for the notebook.
NEXT = """
import os, sys
from pathlib import Path
from surtitle.ship.template import rendering, updating
render = rendering.render_template
def newer(settings, forge):
    files = render(settings, forge)
    files["Makefile"] = files["Makefile"].replace("surtitle check", "surtitle check --json")
    files["README.md"] = files["README.md"].replace("## Begin", "## Begin here")
    files["SECURITY.md"] = "Report it.\\n"
    del files["notebooks/look.ipynb"]
    return files
updating.render_template = newer
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    start_project(tmp_path, SETTINGS, "github")
    return create_project(tmp_path, SETTINGS)


@pytest.fixture
def move_on(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Return what installs the next template."""
    monkeypatch.setattr(updating, "render_template", render_template)  # to be put back
    return lambda: exec(NEXT, {})


def kinds(steps: list[Step]) -> dict[str, str]:
    return {step.path: step.kind for step in steps}


def edit(root: Path, name: str, before: str, after: str) -> None:
    path = root / name
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after), encoding="utf-8")


def test_a_new_project_has_nothing_to_update(project: Project) -> None:
    assert update_project(project) == []
    assert not (project.state / "update.json").exists()


def test_edits_and_the_next_template_come_together(project: Project, move_on: Callable[[], None]) -> None:
    move_on()
    edit(project.root, "Makefile", "surtitle serve\n", "surtitle serve --workers 4\n")
    edit(project.root, "README.md", "## Begin\n", "## How we begin\n")
    edit(project.root, "prepare.py", '"""Your own', '"""Our own')
    (project.root / "tests/test_prepare.py").unlink()
    steps = update_project(project)
    assert kinds(steps) == {
        "Makefile": "merged",
        "README.md": "conflict",
        "SECURITY.md": "added",
        "notebooks/look.ipynb": "removed",
    }
    makefile = (project.root / "Makefile").read_text()
    assert "surtitle serve --workers 4\n" in makefile
    assert "surtitle check --json\n" in makefile
    readme = (project.root / "README.md").read_text()
    assert "## How we begin" in readme
    assert "## Begin here" in readme
    assert "<<<<<<< yours" in readme
    assert "Our own" in (project.root / "prepare.py").read_text()
    assert not (project.root / "tests/test_prepare.py").exists()
    assert not (project.root / "notebooks/look.ipynb").exists()


def test_conflicts_are_settled_before_the_next_update(project: Project, move_on: Callable[[], None]) -> None:
    move_on()
    edit(project.root, "README.md", "## Begin\n", "## How we begin\n")
    update_project(project)
    with pytest.raises(UsageError, match=r"README\.md: still has conflict marks"):
        update_project(project)
    readme = project.root / "README.md"
    settled = [
        line for line in readme.read_text().splitlines() if not line.startswith(("<<<<", "||||", "====", ">>>>"))
    ]
    readme.write_text("\n".join(settled))
    assert update_project(project) == []


def test_what_is_only_looked_at_is_not_written(project: Project, move_on: Callable[[], None]) -> None:
    move_on()
    before = {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()}
    steps, _ = plan_project_update(project)
    assert len(steps) == 4
    assert {path: path.read_bytes() for path in project.root.rglob("*") if path.is_file()} == before


def test_files_that_were_there_are_left_alone_for_good(tmp_path: Path, move_on: Callable[[], None]) -> None:
    (tmp_path / "README.md").write_text("Mine.\n")
    (tmp_path / "Makefile").write_text("mine:\n")
    started = start_project(tmp_path, SETTINGS, "none")
    assert set(started.kept) == {"README.md", "Makefile"}
    project = create_project(tmp_path, SETTINGS)
    assert update_project(project) == []
    move_on()
    assert kinds(update_project(project)) == {"SECURITY.md": "added", "notebooks/look.ipynb": "removed"}
    assert (tmp_path / "README.md").read_text() == "Mine.\n"


def test_a_project_from_before_the_template_gets_it_beside_its_own_files(tmp_path: Path) -> None:
    project = create_project(tmp_path, SETTINGS)
    (tmp_path / "README.md").write_text("Mine.\n")
    steps = kinds(update_project(project, "none"))
    assert steps["README.md"] == "beside"
    assert steps["prepare.py"] == "added"
    assert (tmp_path / "README.md").read_text() == "Mine.\n"
    assert (tmp_path / "README.md.from-template").read_text().startswith("# model")
    assert update_project(project) == []


def test_changed_owners_come_into_the_file_of_owners(project: Project) -> None:
    with (project.root / "surtitle.toml").open("a") as file:
        file.write('[owners]\nprepare = "@data/people, ana@example.org"\ntrain = "Ana"\n')
    assert kinds(update_project(load_project(project.root))) == {"CODEOWNERS": "updated", "README.md": "updated"}
    owners = (project.root / "CODEOWNERS").read_text()
    assert "/prepare.py @data/people ana@example.org" in owners
    assert "# train: Ana" in owners


def test_another_forge_takes_the_first_ones_pipeline_away(project: Project) -> None:
    steps = kinds(update_project(project, "gitlab"))
    assert steps[".gitlab-ci.yml"] == "added"
    assert steps[".github/workflows/surtitle.yml"] == "removed"
    record = read_record(project.root)
    assert record is not None
    assert record.forge == "gitlab"


def test_writing_a_merged_file_anew_still_knows_that_it_was_edited(
    project: Project, move_on: Callable[[], None]
) -> None:
    move_on()
    edit(project.root, "Makefile", "surtitle serve\n", "surtitle serve --workers 4\n")
    update_project(project)
    theirs = vars(updating)["render_template"](SETTINGS, "github")
    with pytest.raises(UsageError, match=r"Makefile: has been edited"):
        write_files(project.root, {"Makefile": theirs["Makefile"] + "more\n"})
    write_files(project.root, {"SECURITY.md": "newer\n"})


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("not JSON", "cannot be read"),
        ('{"format": 1, "files": 3}', "cannot be read"),
        ('{"format": 2, "anything": []}', "written by a newer Surtitle"),
        ('{"format": 1, "surtitle": "0", "forge": "github", "files": {"../x": "a"}}', "outside of"),
    ],
)
def test_a_damaged_record_is_refused(project: Project, content: str, message: str) -> None:
    (project.root / RECORD_NAME).write_text(content)
    with pytest.raises(UsageError, match=message):
        update_project(project)
    assert not (project.root.parent / "x").exists()


KILLED = """
import signal
from surtitle.project import load_project
root, after = Path(sys.argv[1]), int(sys.argv[2])
replace, done = updating.replace_file, [0]
def dying(path, content, **rest):
    if done[0] == after:
        os.kill(os.getpid(), signal.SIGKILL)
    done[0] += 1
    replace(path, content, **rest)
updating.replace_file = dying
updating.update_project(load_project(root))
"""


# The journal, three files, and the record are written in this order.
@pytest.mark.parametrize("after", [0, 2, 4])
def test_an_update_that_is_killed_is_finished_by_the_next_and_edits_stay(
    project: Project, move_on: Callable[[], None], after: int
) -> None:
    move_on()
    edit(project.root, "Makefile", "surtitle serve\n", "surtitle serve --workers 4\n")
    edit(project.root, "README.md", "## Begin\n", "## How we begin\n")
    died = subprocess.run(
        [sys.executable, "-c", NEXT + KILLED, str(project.root), str(after)], capture_output=True, text=True, timeout=60
    )
    assert died.returncode == -9, died.stderr
    # Somebody goes on editing before the update is run again.
    edit(project.root, "prepare.py", '"""Your own', '"""Our own')
    assert kinds(update_project(project))["README.md"] == "conflict"
    assert (project.root / "Makefile").read_text().count("surtitle serve --workers 4\n") == 1
    assert (project.root / "README.md").read_text().count("<<<<<<< yours") == 1
    assert "## How we begin" in (project.root / "README.md").read_text()
    assert (project.root / "SECURITY.md").read_text() == "Report it.\n"
    assert not (project.root / "notebooks/look.ipynb").exists()
    assert not (project.state / "update.json").exists()
    record = read_record(project.root)
    assert record is not None
    assert record.files == vars(updating)["render_template"](SETTINGS, "github")


def test_a_file_edited_after_the_kill_is_not_overwritten(project: Project, move_on: Callable[[], None]) -> None:
    move_on()
    subprocess.run([sys.executable, "-c", NEXT + KILLED, str(project.root), "1"], capture_output=True, timeout=60)
    edit(project.root, "Makefile", "surtitle serve\n", "surtitle serve --workers 8\n")
    assert kinds(update_project(project))["Makefile"] == "beside"
    assert "--workers 8" in (project.root / "Makefile").read_text()
    assert "surtitle check --json" in (project.root / "Makefile.from-template").read_text()


def test_the_template_is_the_same_for_the_same_settings() -> None:
    assert render_template(SETTINGS, "github") == render_template(SETTINGS, "github")
