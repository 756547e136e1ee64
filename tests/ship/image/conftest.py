"""A project with a champion, and images of it that all tests of a session share."""

import json
import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from surtitle.cycle import train
from tests.cycle.projects import NOW, make_project
from tests.serve.services import copy_of
from tests.ship.image.machines import Machine, make_base, make_wheels, needed, once, shared_folder


class Shipped(NamedTuple):
    """What a session has built."""

    machine: Machine
    project: Path
    house: Path
    told: dict[str, Any]


@pytest.fixture(scope="session")
def champion_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a champion; not to be changed."""
    root = tmp_path_factory.mktemp("shipped")
    train(make_project(root), now=NOW, environ=os.environ)
    return root


@pytest.fixture
def champion(champion_once: Path, tmp_path: Path) -> Path:
    """A copy of the project, to change at will."""
    return copy_of(champion_once, tmp_path / "project")


@pytest.fixture(scope="session")
def shipped(champion_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Shipped:
    """The image, in the format that keeps its digest; built once for all processes of the session."""
    needed()
    shared = shared_folder(tmp_path_factory)

    def make(folder: Path) -> None:
        machine = Machine(folder)
        shutil.copytree(champion_once, folder / "project")
        make_base(machine, folder, shared)
        make_wheels(machine, folder / "project", folder)
        told = machine.build(folder / "project", "--tag", "localhost/garden:oci", house=folder / "house")
        (folder / "told.json").write_text(json.dumps(told))

    folder = once(shared / "containers", make)
    return Shipped(
        Machine(folder), folder / "project", folder / "house", json.loads((folder / "told.json").read_text())
    )
