"""A project with two versions, and a service of it that tests may share as long as they only ask."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from surtitle.cycle import train
from surtitle.project import load_project
from tests.cycle.projects import NOW, make_project
from tests.serve.services import Service, copy_of, serving


@pytest.fixture(scope="session")
def garden_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with versions 1, the champion, and 2; not to be changed."""
    root = tmp_path_factory.mktemp("garden")
    train(make_project(root), now=NOW, environ=os.environ)
    train(load_project(root, ["train.c=0.1", "features.char_ngrams=[2,3]"]), now=NOW, environ=os.environ)
    return root


@pytest.fixture
def garden(garden_once: Path, tmp_path: Path) -> Path:
    """A copy of the project, to change at will."""
    return copy_of(garden_once, tmp_path)


@pytest.fixture(scope="session")
def service(garden_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that tests share: one worker, default limits."""
    with serving(copy_of(garden_once, tmp_path_factory.mktemp("shared")), "serve.slow_s=1") as running:
        yield running
