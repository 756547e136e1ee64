"""The documentation is true: its commands run and show what it says, its links lead somewhere, nothing is left out.

In a page, ``<!-- run -->`` before a fenced block means that it is run here, and ``<!-- file: NAME -->`` that it is
written to a file first. In a ``console`` block the lines after ``$ command`` must be among what the command prints,
numbers aside; ``...`` stands for lines left out.
"""

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import pytest

from surtitle.cli.app import COMMANDS
from surtitle.errors import ExitCode

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
HOW_TO = sorted((ROOT / "docs/how-to").glob("*.md"))
_BLOCK = re.compile(
    r"^ *<!-- (run|file: (?P<file>\S+)) -->\n(?P<indent> *)```(?P<kind>\w+)\n(?P<body>.*?)^ *```$", re.M | re.S
)
_LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")


class Block(NamedTuple):
    """A part of a page that is run, or written to a file."""

    kind: str
    body: str
    file: str | None


def _blocks(page: Path) -> Iterator[Block]:
    for match in _BLOCK.finditer(page.read_text(encoding="utf-8")):
        yield Block(match["kind"], textwrap.dedent(match["body"]), match["file"])


class Shell:
    """Runs a page's blocks one after the other, and remembers where `cd` has led."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        beside = str(Path(sys.executable).parent)
        self.environ = os.environ | {
            "PATH": f"{beside}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "100",
            "NO_COLOR": "1",
        }

    def run(self, block: Block) -> None:
        if block.file:
            (self.folder / block.file).write_text(block.body, encoding="utf-8")
        elif block.kind == "python":
            self._call([sys.executable, "-W", "error", "-c", block.body])
        elif block.kind == "console":
            for part in re.split(r"^\$ ", block.body, flags=re.M)[1:]:
                command, _, shown = part.partition("\n")
                self._compare(command, shown)
        else:
            for command in block.body.splitlines():
                self.command(command)

    def command(self, command: str) -> str:
        if command.startswith("cd "):
            self.folder = self.folder / command.removeprefix("cd ")
            return ""
        return self._call(["bash", "-ec", command])

    def _call(self, arguments: list[str]) -> str:
        done = subprocess.run(arguments, cwd=self.folder, env=self.environ, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{arguments[-1]}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def _compare(self, command: str, shown: str) -> None:
        printed = {_shape(line) for line in self.command(command).splitlines()}
        for line in shown.splitlines():
            assert line.strip() in ("", "...") or _shape(line) in printed, f"{command} does not print: {line}"


def _shape(line: str) -> str:
    return re.sub(r"[\s─╌━-]+", " ", _NUMBER.sub("#", line)).strip()


@pytest.fixture(scope="module")
def tutorial(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """What a reader has at the end of the tutorial."""
    shell = Shell(tmp_path_factory.mktemp("docs"))
    for block in _blocks(ROOT / "docs/tutorial/first-model.md"):
        shell.run(block)
    return shell


@pytest.mark.slow
def test_the_tutorial_runs_and_shows_what_it_says(tutorial: Shell) -> None:
    assert (tutorial.folder / "surtitle.toml").is_file()


@pytest.mark.slow
def test_the_readme_runs_and_shows_what_it_says(tutorial: Shell, tmp_path: Path) -> None:
    shutil.copy(tutorial.folder.parent / "sample/comments.csv", tmp_path / "comments.csv")
    shell, blocks = Shell(tmp_path), list(_blocks(ROOT / "README.md"))
    assert len(blocks) >= 2
    for block in blocks:
        shell.run(block)


@pytest.mark.slow
@pytest.mark.parametrize("page", HOW_TO, ids=lambda page: page.stem)
def test_a_how_to_runs_in_a_project(page: Path, tutorial: Shell) -> None:
    blocks = list(_blocks(page))
    if not blocks:
        pytest.skip("this page shows commands that need a server, or that refuse")
    with TemporaryDirectory() as folder:  # a shorter path than pytest's, which is too long for a socket
        shutil.copytree(tutorial.folder.parent, folder, dirs_exist_ok=True)
        shell = Shell(Path(folder) / tutorial.folder.name)
        for block in blocks:
            shell.run(block)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.S)):
        if link.startswith(("http://", "https://")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        assert target.exists(), f"{page.name}: {link}"
        if anchor:
            assert anchor in _anchors(target), f"{page.name}: {link}"


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [page for page in PAGES if page.parent.name != "docs" and page.parent != ROOT])
def test_every_page_is_on_the_map(page: Path) -> None:
    index = ROOT / "docs/README.md" if page.parent.name != "decisions" else page.parent / "README.md"
    links = {
        (index.parent / link.partition("#")[0]).resolve() for link in _LINK.findall(index.read_text(encoding="utf-8"))
    }
    assert page.resolve() in links or page == index


@pytest.mark.parametrize("page", ["settings", "commands", "dockerfile-rules"])
def test_the_generated_reference_is_up_to_date(page: str) -> None:
    spec = importlib.util.spec_from_file_location("generate", ROOT / "docs/generate.py")
    assert spec is not None
    assert spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    written = (ROOT / f"docs/reference/{page}.md").read_text(encoding="utf-8")
    assert written == getattr(generate, f"{page.replace('-', '_')}_page")(), "run: python docs/generate.py"


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_is_documented_with_its_json(command: str) -> None:
    assert f"## surtitle {command}\n" in (ROOT / "docs/reference/commands.md").read_text(encoding="utf-8")
    assert f"## surtitle {command}\n" in (ROOT / "docs/reference/json.md").read_text(encoding="utf-8")


def _documented(heading: str) -> set[str]:
    page = (ROOT / "docs/reference/json.md").read_text(encoding="utf-8")
    section = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
    return set(re.findall(r"^\| `(\w+)` \|", section, re.M))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("heading", "line"),
    [
        ("surtitle check", "surtitle check --json"),
        ("surtitle train", "surtitle train --json"),
        ("surtitle score", "surtitle score 'You are a DUMMY!!!!' --json"),
        ("surtitle score", "surtitle score 'You are a DUMMY!!!!' --explain --json"),
        ("surtitle models", "surtitle models --json"),
        ("surtitle replay", "surtitle replay --first 0.6 --set watch.period=30d --json"),
        ("surtitle watch", "surtitle watch --json"),
        ("surtitle watch --act", "surtitle watch --act --json"),
        ("surtitle plan", "surtitle plan --json"),
        ("surtitle config", "surtitle config --json"),
        ("surtitle doctor", "surtitle doctor --json"),
        ("surtitle ship compose", "surtitle ship compose --load 100 --json"),
    ],
)
def test_json_has_the_documented_fields(heading: str, line: str, tutorial: Shell) -> None:
    printed: dict[str, Any] = json.loads(_stdout(tutorial, line))
    assert set(printed) == _documented(heading)


def _stdout(shell: Shell, line: str) -> str:
    done = subprocess.run(
        ["bash", "-ec", line], cwd=shell.folder, env=shell.environ, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_every_exit_code_is_documented() -> None:
    page = (ROOT / "docs/reference/errors-and-exit-codes.md").read_text(encoding="utf-8")
    codes = {int(code): name for code, name in re.findall(r"^\| (\d+) \| ([\w ]+) \|", page, re.M)}
    assert codes == {int(code): code.name.lower().replace("_", " ") for code in ExitCode}


def test_no_page_names_a_machine_or_a_registry_host() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        assert not re.search(r"/root/|/work/|/home/\w|localhost:\d", text), page
