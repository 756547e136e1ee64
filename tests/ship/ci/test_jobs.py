"""`surtitle new`, and then every job of the pipeline, its very lines, on a sample: from the lock to the image."""

import json
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from surtitle.cli import main
from tests.cli.conftest import write_comments
from tests.ship.ci.runner import ELSEWHERE, Runner, environ_without_ours
from tests.ship.image.machines import BASE, ROOT, Machine, _repack, make_base, needed, shared_folder

pytestmark = pytest.mark.slow
IN_ORDER = ("validate", "lint", "test", "train", "gate")


class House(NamedTuple):
    """A repository with a project, and what its jobs run with."""

    repository: Path
    folder: Path
    environ: Mapping[str, str]


def git(folder: Path, *arguments: str) -> None:
    who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.org"]
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> House:
    """A project made by `surtitle new`, locked and committed, and an environment for its jobs."""
    folder = tmp_path_factory.mktemp("house")
    repository, own, wheels = folder / "moderation", folder / "own", folder / "wheels"
    (repository / "data").mkdir(parents=True)
    write_comments(repository / "data/comments.csv")
    told = ("ship.python=3.11", "evaluate.resamples=100", f"serve.port={_free_port()}")
    sets = [part for setting in told for part in ("--set", setting)]
    assert main(["new", str(repository), "--data", str(repository / "data/comments.csv"), *sets]) == 0
    _make_own_wheels(own)
    assert main(["ship", "lock", "--project", str(repository), "--wheels", str(own)]) == 0
    pip = [sys.executable, "-m", "pip"]
    lock = str(repository / "requirements-dev.txt")
    subprocess.run(
        [*pip, "download", "--quiet", "--no-deps", "--require-hashes", "--only-binary", ":all:", "--dest", str(wheels),
         "--find-links", str(own), "--requirement", lock], check=True)  # fmt: skip
    git(repository, "init", "--quiet", "--initial-branch=main")
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message", "Start")
    subprocess.run([sys.executable, "-m", "venv", str(folder / "venv")], check=True)
    # What was fetched once is all there is from here on.
    environ = environ_without_ours(folder / "venv") | {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(wheels)}
    return House(repository, folder, environ)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def _make_own_wheels(into: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(into), str(ROOT)]
    subprocess.run(command, check=True)
    _repack("surtitle-native", into)


@pytest.fixture(scope="module")
def pushed(house: House) -> Runner:
    """The jobs of a push to the default branch, up to the gate."""
    runner = Runner(house.repository, house.folder / "push", house.environ, "push")
    runner.folder.mkdir()
    for job in IN_ORDER:
        failed = runner.run(job)
        assert failed is None, f"{job}: {failed.args[-1]}\n{failed.stdout}{failed.stderr}"
    return runner


def test_no_job_is_left_out_but_those_that_need_a_forge(pushed: Runner) -> None:
    assert set(pushed.jobs) == {*IN_ORDER, "image", *ELSEWHERE}
    lines = {job: [step for name, step in pushed.ran if name == job] for job in IN_ORDER}
    for job in IN_ORDER:
        wanted = [step["name"] for step in pushed.jobs[job]["steps"] if "run" in step]
        assert lines[job] == [name for name in wanted if name != "Fetch the registry"]


def test_the_first_version_is_champion_and_kept(pushed: Runner) -> None:
    assert json.loads((pushed.artefact("candidate") / "train.json").read_text())["champion"] is True
    assert (pushed.artefact("registry") / "registry.tar").is_file()
    assert "is the champion" in pushed.summary.read_text()


def test_a_change_that_makes_it_worse_is_commented_on_and_stopped(house: House, pushed: Runner) -> None:
    change = house.folder / "change"
    subprocess.run(["git", "clone", "--quiet", str(house.repository), str(change)], check=True)
    with (change / "surtitle.toml").open("a") as file:
        file.write("\n[features]\nchar_ngrams = []\nmax_word_terms = 1\n")
    git(change, "commit", "--quiet", "--all", "--message", "Forget nearly everything")
    runner = Runner(change, house.folder / "pull", house.environ, "pull_request")
    runner.folder.mkdir()
    assert runner.run("train") is None
    comment = (runner.artefact("candidate") / "comparison.md").read_text()
    assert "version 2 against the champion, version 1: the gate says no" in comment
    refused = runner.run("gate")
    assert refused is not None
    assert refused.returncode == 1
    assert "must be above -0.01, and is not" in refused.stdout
    assert not runner.artefact("registry-of-the-change").exists()


def test_the_image_is_built_run_and_asked(
    house: House, pushed: Runner, tmp_path_factory: pytest.TempPathFactory
) -> None:
    needed()
    machine = Machine(house.folder)
    make_base(machine, house.folder, shared_folder(tmp_path_factory))
    digest = machine.inspect(BASE)["Digest"]
    with (house.repository / "surtitle.toml").open("a") as file:
        file.write(f'base = "{BASE}@{digest}"\n')
    git(house.repository, "commit", "--quiet", "--all", "--message", "Build on a base of our own")
    environ = {**house.environ, **{name: machine.environ[name] for name in machine.environ if "CONTAINERS" in name}}
    environ |= {"BUILDAH_ISOLATION": "chroot", "SURTITLE_WHEELS": str(house.folder / "wheels")}
    runner = Runner(house.repository, house.folder / "ship", environ, "push")
    runner.folder.mkdir()
    failed = runner.run("image")
    assert failed is None, f"{failed.args[-1]}\n{failed.stdout[-5000:]}{failed.stderr[-5000:]}"
    assert (runner.artefact("image") / "image.tar").stat().st_size < 400_000_000
    bill = json.loads((runner.artefact("image") / "sbom.cdx.json").read_text())
    assert bill["bomFormat"] == "CycloneDX"
