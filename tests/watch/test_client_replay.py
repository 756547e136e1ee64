"""One model for all, one for each client, and those that the gate lets through, over a history."""

from pathlib import Path

import pytest

from surtitle.cycle.ahead import RulesAhead
from surtitle.errors import SettingsError
from surtitle.progress import SILENT
from surtitle.project import load_project
from surtitle.watch.client_replay import ClientsOutcome, replay_clients
from surtitle.watch.history import project_of, read_history
from tests.cycle.clubs import make_clubs
from tests.cycle.projects import NOW

KINDS = {"apes": "gibbon", "mountains": "marmot", "tea": "rude", "tiny": "poor"}


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> ClientsOutcome:
    root = tmp_path_factory.mktemp("clubs")
    make_clubs(root, KINDS, 400, seed=1)
    project = project_of(load_project(root, ["clients.min_examples=150"]), None)
    history = read_history(project, now=NOW, environ={}, reporter=SILENT)
    with RulesAhead(project.settings) as ahead:
        return replay_clients(project, history, n_first=700, ahead=ahead, reporter=SILENT)


def test_clients_that_no_model_for_all_can_serve_gain_and_the_gate_sees_it(outcome: ClientsOutcome) -> None:
    parts = {part.name: part for part in outcome.clients}
    assert [name for name, part in parts.items() if part.own] == ["apes", "mountains"]
    for name in ("apes", "mountains"):
        part = parts[name]
        assert part.gated == part.each
        assert part.gated.accuracy.low > part.all.accuracy.high
        assert part.gated_minus_all is not None
        assert part.gated_minus_all.low > 0
    assert parts["tea"].gated == parts["tea"].all != parts["tea"].each


def test_a_client_with_too_few_examples_has_the_model_for_all_in_every_way(outcome: ClientsOutcome) -> None:
    (tiny,) = [part for part in outcome.clients if part.name == "tiny"]
    assert "clients.min_examples is 150" in tiny.reason
    assert tiny.all == tiny.each == tiny.gated


def test_the_parts_add_up(outcome: ClientsOutcome) -> None:
    assert outcome.total.n == sum(part.n for part in outcome.clients) == outcome.examples - 700
    right = {
        way: sum(getattr(part, way).accuracy.value * part.n for part in outcome.clients) for way in ("all", "each")
    }
    assert outcome.total.all.accuracy.value * outcome.total.n == pytest.approx(right["all"])
    assert outcome.total.each.accuracy.value * outcome.total.n == pytest.approx(right["each"])


def test_without_a_column_of_clients_it_is_refused(tmp_path: Path) -> None:
    make_clubs(tmp_path, {"tea": "rude"}, 50)
    project = project_of(load_project(tmp_path, ["data.client="]), None)
    history = read_history(project, now=NOW, environ={}, reporter=SILENT)
    with RulesAhead(project.settings) as ahead, pytest.raises(SettingsError, match=r"data\.client"):
        replay_clients(project, history, n_first=30, ahead=ahead, reporter=SILENT)
