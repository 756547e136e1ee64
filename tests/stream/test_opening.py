"""From settings to a stream; the model it goes by."""

import os
from pathlib import Path

import pytest

from surtitle.errors import RegistryError, SettingsError, StreamError
from surtitle.project import Project, load_project
from surtitle.settings import DataSettings, Settings, StreamSettings
from surtitle.stream.models import Champions
from surtitle.stream.opening import open_stream
from surtitle.stream.planning import plan_of
from surtitle.stream.ports import Opening
from surtitle.stream.sources.files import FileSource
from surtitle.stream.wiring import default_addresses, open_sink, open_source
from tests.cli.conftest import copy_of, trained_once, worse_once  # noqa: F401 fixtures

OPENING = Opening(stream="test")


@pytest.fixture
def two_versions(worse_once: Path, tmp_path: Path) -> Project:  # noqa: F811 a fixture
    return load_project(copy_of(worse_once, tmp_path))


def test_the_champion_is_looked_for_again_once_a_second(two_versions: Project) -> None:
    from surtitle.cycle import registry_of

    now = [0]
    model = Champions(two_versions, "champion", lambda: now[0])
    first = model().general
    assert (first.name, first.version, first.alias) == (two_versions.settings.project.name, 1, "champion")
    _make_champion(registry_of(two_versions), 2)
    assert model().general.version == 1
    now[0] = 1_000_000
    assert model().general.version == 2


def _make_champion(registry: object, version: int) -> None:
    from surtitle.registry import Registry

    assert isinstance(registry, Registry)
    from datetime import UTC, datetime

    registry.set_alias("champion", version, now=datetime.now(UTC), why="test")


def test_a_new_version_that_is_damaged_leaves_the_old_one_deciding(
    two_versions: Project, caplog: pytest.LogCaptureFixture
) -> None:
    from surtitle.cycle import registry_of

    now = [0]
    model = Champions(two_versions, "champion", lambda: now[0])
    _make_champion(registry_of(two_versions), 2)
    (registry_of(two_versions).find("2").folder / "manifest.json").write_text("{}")
    now[0] = 1_000_000
    assert model().general.version == 1
    assert "version 2 is refused, what decided before goes on deciding" in caplog.text


def test_a_version_that_is_not_there_is_told_of(two_versions: Project) -> None:
    with pytest.raises(RegistryError):
        Champions(two_versions, "9", lambda: 0)


def test_a_rate_needs_an_author(two_versions: Project) -> None:
    (two_versions.root / "rules.toml").write_text('[[rule]]\nname="a"\naction="review"\nrate=1\nper="1m"')
    project = load_project(
        two_versions.root, ['stream.rules="rules.toml"', 'stream.input="a.jsonl"', 'stream.output="b.jsonl"']
    )
    with pytest.raises(SettingsError, match=r"set stream\.author"):
        open_stream(project, environ=os.environ)


def test_the_same_input_and_output_get_the_same_name(two_versions: Project) -> None:
    def name(source: str, out: str) -> str:
        project = load_project(two_versions.root, [f'stream.input="{source}"', f'stream.output="{out}"'])
        return open_stream(project, environ=os.environ).name

    assert name("a.jsonl", "b.jsonl") == name("./a.jsonl", "b.jsonl") != name("a.jsonl", "c.jsonl")
    assert name("a.jsonl", "b.jsonl").startswith("a-jsonl-")


def test_fields_are_those_of_training_unless_named() -> None:
    data = DataSettings(text="body", id="id", time="at", client="forum")
    plan = plan_of(Settings(data=data, stream=StreamSettings(time="seen", windows=("tumbling 1m by client, lang",))))
    columns = plan.columns
    assert (columns.text, columns.id, columns.time, columns.client, columns.others) == (
        *("body", "id", "seen", "forum"),
        ("lang",),
    )


def test_the_client_needs_no_setting_to_be_counted_by() -> None:
    assert plan_of(Settings(stream=StreamSettings(windows=("tumbling 1m by client",)))).columns.client == "client"


def test_all_faults_of_a_stream_are_told_at_once() -> None:
    stream = StreamSettings(lateness="x", windows=("a", "tumbling 1m", "tumbling  1m"), aggregates=("sum",))
    with pytest.raises(SettingsError) as raised:
        plan_of(Settings(stream=stream))
    assert [fault.where for fault in raised.value.faults] == [
        *("stream.lateness", "stream.windows", "stream.windows", "stream.aggregates"),
    ]


def test_addresses_find_their_adapters() -> None:
    assert isinstance(open_source("some/file.jsonl", OPENING), FileSource)
    assert open_source("-", OPENING).name == "-"
    with pytest.raises(StreamError, match=r"ftp:// is not known; there are paths, -, kafka://, redis://"):
        open_source("ftp://host", OPENING)
    with pytest.raises(StreamError, match="outputs of several kinds"):
        open_sink({"decisions": "-", "late": "file"}, OPENING, open_source("-", OPENING))


@pytest.mark.parametrize(
    ("decisions", "late"),
    [
        ("-", "-"),
        ("out.jsonl", "out.late.jsonl"),
        ("a.b/out", "a.b/out.late"),
        ("kafka://h/t?a=b", "kafka://h/t.late?a=b"),
        ("https://h/hook?a=b#batch=5", "https://h/hook?a=b#batch=5"),
        ("redis://h/2/s?maxlen=9", "redis://h/2/s.late?maxlen=9"),
    ],
)
def test_late_events_go_beside_the_decisions(decisions: str, late: str) -> None:
    assert default_addresses(decisions)["late"] == late
    assert default_addresses(decisions, late="elsewhere")["late"] == "elsewhere"
