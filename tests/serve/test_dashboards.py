"""The dashboard and the alert rules speak of metrics that the service has, and of all of them."""

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib.resources import files
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

FOLDER = Path(str(files("surtitle.serve") / "dashboards"))
DASHBOARD: dict[str, Any] = json.loads((FOLDER / "surtitle.json").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = yaml.safe_load((FOLDER / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
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
    samples: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^(surtitle_\w+)(?:\{(.*)\})? ", done.stdout, re.M):
        samples.setdefault(name, set()).update(re.findall(r'(\w+)="', labels))
    return samples


@cache
def expressions() -> dict[str, str]:
    """Every PromQL expression, by where it stands."""
    found = {f"alert {rule['alert']}": rule["expr"] for rule in RULES}
    for panel in DASHBOARD["panels"]:
        found |= {f"panel {panel['title']} {each['refId']}": each["expr"] for each in panel["targets"]}
    for each in DASHBOARD["annotations"]["list"]:
        found[f"annotation {each['name']}"] = each["expr"]
    return found


def metrics_of(expression: str) -> list[tuple[str, str]]:
    return re.findall(r"\b(surtitle_\w+)(?:\{([^}]*)\})?", expression)


def test_the_service_shows_metrics(exposed: dict[str, set[str]]) -> None:
    assert len({re.sub(r"_(bucket|sum|count|total)$", "", name) for name in exposed}) > 10


@pytest.mark.parametrize("place", expressions())
def test_every_metric_named_exists_with_its_labels(place: str, exposed: dict[str, set[str]]) -> None:
    expression = expressions()[place]
    named = metrics_of(expression)
    assert named, f"{place} names no metric"
    for name, matchers in named:
        assert name in exposed, f"{place}: {name}"
        labels = set(re.findall(r'(\w+)\s*(?:=~|!~|!=|=)\s*"', matchers)) - {"instance"}
        assert labels <= exposed[name], f"{place}: {name} has no labels {labels - exposed[name]}"
    grouped = {label for group in re.findall(r"by \(([^)]*)\)", expression) for label in re.split(r",\s*", group)}
    assert grouped - {"instance"} <= set().union(*(exposed[name] for name, _ in named)), place


def test_every_metric_is_on_the_dashboard(exposed: dict[str, set[str]]) -> None:
    shown = {name for place, expr in expressions().items() if "panel" in place for name, _ in metrics_of(expr)}
    families = {re.sub(r"_(bucket|sum|count)$", "", name) for name in shown}
    assert {re.sub(r"_(bucket|sum|count)$", "", name) for name in exposed} == families


def test_panels_have_ids_of_their_own_and_do_not_overlap() -> None:
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for first, second in combinations((panel["gridPos"] for panel in panels), 2):
        assert (
            first["x"] + first["w"] <= second["x"]
            or second["x"] + second["w"] <= first["x"]
            or first["y"] + first["h"] <= second["y"]
            or second["y"] + second["h"] <= first["y"]
        )
    assert max(panel["gridPos"]["x"] + panel["gridPos"]["w"] for panel in panels) <= 24


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_an_alert_says_how_bad_it_is_and_what_to_do(rule: dict[str, Any]) -> None:
    assert set(rule["annotations"]) == {"summary", "action"}
    assert rule["labels"]["severity"] in {"critical", "warning", "info"}
    assert rule["expr"].count("(") == rule["expr"].count(")")


def test_prometheus_itself_can_read_the_rules(tmp_path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool, of Debian's package prometheus, is not installed")
    panels = [{"record": f"check:{i}", "expr": _filled_in(expr)} for i, expr in enumerate(expressions().values())]
    (tmp_path / "panels.yml").write_text(json.dumps({"groups": [{"name": "panels", "rules": panels}]}))
    for path in (FOLDER / "alerts.yml", tmp_path / "panels.yml"):
        done = subprocess.run([promtool, "check", "rules", str(path)], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def _filled_in(expression: str) -> str:
    return expression.replace("$__rate_interval", "5m").replace("$instance", ".*")


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
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("promtool, of Debian's package prometheus, is not installed")
    severities = {rule["alert"]: rule["labels"]["severity"] for rule in RULES}
    fires = [{"eval_time": at, "alertname": name, "exp_alerts": [{}]} for name, at in _FIRING.items()]
    for each in fires:
        labels = {"severity": severities[str(each["alertname"])], "instance": "a"}
        if each["alertname"] == "SurtitleModelRefused":
            labels["result"] = "refused"
        rule = next(rule for rule in RULES if rule["alert"] == each["alertname"])
        summary = rule["annotations"]["summary"].replace("{{ $labels.instance }}", "a")
        summary = summary.replace("{{ $value | humanizePercentage }}", "9.091%")
        annotations = {**rule["annotations"], "summary": summary}
        each["exp_alerts"] = [{"exp_labels": labels, "exp_annotations": annotations}]
    silent = [{"eval_time": at, "alertname": name, "exp_alerts": []} for name, at in _SILENT.items()]
    series = [{"series": name, "values": values} for name, values in _SERIES]
    test = {"interval": "1m", "input_series": series, "alert_rule_test": [*fires, *silent]}
    (tmp_path / "test.yml").write_text(json.dumps({"rule_files": [str(FOLDER / "alerts.yml")], "tests": [test]}))
    command = [promtool, "test", "rules", str(tmp_path / "test.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
