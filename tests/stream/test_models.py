"""Which version decides for whom in the stream, and that a crash mixes none."""

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from surtitle.cycle import registry_of
from surtitle.errors import SettingsError
from surtitle.project import Project, load_project
from surtitle.stream.core import Plan
from surtitle.stream.deciding import Model, decide
from surtitle.stream.decode import Columns
from surtitle.stream.models import Champions
from surtitle.stream.opening import open_stream
from surtitle.stream.testing import Crash, LengthScorer, Rig
from tests.cli.conftest import Run, copy_of, run, trained, trained_once, worse_once  # noqa: F401 fixtures

SECOND = 1_000_000


@pytest.fixture
def project(worse_once: Path, tmp_path: Path) -> Project:  # noqa: F811 a fixture
    return load_project(copy_of(worse_once, tmp_path))


class Clock:
    """A time that goes on when told."""

    now = 0

    def __call__(self) -> int:
        return self.now

    def go_on(self) -> None:
        self.now += SECOND


def move(project: Project, alias: str, version: int) -> None:
    registry_of(project).set_alias(alias, version, now=datetime.now(UTC), why="test")


def deciders(champions: Champions, *clients: str | None) -> list[tuple[int | None, str]]:
    """Which version and alias decide for whom."""
    opinions = decide(champions(), ["hello"] * len(clients), clients)
    return [(each.version, each.alias) for each in opinions.signatures]


def test_a_client_is_decided_for_by_its_own_champion_and_others_by_the_general_one(project: Project) -> None:
    move(project, "champion@go", 2)
    champions = Champions(project, "champion", Clock())
    assert deciders(champions, "go", None, "chess", "go") == [
        *((2, "champion@go"), (1, "champion"), (1, "champion"), (2, "champion@go")),
    ]


def test_a_clients_promotion_and_rollback_are_taken_up_between_batches(project: Project) -> None:
    clock = Clock()
    champions = Champions(project, "champion", clock)
    assert deciders(champions, "go") == [(1, "champion")]
    move(project, "champion@go", 2)
    assert deciders(champions, "go") == [(1, "champion")]
    clock.go_on()
    assert deciders(champions, "go", "chess") == [(2, "champion@go"), (1, "champion")]
    move(project, "champion@go", 1)
    move(project, "champion", 2)
    clock.go_on()
    assert deciders(champions, "go", "chess") == [(1, "champion@go"), (2, "champion")]


@pytest.mark.parametrize(("ref", "alias"), [("1", "v1"), ("other", "other")])
def test_a_version_or_another_alias_decides_for_everybody(project: Project, ref: str, alias: str) -> None:
    move(project, "champion@go", 2)
    move(project, "other", 1)
    assert deciders(Champions(project, ref, Clock()), "go", "chess") == [(1, alias)] * 2


