"""A project with a champion, and plans for it that were measured once."""

from pathlib import Path

import pytest

from surtitle.project import load_project
from surtitle.ship.deploy.plan import Plan, parse_image
from surtitle.ship.deploy.sizing import Load, Measurement, find_size
from tests.serve.conftest import garden, garden_once

__all__ = ["garden", "garden_once", "measured", "plan"]

IMAGE = "ghcr.io/opera/moderation:1.2@sha256:" + 64 * "a"


@pytest.fixture
def measured() -> Measurement:
    return Measurement(cpu_ms=1.2, texts_per_request=1, worker_mb=120.0, model_mb=10.0, source="measured")


@pytest.fixture
def plan(tmp_path: Path, measured: Measurement) -> Plan:
    (tmp_path / "surtitle.toml").write_text('[project]\nname = "Opera.comments"\n[data]\nsource = "x.csv"\n')
    load = Load(requests_per_s=300)
    return Plan(
        project=load_project(tmp_path),
        load=load,
        size=find_size(load, measured),
        domain="moderation.example.org",
        image=parse_image(IMAGE),
    )
