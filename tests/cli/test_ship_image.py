"""`surtitle ship image`: files that are written once and never over an edit; wrong use."""

import re
from importlib.metadata import version
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.ship.image.wheels import make_wheel

NEEDED = (
    *("surtitle", "surtitle-native", "msgspec", "numpy", "safetensors", "scipy", "typer", "httptools"),
    *("prometheus-client", "starlette", "uvicorn", "uvloop", "spacy", "spacy-lookups-data"),
)
FILES = ["Dockerfile", ".dockerignore", "requirements-serve.txt", "sbom.cdx.json"]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a wheel of each package that an image needs, and no index."""
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    folder = tmp_path / "house"
    folder.mkdir()
    for name in NEEDED:
        make_wheel(folder, name, "0.1.0" if name.startswith("surtitle") else version(name))
    return folder


def test_the_files_are_written_and_an_edit_is_not_overwritten(run: Run, trained: Path, house: Path) -> None:
    ran = run("ship", "image", "--project", trained, "--wheels", house, "--json")
    assert ran.code == 0, ran.err
    told = ran.json()
    assert [(each["path"], each["change"]) for each in told["files"]] == [(name, "new") for name in FILES]
    assert (told["version"], told["port"], told["image"]) == (1, 8080, None)
    page = (Path(__file__).parents[2] / "docs/reference/json.md").read_text(encoding="utf-8")
    section = page.partition("## surtitle ship image\n")[2].partition("\n## ")[0]
    assert set(told) == set(re.findall(r"^\| `(\w+)` \|", section, re.M))
    assert "--no-index" in (trained / "Dockerfile").read_text()
    wheels = {path.name for path in (trained / ".surtitle/image/wheels").iterdir()}
    assert len(wheels) == told["packages"]

    (trained / "Dockerfile").write_text("FROM mine\n")
    ran = run("ship", "image", "--project", trained, "--wheels", house)
    assert ran.code == 2
    assert "Dockerfile: has been edited" in ran.err
    assert (trained / "Dockerfile").read_text() == "FROM mine\n"


@pytest.mark.parametrize("option", [["--tag", "a:1"], ["--builder", "podman"], ["--", "--no-cache"]])
def test_what_is_for_the_build_wants_a_build(run: Run, trained: Path, option: list[str]) -> None:
    ran = run("ship", "image", "--project", trained, *option)
    assert (ran.code, "--build" in ran.err, ran.out) == (2, True, "")


def test_without_a_champion_it_says_how_to_get_one(run: Run, project: Path) -> None:
    ran = run("ship", "image", "--project", project)
    assert (ran.code, "surtitle train" in ran.err, (project / "Dockerfile").exists()) == (2, True, False)


def test_a_base_that_hides_its_python_is_asked_about(run: Run, trained: Path) -> None:
    ran = run("ship", "image", "--project", trained, "--set", f"ship.base=own/base:1@sha256:{'0' * 64}")
    assert (ran.code, "ship.python" in ran.err) == (2, True)


def test_without_a_builder_nothing_is_written(
    run: Run, trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = run("ship", "image", "--build", "--project", trained)
    assert (ran.code, "podman" in ran.err, (trained / "Dockerfile").exists()) == (3, True, False)
