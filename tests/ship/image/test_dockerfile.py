"""The Dockerfile: what it says, that checkers agree, and that no setting can break out of it."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from surtitle.settings.ship import PINNED_BASE
from surtitle.ship.image.dockerfile import Recipe, dockerignore, render_dockerfile

PLAIN = Recipe(
    name="garden",
    base=PINNED_BASE,
    port=8080,
    wheels=True,
    offline=True,
    description="decides on comments",
    source="https://example.org/garden",
    licenses="Apache-2.0",
    security="mailto:security@example.org",
)
_INSTRUCTION = re.compile(r"^([A-Z]+) ", re.M)


def test_both_stages_stand_on_the_pinned_base() -> None:
    text = render_dockerfile(PLAIN)
    assert re.findall(r"^FROM (\S+)( AS \w+)?$", text, re.M) == [(PINNED_BASE, " AS build"), (PINNED_BASE, "")]


def test_dependencies_come_before_the_model() -> None:
    text = render_dockerfile(PLAIN)
    assert text.index("COPY requirements-serve.txt") < text.index("pip --python") < text.index("image/model/")


def test_nothing_of_a_shell_stands_between_the_kernel_and_the_service() -> None:
    text = render_dockerfile(PLAIN)
    assert 'ENTRYPOINT ["surtitle"]\nCMD ["serve"]' in text
    assert "<<" not in text, "buildah 1.28 knows no heredocs"
    assert not re.search(r"COPY --(?!from=build )", text)


def test_the_port_is_the_service_s() -> None:
    assert "\nEXPOSE 9000\n" in render_dockerfile(_with(port=9000))


@pytest.mark.parametrize(
    ("wheels", "offline", "options"),
    [(False, False, ""), (True, False, " --find-links=wheels"), (True, True, " --find-links=wheels --no-index")],
)
def test_wheels_beside_the_lock_are_used_when_they_are_there(wheels: bool, offline: bool, options: str) -> None:
    text = render_dockerfile(_with(wheels=wheels, offline=offline))
    assert f"--only-binary=:all:{options} --require-hashes" in text
    assert ("COPY .surtitle/image/wheels/ wheels/" in text) == wheels


def test_empty_labels_are_left_out() -> None:
    text = render_dockerfile(_with(source="", security=""))
    assert "image.source" not in text
    assert "security.contact" not in text


@given(st.text(st.characters(codec="utf-8", exclude_categories=("C", "Zl", "Zp")), max_size=60))
def test_no_setting_breaks_out_of_its_label(text: str) -> None:
    plain, odd = render_dockerfile(PLAIN), render_dockerfile(_with(description=text, name="x" + text, source=text))
    assert _INSTRUCTION.findall(odd) == _INSTRUCTION.findall(plain)
    label = next(line for line in odd.splitlines() if "image.description=" in line)
    quoted = label.partition("=")[2].removesuffix(" \\")
    assert re.fullmatch(r'"(?:[^"\\$]|\\["\\$])*"', quoted), quoted


def test_hadolint_finds_nothing(tmp_path: Path) -> None:
    path = tmp_path / "Dockerfile"
    path.write_text(render_dockerfile(PLAIN))
    hadolint = Path(sys.executable).with_name("hadolint")
    command: list[str | Path] = [hadolint, "--no-color", "--failure-threshold", "style", path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
    path.write_text("FROM python:latest\nRUN cd /tmp\n")
    assert subprocess.run(command, capture_output=True, check=False).returncode == 1, "it would find something"


@pytest.mark.slow
def test_checkov_finds_nothing(checkov: Path, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text(render_dockerfile(PLAIN))
    command: list[str | Path] = [
        checkov,
        "--framework",
        "dockerfile",
        "--compact",
        "--quiet",
        "--skip-download",
        "--file",
    ]
    done = subprocess.run([*command, tmp_path / "Dockerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    (tmp_path / "Bad.Dockerfile").write_text("FROM python:latest\nADD . /app\n")
    shutil.copy(tmp_path / "Bad.Dockerfile", tmp_path / "Dockerfile")
    assert subprocess.run([*command, tmp_path / "Dockerfile"], capture_output=True, check=False).returncode == 1


def test_everything_is_kept_out_but_what_is_let_in() -> None:
    lines = [line for line in dockerignore().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    assert [line for line in lines if line.startswith("!")] == [
        "!requirements-serve.txt",
        "!.surtitle",
        "!.surtitle/image",
    ]
    assert {"**/.git", "**/.env", "**/*.pem", "**/*.ipynb"} <= set(lines)


def _with(**changes: Any) -> Recipe:
    return msgspec.structs.replace(PLAIN, **changes)