def test_a_clients_damaged_model_leaves_it_with_the_general_one(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    move(project, "champion@go", 2)
    (registry_of(project).find("2").folder / "manifest.json").write_text("{}")
    champions = Champions(project, "champion", Clock())
    assert deciders(champions, "go", "chess") == [(1, "champion")] * 2
    deciders(champions, "go")
    assert caplog.text.count("version 2 is refused") == 1  # and not tried again at every batch


def test_clients_models_make_room_for_each_other(project: Project, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    registry = registry_of(project)
    third = _registered_again(project)
    move(project, "champion@go", 2)
    move(project, "champion@chess", third)
    small = load_project(project.root, ["stream.models_mb=4"])
    champions = Champions(small, "champion", Clock())
    assert registry.aliases()["champion"] == 1
    both = [(2, "champion@go"), (third, "champion@chess")]
    assert deciders(champions, "go", "chess") == both
    assert "stream.models_mb is used up" in caplog.text
    assert deciders(champions, "go", "chess") == both


def _registered_again(project: Project) -> int:
    from surtitle.cli import main

    poor = "--set features.char_ngrams=[] --set features.max_word_terms=2"
    assert main(["train", "--project", str(project.root), *poor.split()]) == 0
    return 3


def test_reasons_are_those_of_the_models_own_terms(project: Project) -> None:
    telling = load_project(project.root, ["stream.reasons=3"])
    opinions = decide(Champions(telling, "champion", Clock())(), ["you are a dummy"], [None])
    (reasons,) = opinions.reasons
    assert 1 <= len(reasons) <= 3
    loaded = Champions(telling, "champion", Clock()).general.scorer
    assert reasons == loaded.reasons(["you are a dummy"], 3)[0]  # type: ignore[attr-defined]  # a LinearScorer
    silent = decide(Champions(project, "champion", Clock())(), ["you are a dummy"], [None])
    assert silent.reasons == [()]


def test_reasons_of_an_estimator_that_knows_none_are_refused(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surtitle.stream.models.reasons_of", lambda *_: None)
    told = r"stream\.reasons: version 1 is an estimator of your own.*set it to 0"
    with pytest.raises(SettingsError, match=told):
        Champions(load_project(project.root, ["stream.reasons=3"]), "champion", Clock())


def test_decisions_of_a_file_say_who_made_them_and_why(
    project: Project,
    tmp_path: Path,
    run: Run,  # noqa: F811 a fixture
) -> None:
    move(project, "champion@go", 2)
    rules = '[[rule]]\nname = "greeting"\naction = "allow"\nphrases = ["hello"]\n'
    (project.root / "rules.toml").write_text(rules)
    comments = tmp_path / "in.jsonl"
    texts = [("you are a dummy", "go"), ("you are a dummy", "chess"), ("hello you fool", "chess")]
    comments.write_text("".join(json.dumps({"body": text, "forum": client}) + "\n" for text, client in texts))
    options = ["--set", "stream.reasons=2", "--set", "stream.rules=rules.toml"]
    done = run("stream", "--project", project.root, "--in", comments, "--out", tmp_path / "d.jsonl", *options)
    assert done.code == 0, done.err
    first, second, third = map(json.loads, (tmp_path / "d.jsonl").read_text().splitlines())
    assert [(each["version"], each["alias"]) for each in (first, second, third)] == [
        *((2, "champion@go"), (1, "champion"), (1, "champion")),
    ]
    assert 1 <= len(second["reasons"]) <= 2
    assert set(second["reasons"][0]) == {"term", "value", "contribution"}
    assert third["reasons"][0]["term"] == "rule greeting"
    assert len(third["reasons"]) == 3
    (status,) = run("stream", "status", "--project", project.root, "--json").json()["streams"]
    assert set(status["tally"]["versions"]) == {"1", "client"}
    assert sum(status["tally"]["versions"]["client"].values()) == 1


class Moving:
    """Made-up champions: one general model, one client's own, each of a version that can move."""

    def __init__(self) -> None:
        self.version = {"general": 1, "go": 100}

    @property
    def general(self) -> Model:
        return Model("model", self.version["general"], LengthScorer())

    @property
    def clients(self) -> Mapping[str, Any]:
        return {"go": None}

    def of(self, client: str) -> Model:
        return Model("model", self.version[client], LengthScorer(), f"champion@{client}", own=True)


@pytest.mark.parametrize("delivery", ["exactly-once", "at-least-once", "at-most-once"])
def test_promotions_and_kills_in_the_middle_leave_one_version_for_each_event(tmp_path: Path, delivery: Any) -> None:
    rig = Rig(tmp_path, Plan(columns=Columns(id="id", client="client")), delivery=delivery, max_records=7)
    champions = Moving()
    rig.model = champions
    steps = 0

    def fail(_: str) -> None:
        nonlocal steps
        steps += 1
        if steps % 11 == 0:  # whoever decides again does so by other models
            champions.version = {name: version + 1 for name, version in champions.version.items()}
            raise Crash

    rig.push(
        *({"id": str(number), "text": "x" * number, "client": "go" if number % 3 else "chess"} for number in range(60))
    )
    rig.run_with(fail)
    decisions = rig.sink.values("decisions")
    versions: dict[str, set[int]] = {}
    for each in decisions:
        versions.setdefault(each["id"], set()).add(each["version"])
        own = each["client"] == "go"
        assert (each["version"] >= 100, each["alias"]) == (own, "champion@go" if own else "champion")
    assert all(len(found) == 1 for found in versions.values())
    if delivery != "at-most-once":
        assert len(versions) == 60
    if delivery == "exactly-once":
        assert len(decisions) == 60
    assert len({each["version"] for each in decisions}) > 4  # the models did move


def test_the_whole_stream_can_be_opened_with_clients(project: Project, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"body": "hello", "forum": "go"}\n')
    settings = [f'stream.input="{tmp_path / "a.jsonl"}"', f'stream.output="{tmp_path / "b.jsonl"}"']
    move(project, "champion@go", 2)
    stream = open_stream(load_project(project.root, settings), environ={})
    assert [progress.version for progress in stream.runner.run()][-1] == 1
    assert json.loads((tmp_path / "b.jsonl").read_text())["version"] == 2
