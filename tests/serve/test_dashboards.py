"""The dashboard and the alert rules speak of metrics that the service has, and of all of them."""

import json
import os
import re
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from tests.boards import Board, promtool, samples_of

FOLDER = Path(str(files("surtitle.serve") / "dashboards"))
BOARD = Board(FOLDER, "surtitle.json", "alerts.yml")
# A process of its own: prometheus_client decides when it is imported where numbers are kept.
_ALL_METRICS = """
import sys
from datetime import UTC, datetime
from types import SimpleNamespace
from surtitle.records import Scored
from surtitle.serve.metrics import Metrics, render
metrics = Metrics()
metrics.answered("decide", 200, 0.001)
metrics.decided([Scored(0.5, "1", "review", {"1": 0.5})], "1")
metrics.loaded("ok")
metrics.shadowed("kept", 1)
metrics.champion(SimpleNamespace(number=1, created_at=datetime.now(UTC)))
sys.stdout.buffer.write(render(sys.argv[1]))
"""


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Every sample name that `/metrics` can show, with its labels."""
    folder = str(tmp_path_factory.mktemp("metrics"))
    environ = os.environ | {"PROMETHEUS_MULTIPROC_DIR": folder}
    done = subprocess.run(
        [sys.executable, "-c", _ALL_METRICS, folder], env=environ, capture_output=True, text=True, check=True
    )
    return samples_of(done.stdout)


def test_the_service_shows_metrics(exposed: dict[str, set[str]]) -> None:
    assert len({re.sub(r"_(bucket|sum|count|total)$", "", name) for name in exposed}) > 10


@pytest.mark.parametrize("place", BOARD.expressions())
def test_every_metric_named_exists_with_its_labels(place: str, exposed: dict[str, set[str]]) -> None:
    BOARD.check_names(place, exposed)


def test_every_metric_is_on_the_dashboard(exposed: dict[str, set[str]]) -> None:
    BOARD.check_complete(exposed)


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    BOARD.check_layout()


def test_an_alert_says_how_bad_it_is_and_what_to_do() -> None:
    BOARD.check_rules()


def test_prometheus_itself_can_read_the_rules(tmp_path: Path) -> None:
    BOARD.check_with_prometheus(tmp_path)


_SERIES = [
    # 1,000 requests a minute; from the tenth minute on a tenth fail, and 40 % of the texts are removed.
    ('surtitle_requests_total{instance="a",endpoint="decide",status="200"}', "0+1000x60"),
    ('surtitle_requests_total{instance="a",endpoint="decide",status="500"}', "0x10 0+100x50"),
    ('surtitle_model_loads_total{instance="a",result="refused"}', "0x10 1x50"),
    ('surtitle_workers{instance="a"}', "1x60"),
]
_FIRING = {"SurtitleFailing": "20m", "SurtitleModelRefused": "12m"}
_SILENT = {"SurtitleFailing": "9m", "SurtitleModelRefused": "9m", "SurtitleDown": "20m", "SurtitleOverloaded": "20m"}


def test_alerts_fire_when_they_should_and_not_before(tmp_path: Path) -> None:
    tool = promtool()
    severities = {rule["alert"]: rule["labels"]["severity"] for rule in BOARD.rules}
    fires = [{"eval_time": at, "alertname": name, "exp_alerts": [{}]} for name, at in _FIRING.items()]
    for each in fires:
        labels = {"severity": severities[str(each["alertname"])], "instance": "a"}
        if each["alertname"] == "SurtitleModelRefused":
            labels["result"] = "refused"
        rule = next(rule for rule in BOARD.rules if rule["alert"] == each["alertname"])
        summary = rule["annotations"]["summary"].replace("{{ $labels.instance }}", "a")
        summary = summary.replace("{{ $value | humanizePercentage }}", "9.091%")
        annotations = {**rule["annotations"], "summary": summary}
        each["exp_alerts"] = [{"exp_labels": labels, "exp_annotations": annotations}]
    silent = [{"eval_time": at, "alertname": name, "exp_alerts": []} for name, at in _SILENT.items()]
    series = [{"series": name, "values": values} for name, values in _SERIES]
    test = {"interval": "1m", "input_series": series, "alert_rule_test": [*fires, *silent]}
    (tmp_path / "test.yml").write_text(json.dumps({"rule_files": [str(FOLDER / "alerts.yml")], "tests": [test]}))
    command = [tool, "test", "rules", str(tmp_path / "test.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
