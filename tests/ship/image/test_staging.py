"""What goes into an image of a user's own: champions and settings, and nothing that quotes people."""

from pathlib import Path

import pytest

from surtitle.cycle import open_scorer
from surtitle.errors import RegistryError, SettingsError
from surtitle.project import load_project
from surtitle.registry import Registry
from surtitle.ship.image.staging import add_wheels, stage
from tests.cycle.projects import NOW, make_project


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_model_in_it_scores_as_the_project_s(champion: Path) -> None:
    project = load_project(champion)
    staged = stage(project)
    there = load_project(staged.folder / "model")
    texts = ["you dummy", "how kind", "a word never seen: xyzzy!"]
    assert open_scorer(there).scorer.score(texts) == open_scorer(project).scorer.score(texts)
    assert Registry(there.registry).verify("champion").number == staged.version == 1


def test_neither_data_nor_report_go_in(champion: Path) -> None:
    names = {Path(name).name for name in _files(stage(load_project(champion)).folder)}
    assert names == {
        "surtitle.toml", "registry.db", "manifest.json", "weights.safetensors", "vocabulary.json", "tokenizer.json",
        "chunks.json",
    }  # fmt: skip


def test_what_else_is_registered_changes_no_byte(champion: Path) -> None:
    project = load_project(champion)
    before = _files(stage(project).folder)
    registry = Registry(project.registry)
    version = registry.find("champion")

    def build(into: Path) -> None:
        (into / "weights").write_text("1")

    other = registry.register(build, version.facts, now=NOW)
    registry.set_alias("challenger", other.number, now=NOW, why="a try")
    assert _files(stage(project).folder) == before


def test_clients_champions_go_in_too(champion: Path) -> None:
    project = load_project(champion)
    registry = Registry(project.registry)
    version = registry.find("champion")

    def again(into: Path) -> None:
        for path in version.folder.iterdir():
            (into / path.name).write_bytes(path.read_bytes())

    other = registry.register(again, version.facts, now=NOW)
    registry.set_alias("champion@rose", other.number, now=NOW, why="of its own")
    staged = stage(project)
    found = Registry(staged.folder / "model/registry")
    assert found.aliases() == {"champion": 1, "champion@rose": 2}
    assert [each.number for each in found.versions()] == [1, 2]
    assert found.verify("champion@rose").number == 2
    assert len(staged.manifests) == 2
    assert not found.history("challenger")


def test_the_service_in_it_listens_everywhere_on_a_port_that_is_known(champion: Path) -> None:
    project = load_project(champion, ["serve.port=0", "ship.source=https://example.org", "data.sql=", "serve.keep=5"])
    settings = load_project(stage(project).folder / "model").settings
    assert (settings.serve.host, settings.serve.port, settings.serve.keep) == ("0.0.0.0", 8080, 5)
    assert settings.data.source == "not in this image"
    assert settings.data.text == "comment"


def test_rules_go_in_beside_the_settings(champion: Path) -> None:
    (champion / "own").mkdir()
    (champion / "own/rules.toml").write_text("")
    folder = stage(load_project(champion, ["stream.rules=own/rules.toml"])).folder
    assert (folder / "model/rules.toml").is_file()
    assert load_project(folder / "model").settings.stream.rules == "rules.toml"
    with pytest.raises(SettingsError, match=r"stream\.rules"):
        stage(load_project(champion, ["stream.rules=none.toml"]))
    assert (folder / "model/rules.toml").is_file(), "what was there stays"


def test_wheels_of_before_are_gone(champion: Path, tmp_path: Path) -> None:
    wheel = tmp_path / "a-1-py3-none-any.whl"
    wheel.write_bytes(b"1")
    add_wheels(stage(load_project(champion)), [wheel])
    assert [path.name for path in (stage(load_project(champion)).folder / "wheels").iterdir()] == []


def test_without_a_champion_there_is_nothing_to_ship(tmp_path: Path) -> None:
    with pytest.raises(RegistryError, match="surtitle train"):
        stage(make_project(tmp_path))


def test_a_champion_that_was_changed_is_not_shipped(champion: Path) -> None:
    with (champion / ".surtitle/registry/versions/1/vocabulary.json").open("a") as file:
        file.write(" ")
    with pytest.raises(RegistryError, match="changed since"):
        stage(load_project(champion))
    assert not list((champion / ".surtitle").glob("image*"))
